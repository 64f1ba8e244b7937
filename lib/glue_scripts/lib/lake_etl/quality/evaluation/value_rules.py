"""When the value of one column meets a condition on numbers, texts or dates, nulls included."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from decimal import Decimal

from lake_etl.dqdl.syntax_tree import Condition, Day, Keyword, Number, Operand, Rule, Text
from lake_etl.errors import DataError
from lake_etl.quality.evaluation import fields
from lake_etl.quality.evaluation.evaluation_plan import RuleInput
from lake_etl.quality.evaluation.operand_values import History, numeric_value, to_moment, zone
from lake_etl.quality.evaluation.sql_expressions import (
    Sql, all_of, any_of, date_literal, is_negated, never_null, number_literal, satisfied)
from lake_etl.spark.columns import column_type, quoted
from lake_etl.syntax.sql_literal import sql_text

MOST_DECIMALS = 10
LARGEST_EXACT = 10 ** 18


def meets(rule: Rule, condition: Condition, data: RuleInput, minimum: str, maximum: str) -> Sql:
    """Build whether a value meets the condition of ColumnValues; never null.

    minimum, maximum  names of the metrics whose earlier values functions look at: the maximum for an upper bound
    Raises DataError for a column that is missing or of another type than the condition compares with.
    """
    name = rule.parameters[0].value
    column_type(data.schema, name)
    keywords = [operand for operand in condition.operands if isinstance(operand, Keyword)]
    others = [operand for operand in condition.operands if not isinstance(operand, Keyword)]
    if condition.family == 'string':
        value, operands = fields.text(data.schema, name), _texts(condition, others)
    elif condition.family == 'date':
        value, operands = _days(rule, others, condition, data)
    else:
        value = fields.comparable_number(data.schema, name) if others else quoted(name)
        operands = number_operands(condition, data, minimum, maximum)
    if condition.operator.endswith('matches'):
        return _matches(value, condition)
    return _compared(name, condition, value, operands, keywords)


def _compared(name: str, condition: Condition, value: Sql, operands: list[Sql],
              keywords: list[Keyword]) -> Sql:
    """Build the comparison: positive forms join their parts by or, negated ones by and; null fails but for these."""
    negated = is_negated(condition.operator)
    parts = [_keyword(name, value, keyword, negated) for keyword in keywords]
    if operands:
        of_texts = condition.family == 'string' and condition.operator in ('in', 'not in')
        # Spark keeps texts as a set: thousands of comparisons would be more than fits into one of its methods.
        holds = (f'({value} {condition.operator} ({", ".join(operands)}))' if of_texts else
                 satisfied(condition.operator, value, operands))
        parts.append(never_null(holds, when_null=negated))
    met = (all_of if negated else any_of)(parts)
    if negated and not any(keyword.word == 'NULL' for keyword in keywords):
        return f'({quoted(name)} IS NULL OR {met})'
    return met


def _keyword(name: str, value: Sql, keyword: Keyword, negated: bool) -> Sql:
    if keyword.word == 'NULL':
        missing = f'({quoted(name)} IS NULL)'
    elif keyword.word == 'EMPTY':
        missing = never_null(f"({value} = '')")
    else:
        missing = never_null(f'(length({value}) > 0 AND length(trim({value})) = 0)')
    return f'(NOT {missing})' if negated else missing


def _matches(value: Sql, condition: Condition) -> Sql:
    """Build whether the whole value matches the regular expression, or does not; null fails both."""
    pattern = sql_text(rf'\A(?:{_text_of(condition.operands[0])})\z')
    return never_null(f'({value} {"" if condition.operator == "matches" else "NOT "}RLIKE {pattern})')


def _texts(condition: Condition, operands: Iterable[Operand]) -> list[Sql]:
    return [sql_text(_text_of(operand)) for operand in operands]


def _text_of(operand: Operand) -> str:
    if not isinstance(operand, Text):
        raise DataError(f'{operand} is not text.')
    return operand.value


def _days(rule: Rule, operands: Sequence[Operand], condition: Condition,
          data: RuleInput) -> tuple[Sql, list[Sql]]:
    """Return the value and the operands of a comparison of days, or of texts where both sides are written out."""
    name = rule.parameters[0].value
    equality = condition.operator in ('=', '!=', 'in', 'not in')
    if equality and fields.is_text(data.schema, name) and all(isinstance(operand, Day) for operand in operands):
        return quoted(name), [sql_text(operand.value.isoformat()) for operand in operands if isinstance(operand, Day)]
    place = zone(rule.tags.get('timeZone', 'Z'))
    days = [operand.value if isinstance(operand, Day) else
            to_moment(operand, data.context.now, place).astimezone(UTC).date() for operand in operands]
    return fields.day(data.schema, name), list(map(date_literal, days))


def number_operands(condition: Condition, data: RuleInput, minimum: str, maximum: str) -> list[Sql]:
    """Return the numbers that values are compared with; functions in an upper bound look at earlier maximums."""
    uppers = {'<': (0,), '<=': (0,), 'between': (1,), 'not between': (1,)}.get(condition.operator, ())

    def history(metric: str) -> History:
        return lambda count: data.context.history(metric, count)
    return [_literal(operand.value) if isinstance(operand, Number) else
            number_literal(numeric_value(operand, history(maximum if index in uppers else minimum)))
            for index, operand in enumerate(condition.operands) if not isinstance(operand, Keyword)]


def _literal(value: Decimal) -> Sql:
    """Return an exact number; with very many digits a double, because no decimal type holds these beside others."""
    exponent = value.as_tuple().exponent
    exact = isinstance(exponent, int) and exponent >= -MOST_DECIMALS and abs(value) < LARGEST_EXACT
    return number_literal(value if exact else float(value))
