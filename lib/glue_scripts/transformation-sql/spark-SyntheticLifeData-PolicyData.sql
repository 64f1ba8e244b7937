-- One row for each life policy, with what was claimed and paid on it.
-- Claims are those of their last load, added up by policy before the join, so that no policy is doubled.
WITH last_claims AS (
    SELECT policyid, claimsreporteddate, claimamount, paidamount
    FROM syntheticlifedata.claimdata
    WHERE concat(year, month, day) = (SELECT max(concat(year, month, day)) FROM syntheticlifedata.claimdata)
),
claims_by_policy AS (
    SELECT
        policyid,
        count(*) AS claims,
        min(claimsreporteddate) AS firstclaimreporteddate,
        sum(claimamount) AS claimamount,
        sum(paidamount) AS paidamount
    FROM last_claims
    GROUP BY policyid
)
SELECT
    policies.policyid,
    policies.customerno,
    policies.policyquotationdate,
    policies.policyeffectivedate,
    policies.policyterminationdate,
    policies.policyterminationreason,
    policies.policystatus,
    policies.line,
    policies.prodcode,
    policies.policyterm,
    policies.newrenew,
    policies.issueage,
    policies.issuestate,
    policies.country,
    policies.smokingclass,
    policies.uwclass,
    policies.coverageunit,
    policies.sumassured,
    policies.yearlypremium,
    policies.monthlypremium,
    policies.agentcommision,
    policies.producer,
    coalesce(claims.claims, 0) AS claims,
    claims.firstclaimreporteddate,
    coalesce(claims.claimamount, 0) AS claimamount,
    coalesce(claims.paidamount, 0) AS paidamount,
    policies.lastupdated,
    policies.execution_id,
    policies.year,
    policies.month,
    policies.day
FROM syntheticlifedata.policydata AS policies
LEFT JOIN claims_by_policy AS claims
    ON claims.policyid = policies.policyid
