-- Written and earned premium by month, both ways of earning side by side.
SELECT accounting_month, line_of_business, written_premium, earned_premium, earned_premium_by_day
FROM syntheticgeneraldata_consume.policy_summary_by_month
ORDER BY accounting_month, line_of_business
