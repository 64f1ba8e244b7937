"""Rules that compare one number of the whole data set, some of which single out rows as well."""
from __future__ import annotations

from lake_etl.dqdl.evaluation.comparison import all_of
from lake_etl.dqdl.evaluation.judging import NO_ROWS, counted, finite, judge_number, merged
from lake_etl.dqdl.evaluation.metrics import grouping_of, measure, rows_aggregate
from lake_etl.dqdl.evaluation.plan import Check, Measure, RowTest, Subject, Values, Verdict, aggregates_of
from lake_etl.dqdl.evaluation.row_rules import complete, condition_of, row_check
from lake_etl.dqdl.model import Rule

REPEATS_FAIL = ('Uniqueness', 'UniqueValueRatio', 'DuplicateRowCount')


def number_rule(rule: Rule, subject: Subject) -> Check:
    """Check a metric against the rule's condition; when no row is in scope there is nothing to compare but RowCount."""
    found = measure(rule.type, columns_of(rule), rule.where, subject)
    return number_check(rule, found, subject, row_test(rule, subject))


def number_check(rule: Rule, found: Measure, subject: Subject, row: RowTest | None = None) -> Check:
    """Return the check of a metric that was chosen already."""
    condition = condition_of(rule)
    counts_rows = rule.type == 'RowCount'

    def judge(values: Values) -> Verdict:
        if not counts_rows and not values.rows(rule.where) and (rule.where or row):
            return Verdict(True, metrics=finite({found.name: found.value(values)}), note=NO_ROWS)
        return judge_number(found.name, found.value(values), condition, subject)
    return Check(judge, {**found.aggregates, **rows_aggregate(rule.where, subject)}, found.groupings, row)


def row_test(rule: Rule, subject: Subject) -> RowTest | None:
    """Return when a row passes a metric rule that singles out rows, None for others."""
    if rule.type in REPEATS_FAIL:
        return RowTest(unrepeated=grouping_of(columns_of(rule), rule.where, subject),
                       nulls_repeat=rule.type == 'DuplicateRowCount')
    if rule.type == 'Completeness':
        return row_check(rule, subject, complete(rule.parameters[0].value, subject), '').row
    return None


def unique_rule(rule: Rule, subject: Subject) -> Check:
    """Check that no two rows have the same key, and for IsPrimaryKey that no part of a key is missing."""
    columns = columns_of(rule)
    grouping = grouping_of(columns, rule.where, subject)
    measures = [measure('Uniqueness', columns, rule.where, subject)]
    parts = None
    if rule.type == 'IsPrimaryKey':
        measures += [measure('Completeness', (name,), rule.where, subject) for name in columns]
        present = all_of(complete(name, subject) for name in columns)
        parts = row_check(rule, subject, present, '')

    def judge(values: Values) -> Verdict:
        counts, rows = values.groups[grouping], values.rows(rule.where)
        repeated = int(counts.key_rows - counts.unique_keys)
        missing = values.failed[rule] if parts else 0
        complaints = [f'{counted(repeated)} of {rows} repeat {_named(columns)}'] if repeated else []
        complaints += [f'{counted(missing)} of {rows} miss a value of {_named(columns)}'] if missing else []
        reason = f'{" and ".join(complaints)}, expected each key once.' if complaints else ''
        return Verdict(not complaints, reason, merged(measures, values), '' if rows else NO_ROWS)
    aggregates = rows_aggregate(rule.where, subject) | aggregates_of(measures)
    row = RowTest(parts.row.predicate if parts and parts.row else None, unrepeated=grouping)
    return Check(judge, aggregates, (grouping,), row)


def _named(columns: tuple[str, ...]) -> str:
    return ', '.join(f"'{name}'" for name in columns)


def columns_of(rule: Rule) -> tuple[str, ...]:
    """Return the values of the rule's parameters."""
    return tuple(parameter.value for parameter in rule.parameters)
