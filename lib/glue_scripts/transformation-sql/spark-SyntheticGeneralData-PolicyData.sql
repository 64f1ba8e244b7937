-- One row for each policy and month, with the losses that the claim system knows of.
-- Where claims of a month were loaded more than once, the last load counts, so that no policy month is doubled.
WITH ranked_claims AS (
    SELECT
        policynumber,
        startdate,
        accidentyeartotalincurredamount,
        row_number() OVER (
            PARTITION BY policynumber, startdate
            ORDER BY year DESC, month DESC, day DESC, generationdate DESC
        ) AS recency
    FROM syntheticgeneraldata.claimdata
)
SELECT
    policies.policynumber,
    policies.startdate,
    policies.enddate,
    policies.effectivedate,
    policies.expirationdate,
    policies.companycode,
    policies.customerno,
    policies.insuredcompanyname,
    policies.lineofbusiness,
    policies.lobcode,
    policies.neworrenewal,
    policies.insuredindustry,
    policies.insuredsector,
    policies.insuredstatecode,
    policies.insuredstatename,
    policies.insurednumberofemployees,
    policies.insuredannualrevenue,
    policies.distributionchannel,
    policies.territory,
    policies.producercode,
    policies.agentname,
    policies.policyinforce,
    policies.writtenpolicy,
    policies.expiringpolicy,
    policies.writtenpremiumamount,
    policies.expiringpremiumamount,
    policies.earnedpremium,
    claims.accidentyeartotalincurredamount AS claimincurredamount,
    coalesce(claims.accidentyeartotalincurredamount, policies.accidentyeartotalincurredamount) AS incurredamount,
    policies.generationdate,
    policies.execution_id,
    policies.year,
    policies.month,
    policies.day
FROM syntheticgeneraldata.policydata AS policies
LEFT JOIN ranked_claims AS claims
    ON claims.policynumber = policies.policynumber
    AND claims.startdate = policies.startdate
    AND claims.recency = 1
