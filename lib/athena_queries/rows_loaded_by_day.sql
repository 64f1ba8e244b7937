-- Rows and executions behind each partition of a Cleanse table.
SELECT year, month, day, count(*) AS policy_months, count(DISTINCT execution_id) AS executions
FROM syntheticgeneraldata.policydata
GROUP BY year, month, day
ORDER BY year, month, day
