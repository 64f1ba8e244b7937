-- Premium and loss ratio by month and line of business, from the last load.
CREATE OR REPLACE VIEW policy_results_by_month AS
SELECT
    date_trunc('month', startdate) AS accounting_month,
    lobcode AS line_of_business_code,
    lineofbusiness AS line_of_business,
    sum(policyinforce) AS policies_in_force,
    sum(writtenpolicy) AS written_policies,
    sum(writtenpremiumamount) AS written_premium,
    sum(earnedpremium) AS earned_premium,
    sum(incurredamount) AS incurred_losses,
    CAST(sum(incurredamount) AS double) / nullif(CAST(sum(earnedpremium) AS double), 0) AS loss_ratio
FROM policydata
WHERE concat(year, month, day) = (SELECT max(concat(year, month, day)) FROM policydata)
GROUP BY date_trunc('month', startdate), lobcode, lineofbusiness
