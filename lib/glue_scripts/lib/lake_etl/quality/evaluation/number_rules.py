"""Rules that compare one number of the whole data set, some of which single out rows as well."""
from __future__ import annotations

from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.quality.evaluation.comparison import all_of
from lake_etl.quality.evaluation.evaluation_plan import (
    Check, Measurer, RowTest, Subject, Values, Verdict, aggregates_of, outside_or)
from lake_etl.quality.evaluation.judging import NO_ROWS, counted, finite, judge_number, merged
from lake_etl.quality.evaluation.metrics import grouping_of, measure
from lake_etl.quality.evaluation.row_rules import complete, condition_of


def number_rule(measurer: Measurer, rule: Rule, subject: Subject) -> Check:
    """Check a metric against the rule's condition; without a row in scope there is nothing to compare but RowCount."""
    found, condition = measurer(columns_of(rule), rule.where, subject), condition_of(rule)
    of_rows = rule.type != 'RowCount' and (rule.where is not None or found.row is not None)

    def judge(values: Values) -> Verdict:
        value = found.value(values)
        if of_rows and not values.rows(rule.where):
            return Verdict(True, metrics=finite({found.name: value}), note=NO_ROWS)
        return judge_number(found.name, value, condition, subject)
    return Check(judge, found.aggregates, found.groupings, found.row)


def unique_rule(rule: Rule, subject: Subject) -> Check:
    """Check that no two rows have the same key, and for IsPrimaryKey that no part of a key is missing."""
    columns = columns_of(rule)
    grouping = grouping_of(columns, rule.where, subject)
    measures = [measure('Uniqueness', columns, rule.where, subject)]
    predicate = None
    if rule.type == 'IsPrimaryKey':
        measures += [measure('Completeness', (name,), rule.where, subject) for name in columns]
        present = all_of(complete(name, subject) for name in columns)
        predicate = outside_or(subject.scope(rule.where), present)

    def judge(values: Values) -> Verdict:
        counts, rows = values.groups[grouping], values.rows(rule.where)
        repeated = int(counts.key_rows - counts.unique_keys)
        missing = 0 if predicate is None else values.failed[rule]
        complaints = [f'{counted(repeated)} of {rows} repeat {_named(columns)}'] if repeated else []
        complaints += [f'{counted(missing)} of {rows} miss a value of {_named(columns)}'] if missing else []
        reason = f'{" and ".join(complaints)}, expected each key once.' if complaints else ''
        return Verdict(not complaints, reason, merged(measures, values), '' if rows else NO_ROWS)
    return Check(judge, aggregates_of(measures), (grouping,), RowTest(predicate, unrepeated=grouping))


def _named(columns: tuple[str, ...]) -> str:
    return ', '.join(f"'{name}'" for name in columns)


def columns_of(rule: Rule) -> tuple[str, ...]:
    """Return the values of the rule's parameters."""
    return tuple(parameter.value for parameter in rule.parameters)
