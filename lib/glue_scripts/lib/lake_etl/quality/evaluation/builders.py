"""Finds how a rule is checked by its type; what cannot be checked is a failed rule and not an error."""
from __future__ import annotations

from functools import partial

from lake_etl.dqdl.syntax_tree import Analyzer
from lake_etl.errors import LakeError
from lake_etl.quality.evaluation import column_rules, file_rules, metrics, number_rules, references, row_rules
from lake_etl.quality.evaluation.analyzers import analyzer_check
from lake_etl.quality.evaluation.anomalies import detect_anomalies
from lake_etl.quality.evaluation.custom_sql import custom_sql
from lake_etl.quality.evaluation.dynamic import NoHistory
from lake_etl.quality.evaluation.evaluation_plan import Builder, Check, Measurer, Part, RowTest, Subject, Verdict

COMPARED: dict[str, Measurer] = {
    **metrics.MEASURERS, **references.MEASURERS, 'FileUniqueness': file_rules.file_uniqueness}
BUILDERS: dict[str, Builder] = {
    **{kind: partial(number_rules.number_rule, measurer) for kind, measurer in COMPARED.items()},
    'IsUnique': number_rules.unique_rule,
    'IsPrimaryKey': number_rules.unique_rule,
    'IsComplete': row_rules.is_complete,
    'ColumnValues': row_rules.column_values,
    'ColumnLength': row_rules.column_length,
    'ColumnDataType': row_rules.column_data_type,
    'DataFreshness': row_rules.data_freshness,
    'ColumnExists': column_rules.column_exists,
    'ColumnNamesMatchPattern': column_rules.column_names_match_pattern,
    'CustomSql': custom_sql,
    'DetectAnomalies': detect_anomalies,
    'FileFreshness': file_rules.file_freshness,
    'FileSize': file_rules.file_size,
    'FileMatch': file_rules.file_match,
}


def check_of(part: Part, subject: Subject) -> Check:
    """Return how a rule is checked, or what an analyzer needs.

    A rule that compares with earlier values passes with a note while there are none. A rule on a column that is missing
    or of the wrong type fails; its rows neither pass nor fail, so none is singled out.
    """
    try:
        if isinstance(part, Analyzer):
            return analyzer_check(part, subject)
        return BUILDERS[part.type](part, subject)
    except NoHistory as missing:
        verdict = Verdict(True, note=f'Not compared: {missing}')
    except LakeError as error:
        verdict = Verdict(False, str(error))
    return Check(lambda values: verdict, row=RowTest())
