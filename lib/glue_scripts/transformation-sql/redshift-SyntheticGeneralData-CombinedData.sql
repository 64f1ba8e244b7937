-- Makes the Consume tables readable in Amazon Redshift, and combines policy months with their written policies there.
CREATE EXTERNAL SCHEMA IF NOT EXISTS general_insurance_lake
FROM DATA CATALOG DATABASE 'syntheticgeneraldata_consume'
IAM_ROLE default;

CREATE SCHEMA IF NOT EXISTS general_insurance;

CREATE OR REPLACE VIEW general_insurance.combined_policy_months AS
SELECT
    policies.policynumber,
    policies.startdate,
    policies.lobcode,
    policies.insuredstatecode,
    policies.writtenpremiumamount,
    policies.earnedpremium,
    policies.incurredamount,
    summaries.earnedpremium AS straightline_earnedpremium,
    summaries.producername,
    policies.year,
    policies.month,
    policies.day
FROM general_insurance_lake.policydata AS policies
LEFT JOIN general_insurance_lake.policysummarydata AS summaries
    ON summaries.policynumber = policies.policynumber
    AND summaries.startdate = policies.startdate
    AND summaries.year = policies.year
    AND summaries.month = policies.month
    AND summaries.day = policies.day
WITH NO SCHEMA BINDING;
