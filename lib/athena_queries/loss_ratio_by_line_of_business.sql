-- Earned premium and incurred losses of each line of business, from the last load.
SELECT
    lineofbusiness AS line_of_business,
    sum(earnedpremium) AS earned_premium,
    sum(incurredamount) AS incurred_losses,
    CAST(sum(incurredamount) AS double) / nullif(CAST(sum(earnedpremium) AS double), 0) AS loss_ratio
FROM syntheticgeneraldata_consume.policydata
WHERE concat(year, month, day) = (
    SELECT max(concat(year, month, day)) FROM syntheticgeneraldata_consume.policydata)
GROUP BY lineofbusiness
ORDER BY earned_premium DESC
