"""Builds the plans of rules about the data set as a whole: one number, or the names of its columns."""
from __future__ import annotations

from typing import Any

from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.quality.evaluation.evaluation_plan import (
    MetricBuilder, RowTest, RuleInput, RulePlan, Values, Verdict, all_aggregates, decided, outside_or)
from lake_etl.quality.evaluation.judging import NO_ROWS_IN_SCOPE, counted, finite, judge_number, merged
from lake_etl.quality.evaluation.metrics import build_grouping, build_metric, share
from lake_etl.quality.evaluation.row_rules import complete, required_condition
from lake_etl.quality.evaluation.sql_expressions import all_of


def number_rule(build: MetricBuilder, rule: Rule, data: RuleInput) -> RulePlan:
    """Check a metric against the rule's condition; without a row in scope there is nothing to compare but RowCount."""
    found, condition = build(parameter_values(rule), rule.where, data), required_condition(rule)
    of_rows = rule.type != 'RowCount' and (rule.where is not None or found.row is not None)

    def judge(values: Values) -> Verdict:
        value = found.value(values)
        if of_rows and not values.rows(rule.where):
            return Verdict(True, metrics=finite({found.name: value}), note=NO_ROWS_IN_SCOPE)
        return judge_number(found.name, value, condition, data)
    return RulePlan(judge, found.aggregates, found.groupings, found.row)


def unique_rule(rule: Rule, data: RuleInput) -> RulePlan:
    """Check that no two rows have the same key, and for IsPrimaryKey that no part of a key is missing."""
    columns = parameter_values(rule)
    grouping = build_grouping(columns, rule.where, data)
    measures = [build_metric('Uniqueness', columns, rule.where, data)]
    predicate = None
    if rule.type == 'IsPrimaryKey':
        measures += [build_metric('Completeness', (name,), rule.where, data) for name in columns]
        present = all_of(complete(name, data) for name in columns)
        predicate = outside_or(data.scope(rule.where), present)

    def judge(values: Values) -> Verdict:
        counts, rows = values.groups[grouping], values.rows(rule.where)
        repeated = int(counts.key_rows - counts.unique_keys)
        missing = 0 if predicate is None else values.failed[rule]
        complaints = [f'{counted(repeated)} of {rows} repeat {_named(columns)}'] if repeated else []
        complaints += [f'{counted(missing)} of {rows} miss a value of {_named(columns)}'] if missing else []
        reason = f'{" and ".join(complaints)}, expected each key once.' if complaints else ''
        return Verdict(not complaints, reason, merged(measures, values), '' if rows else NO_ROWS_IN_SCOPE)
    return RulePlan(judge, all_aggregates(measures), (grouping,), RowTest(predicate, unrepeated=grouping))


def _named(columns: tuple[str, ...]) -> str:
    return ', '.join(f"'{name}'" for name in columns)


def parameter_values(rule: Rule) -> tuple[str, ...]:
    """Return the values of the rule's parameters."""
    return tuple(parameter.value for parameter in rule.parameters)


def column_exists(rule: Rule, data: RuleInput) -> RulePlan:
    """Check that there is a column of exactly that name, case-sensitive."""
    name, known = rule.parameters[0].value, data.schema.fieldNames()
    reason = '' if name in known else f"Column '{name}' is not there; the columns are: {', '.join(known)}."
    verdict = Verdict(not reason, reason, {f'Dataset.{name}.ColumnExists': float(not reason)})
    return decided(verdict)


def column_names_match_pattern(rule: Rule, data: RuleInput) -> RulePlan:
    """Check that a regular expression is found in the name of every column."""
    names = data.schema.fieldNames()
    jvm: Any = data.df.sparkSession._jvm
    pattern = jvm.java.util.regex.Pattern.compile(rule.parameters[0].value)
    others = [name for name in names if not pattern.matcher(name).find()]
    reason = f'The pattern is not found in the column names {", ".join(others)}.' if others else ''
    ratio = share(len(names) - len(others), len(names))
    verdict = Verdict(not others, reason,
                      {} if ratio is None else {'Dataset.*.ColumnNamesPatternMatchRatio': ratio})
    return decided(verdict)
