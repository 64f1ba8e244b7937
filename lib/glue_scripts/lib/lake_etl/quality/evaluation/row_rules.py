"""Rules that every row passes or fails by its own values."""
from __future__ import annotations

from lake_etl.dqdl.syntax_tree import Condition, Duration, Keyword, Rule, Text
from lake_etl.errors import DataError
from lake_etl.quality.evaluation import fields
from lake_etl.quality.evaluation.evaluation_plan import (
    Metric, RowTest, RuleInput, RulePlan, Values, Verdict, all_aggregates, filtered, outside_or)
from lake_etl.quality.evaluation.judging import judge_share, merged, requirement
from lake_etl.quality.evaluation.metrics import build_metric, text_length
from lake_etl.quality.evaluation.operand_values import hours
from lake_etl.quality.evaluation.sql_expressions import Sql, as_double, never_null, number_literal, satisfied
from lake_etl.quality.evaluation.value_rules import meets, number_operands
from lake_etl.spark.columns import column_type, quoted
from lake_etl.syntax.sql_literal import sql_text

MISSING_PARTS = {'dd-MM': ('yyyy-', '2000-'), 'MM-dd': ('yyyy-', '2000-'), 'dd/MM': ('yyyy/', '2000/'),
                 'MM/dd': ('yyyy/', '2000/')}
TYPES = {'boolean': 'boolean', 'date': 'date', 'timestamp': 'timestamp', 'integer': 'int', 'double': 'double',
         'float': 'float', 'long': 'bigint'}


def plan_row_rule(rule: Rule, data: RuleInput, passes: Sql, metric: str, measures: tuple[Metric, ...] = ()) -> RulePlan:
    """Return the check of a rule that rows pass where `passes` is true; rows out of its scope pass.

    metric    name of the share of rows that pass
    measures  further metrics, which are reported
    """
    predicate = outside_or(data.scope(rule.where), passes)
    name = filtered(metric, rule.where)

    def judge(values: Values) -> Verdict:
        counts = values.rows(rule.where), values.failed[rule]
        found = judge_share(name, counts, rule.threshold, requirement(rule), data)
        return Verdict(found.passed, found.reason, {**found.metrics, **merged(measures, values)}, found.note)
    return RulePlan(judge, all_aggregates(measures), row=RowTest(predicate))


def column_values(rule: Rule, data: RuleInput) -> RulePlan:
    """Check every value of a column against numbers, texts, dates or a regular expression."""
    condition, name = required_condition(rule), rule.parameters[0].value
    measures: tuple[Metric, ...] = ()
    if condition.family == 'number' and not all(isinstance(operand, Keyword) for operand in condition.operands):
        measures = tuple(build_metric(kind, (name,), rule.where, data) for kind in ('Minimum', 'Maximum'))
    kind = 'PatternMatch' if condition.operator.endswith('matches') else 'ColumnValues.Compliance'
    minimum, maximum = (filtered(f'Column.{name}.{extreme}', rule.where) for extreme in ('Minimum', 'Maximum'))
    return plan_row_rule(rule, data, meets(rule, condition, data, minimum, maximum), f'Column.{name}.{kind}',
                         measures)


def column_length(rule: Rule, data: RuleInput) -> RulePlan:
    """Check the number of characters of every value; null has none."""
    condition, name = required_condition(rule), rule.parameters[0].value
    measures = tuple(build_metric(kind, (name,), rule.where, data) for kind in ('MinimumLength', 'MaximumLength'))
    operands = number_operands(condition, data, *(item.name for item in measures))
    passes = satisfied(condition.operator, text_length(name, data), operands)
    return plan_row_rule(rule, data, passes, f'Column.{name}.LengthCompliance', measures)


def column_data_type(rule: Rule, data: RuleInput) -> RulePlan:
    """Check whether the text of every value reads as a type; null does not."""
    condition, name = required_condition(rule), rule.parameters[0].value
    operand = condition.operands[0]
    if condition.operator not in ('=', '!=') or not isinstance(operand, Text):
        raise DataError(f'ColumnDataType compares by = and != with one type, found {condition}.')
    reads = 'IS NOT NULL' if condition.operator == '=' else 'IS NULL'
    return plan_row_rule(rule, data, f'({_read_as(operand.value, rule.tags.get("format"), name, data)} {reads})',
                         f'Column.{name}.ColumnDataType.Compliance')


def _read_as(kind: str, pattern: str | None, name: str, data: RuleInput) -> Sql:
    """Build the value as another type, null where it cannot be converted."""
    value = f'cast({quoted(name)} AS string)'
    fields.text(data.schema, name)
    if pattern is not None:
        prefix, year = MISSING_PARTS.get(pattern, ('', ''))
        return f"try_to_timestamp(concat('{year}', {value}), {sql_text(prefix + pattern)})"
    return f'try_cast({value} AS {TYPES.get(kind.lower(), kind)})'


def data_freshness(rule: Rule, data: RuleInput) -> RulePlan:
    """Check the age of every value in hours; null has none and fails."""
    condition, name = required_condition(rule), rule.parameters[0].value
    age = f'round({hours_since(fields.moment(data.schema, name), data)}, 2)'
    operands = [number_literal(hours(operand)) for operand in condition.operands if isinstance(operand, Duration)]
    passes = never_null(satisfied(condition.operator, age, operands))
    return plan_row_rule(rule, data, passes, f'Column.{name}.DataFreshness.Compliance')


def hours_since(moment: Sql, data: RuleInput) -> Sql:
    """Build how many hours before the evaluation a moment lies."""
    return f'(({number_literal(data.context.now.timestamp())} - {as_double(moment)}) / 3600)'


def is_complete(rule: Rule, data: RuleInput) -> RulePlan:
    """Check that every value is there."""
    name = rule.parameters[0].value
    return plan_row_rule(rule, data, complete(name, data), f'Column.{name}.Completeness')


def complete(name: str, data: RuleInput) -> Sql:
    """Build whether a value is there; raises DataError when the column is missing."""
    column_type(data.schema, name)
    return f'({quoted(name)} IS NOT NULL)'


def required_condition(rule: Rule) -> Condition:
    """Return the condition of a rule whose type needs one."""
    if rule.condition is None:
        raise DataError(f'{rule.type} needs a condition.')
    return rule.condition
