"""Maps rule types to the functions that plan their evaluation; a rule that cannot be planned fails."""
from __future__ import annotations

from functools import partial

from lake_etl.dqdl.syntax_tree import Analyzer
from lake_etl.errors import LakeError
from lake_etl.quality.evaluation import data_set_rules, file_rules, metrics, references, row_rules
from lake_etl.quality.evaluation.analyzers import detect_anomalies, plan_analyzer
from lake_etl.quality.evaluation.custom_sql import custom_sql
from lake_etl.quality.evaluation.evaluation_plan import (
    MetricBuilder, Part, PlanBuilder, RowTest, RuleInput, RulePlan, Verdict, decided)
from lake_etl.quality.evaluation.operand_values import NoHistory

COMPARED: dict[str, MetricBuilder] = {
    **metrics.METRIC_BUILDERS, **references.METRIC_BUILDERS, 'FileUniqueness': file_rules.file_uniqueness}
PLAN_BUILDERS: dict[str, PlanBuilder] = {
    **{kind: partial(data_set_rules.number_rule, build) for kind, build in COMPARED.items()},
    'IsUnique': data_set_rules.unique_rule,
    'IsPrimaryKey': data_set_rules.unique_rule,
    'IsComplete': row_rules.is_complete,
    'ColumnValues': row_rules.column_values,
    'ColumnLength': row_rules.column_length,
    'ColumnDataType': row_rules.column_data_type,
    'DataFreshness': row_rules.data_freshness,
    'ColumnExists': data_set_rules.column_exists,
    'ColumnNamesMatchPattern': data_set_rules.column_names_match_pattern,
    'CustomSql': custom_sql,
    'DetectAnomalies': detect_anomalies,
    'FileFreshness': file_rules.file_freshness,
    'FileSize': file_rules.file_size,
    'FileMatch': file_rules.file_match,
}


def plan_rule(part: Part, data: RuleInput) -> RulePlan:
    """Return the plan of a rule or an analyzer.

    A rule that compares with earlier values passes with a note while there are none. A rule on a column that is missing
    or of the wrong type fails; its rows neither pass nor fail, so none is marked.
    """
    try:
        if isinstance(part, Analyzer):
            return plan_analyzer(part, data)
        return PLAN_BUILDERS[part.type](part, data)
    except NoHistory as missing:
        verdict = Verdict(True, note=f'Not compared: {missing}')
    except LakeError as error:
        verdict = Verdict(False, str(error))
    return decided(verdict, RowTest())
