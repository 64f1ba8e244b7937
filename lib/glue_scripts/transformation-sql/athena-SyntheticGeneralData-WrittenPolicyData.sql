-- Written and earned premium by month, both ways of earning side by side, from the last load.
CREATE OR REPLACE VIEW policy_summary_by_month AS
SELECT
    date_trunc('month', startdate) AS accounting_month,
    lineofbusiness AS line_of_business,
    sum(writtenpremiumamount) AS written_premium,
    sum(earnedpremium) AS earned_premium,
    sum(earnedpremiumbyday) AS earned_premium_by_day
FROM policysummarydata
WHERE concat(year, month, day) = (SELECT max(concat(year, month, day)) FROM policysummarydata)
GROUP BY date_trunc('month', startdate), lineofbusiness;

-- What each producer wrote, from the last load.
CREATE OR REPLACE VIEW written_premium_by_producer AS
SELECT
    producername AS producer,
    distributionchannel AS distribution_channel,
    count(DISTINCT policynumber) AS policies,
    sum(writtenpremiumamount) AS written_premium
FROM policysummarydata
WHERE concat(year, month, day) = (SELECT max(concat(year, month, day)) FROM policysummarydata)
GROUP BY producername, distributionchannel;
