"""Rules on which columns there are."""
from __future__ import annotations

from typing import Any

from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.quality.evaluation.evaluation_plan import Check, Subject, Verdict
from lake_etl.quality.evaluation.metrics import share


def column_exists(rule: Rule, subject: Subject) -> Check:
    """Check that there is a column of exactly that name, upper and lower case told apart."""
    name, known = rule.parameters[0].value, subject.schema.fieldNames()
    reason = '' if name in known else f"Column '{name}' is not there; the columns are: {', '.join(known)}."
    verdict = Verdict(not reason, reason, {f'Dataset.{name}.ColumnExists': float(not reason)})
    return Check(lambda values: verdict)


def column_names_match_pattern(rule: Rule, subject: Subject) -> Check:
    """Check that a regular expression is found in the name of every column."""
    names = subject.schema.fieldNames()
    jvm: Any = subject.df.sparkSession._jvm
    pattern = jvm.java.util.regex.Pattern.compile(rule.parameters[0].value)
    others = [name for name in names if not pattern.matcher(name).find()]
    reason = f'The pattern is not found in the column names {", ".join(others)}.' if others else ''
    ratio = share(len(names) - len(others), len(names))
    verdict = Verdict(not others, reason,
                      {} if ratio is None else {'Dataset.*.ColumnNamesPatternMatchRatio': ratio})
    return Check(lambda values: verdict)
