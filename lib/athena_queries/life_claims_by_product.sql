-- Policies, claims and what was paid on them, by life product, from the last load.
SELECT
    prodcode AS product_code,
    count(*) AS policies,
    sum(claims) AS claims,
    sum(claimamount) AS claimed,
    sum(paidamount) AS paid
FROM syntheticlifedata_consume.policydata
WHERE concat(year, month, day) = (SELECT max(concat(year, month, day)) FROM syntheticlifedata_consume.policydata)
GROUP BY prodcode
ORDER BY claimed DESC
