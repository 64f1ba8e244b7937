"""Finds how a rule is checked by its type; what cannot be checked is a failed rule and not an error."""
from __future__ import annotations

from lake_etl.dqdl.evaluation import number_rules, row_rules
from lake_etl.dqdl.evaluation.dynamic import NoHistory
from lake_etl.dqdl.evaluation.metrics import MEASURERS
from lake_etl.dqdl.evaluation.plan import Builder, Check, RowTest, Subject, Verdict
from lake_etl.dqdl.model import Rule
from lake_etl.errors import LakeError

BUILDERS: dict[str, Builder] = {
    **dict.fromkeys(MEASURERS, number_rules.number_rule),
    'IsUnique': number_rules.unique_rule,
    'IsPrimaryKey': number_rules.unique_rule,
    'IsComplete': row_rules.is_complete,
    'ColumnValues': row_rules.column_values,
    'ColumnLength': row_rules.column_length,
    'ColumnDataType': row_rules.column_data_type,
    'DataFreshness': row_rules.data_freshness,
}


def check_of(rule: Rule, subject: Subject) -> Check:
    """Return how a rule is checked.

    A rule that compares with earlier values passes with a note while there are none. A rule on a column that is missing
    or of the wrong type fails; its rows neither pass nor fail, so none is singled out.
    """
    try:
        return BUILDERS[rule.type](rule, subject)
    except NoHistory as missing:
        verdict = Verdict(True, note=f'Not compared: {missing}')
    except LakeError as error:
        verdict = Verdict(False, str(error))
    return Check(lambda values: verdict, row=RowTest())
