"""Writes arithmetic and comparisons with the types, rounding and nulls of Athena."""
from __future__ import annotations

from lake_etl.adapters.local.athena import values, values_lists
from lake_etl.adapters.local.athena.athena_types import (
    BIGINT, BOOLEAN, DAY_TO_SECOND, INTEGERS, MOST_DIGITS, NUMBERS, WITH_TIME_ZONE, YEAR_TO_MONTH, Type, as_decimal,
    common_type, decimal, zoned)
from lake_etl.adapters.local.athena.casts import Casts, field, from_local, local_time
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.errors import QueryError

FLOATS = ('real', 'double')
TIMES = ('date', 'time', 'timestamp', WITH_TIME_ZONE)
NOT_ORDERED = ('map', 'array', 'row', 'json')


class Operators:
    """Operators of one query."""

    def __init__(self, functions: PythonFunctions, casts: Casts):
        self._functions = functions
        self._casts = casts

    def convert(self, value: Typed, target: Type) -> str:
        """Return the SQL of the value as the target type, which it must be convertible to."""
        return self._casts.cast(value.sql, value.type, target)

    def arithmetic(self, sign: str, left: Typed, right: Typed) -> Typed:
        """Return left sign right, for + - * / and %."""
        names = (left.type.name, right.type.name)
        if 'unknown' in names:
            raise QueryError('Athena does not tell the type of arithmetic with NULL. Write CAST(NULL AS type).')
        if left.type.name in NUMBERS and right.type.name in NUMBERS:
            return self._numeric(sign, left, right)
        result = self._temporal(sign, left, right)
        if result is None:
            raise QueryError(f'Athena cannot compute {left.type} {sign} {right.type}. Convert one of the two.')
        return result

    def negative(self, value: Typed) -> Typed:
        """Return the value with the other sign."""
        if value.type.name not in (*NUMBERS, YEAR_TO_MONTH, DAY_TO_SECOND):
            raise QueryError(f'Athena cannot compute -{value.type}. Correct the query.')
        return Typed(f'CAST(-{value.sql} AS {value.type.duckdb})', value.type)

    def compare(self, sign: str, left: Typed, right: Typed) -> str:
        """Return the comparison, for = <> < <= > and >=."""
        common = self.comparable(left, right)
        if common.name == 'row':
            return self._compare_rows(sign, left, right)
        if common.name in NOT_ORDERED and sign not in ('=', '<>'):
            raise QueryError(f'The laptop does not order values of the type {common}. Run the query on Athena.')
        if common.name in ('array', 'map'):
            sides = [(self.convert(value, common), common) for value in (left, right)]
            same = self._functions.call(values_lists.same, sides, BOOLEAN)
            return f'(NOT {same})' if sign == '<>' else same
        one, other = self.convert(left, common), self.convert(right, common)
        if common.name == WITH_TIME_ZONE:
            return f'(({one}).i {sign} ({other}).i)'
        plain = f'({one} {sign} {other})'
        return self._not_nan(sign, plain, [side for side, value in ((one, left), (other, right))
                                           if common.name in FLOATS and value.number is None])

    def comparable(self, left: Typed, right: Typed) -> Type:
        """Return the type in which the two are compared; raises QueryError when Athena does not compare them."""
        common = common_type(left.type, right.type)
        if common is None or 'char' in (left.type.name, right.type.name) and left.type.name != right.type.name:
            raise QueryError(f'Athena cannot compare {left.type} with {right.type}. Convert one of the two with CAST.')
        return common

    def distinct(self, left: Typed, right: Typed) -> str:
        """Return left IS DISTINCT FROM right."""
        common = self.comparable(left, right)
        one, other = self.convert(left, common), self.convert(right, common)
        if common.name == WITH_TIME_ZONE:
            one, other = f'({one}).i', f'({other}).i'
        if common.name == 'map':
            raise QueryError('The laptop does not compare maps with IS DISTINCT FROM. Run the query on Athena.')
        return f'({one} IS DISTINCT FROM {other})'

    def at_zone(self, value: Typed, zone: str) -> Typed:
        """Return the instant as the clocks of another zone show it."""
        kind = value.type
        if kind.name not in ('timestamp', WITH_TIME_ZONE):
            raise QueryError(f'AT TIME ZONE takes a timestamp on the laptop, not {kind}. Convert it first.')
        goal = zoned(kind.arguments[0])
        sql = self.convert(value, goal)
        return Typed(f'CASE WHEN {sql} IS NOT NULL AND {zone} IS NOT NULL THEN struct_pack(i := ({sql}).i, z := '
                     f'athena_zone({zone})) END', goal)

    def divided(self, dividend: str, kind: Type, divisor: str, other: Type, goal: Type) -> str:
        """Return the quotient of two decimals, rounded half up to the scale of the goal."""
        (precision, scale), (other_precision, other_scale) = kind.arguments, other.arguments
        goal_precision, goal_scale = goal.arguments
        shift = goal_scale - scale + other_scale
        fits = (precision + shift <= MOST_DIGITS - 1 and precision + scale < MOST_DIGITS
                and other_precision + other_scale
                < MOST_DIGITS and goal_precision + goal_scale <= MOST_DIGITS)
        if not fits:
            scale_sql = (str(goal_scale), Type('integer'))
            return self._functions.call(values.divide_decimals, [(dividend, kind), (divisor, other), scale_sql], goal)
        numerator = f'(CAST({dividend} * {_power(scale)} AS HUGEINT) * {10 ** shift})'
        denominator = f'CAST({divisor} * {_power(other_scale)} AS HUGEINT)'
        whole = (f'((2 * abs({numerator}) + abs({denominator})) // (2 * abs({denominator})) * sign({numerator}) * '
                 f'sign({denominator}))')
        unit = f"CAST('{'0.' + '0' * (goal_scale - 1) + '1' if goal_scale else '1'}' AS DECIMAL({goal_scale or 1}, " \
               f'{goal_scale}))'
        return f'CAST(CAST({whole} AS DECIMAL({goal_precision}, 0)) * {unit} AS {goal.duckdb})'

    def _numeric(self, sign: str, left: Typed, right: Typed) -> Typed:
        common = common_type(left.type, right.type)
        assert common is not None
        if common.name != 'decimal':
            one, other = self.convert(left, common), self.convert(right, common)
            written = '//' if sign == '/' and common.name in INTEGERS else sign
            return Typed(f'({one} {written} {other})', common)
        kinds = as_decimal(left.type), as_decimal(right.type)
        one, other = self.convert(left, kinds[0]), self.convert(right, kinds[1])
        goal = _decimal_result(sign, *kinds)
        if sign == '/':
            return Typed(self.divided(one, kinds[0], other, kinds[1], goal), goal)
        return Typed(f'CAST({one} {sign} {other} AS {goal.duckdb})', goal)

    def _temporal(self, sign: str, left: Typed, right: Typed) -> Typed | None:
        intervals = (YEAR_TO_MONTH, DAY_TO_SECOND)
        if left.type.name in intervals and right.type.name in NUMBERS and sign in '*/':
            return self._scaled(sign, left, right)
        if right.type.name in intervals and left.type.name in NUMBERS and sign == '*':
            return self._scaled(sign, right, left)
        if left.type == right.type and left.type.name in intervals and sign in '+-':
            return Typed(f'({left.sql} {sign} {right.sql})', left.type)
        if left.type.name in TIMES and right.type.name in intervals and sign in '+-':
            return self._moved(left, right, sign)
        if right.type.name in TIMES and left.type.name in intervals and sign == '+':
            return self._moved(right, left, sign)
        return self._difference(left, right) if sign == '-' else None

    def _scaled(self, sign: str, interval: Typed, number: Typed) -> Typed | None:
        if number.type.name in INTEGERS:
            if sign == '*':
                return Typed(f'CAST({interval.sql} * {number.sql} AS {interval.type.duckdb})', interval.type)
        factor = self.convert(number, Type('double'))
        return Typed(f'CAST(trunc({interval.sql} {sign} {factor}) AS {interval.type.duckdb})', interval.type)

    def _moved(self, moment: Typed, interval: Typed, sign: str) -> Typed:
        amount = f'(-{interval.sql})' if sign == '-' else interval.sql
        return self.moved(moment, amount, 'month' if interval.type.name == YEAR_TO_MONTH else 'millisecond')

    def moved(self, moment: Typed, amount: str, unit: str) -> Typed:
        """Return the moment so many months, or milliseconds, later."""
        kind = moment.type
        if kind.name == 'date' and unit == 'millisecond':
            days = self._functions.call(whole_days, [(amount, BIGINT)], Type('integer'))
            return Typed(f'({moment.sql} + {days})', kind)
        if kind.name == 'date':
            return Typed(f'CAST({moment.sql} + to_months(CAST({amount} AS INTEGER)) AS DATE)', kind)
        if kind.name == WITH_TIME_ZONE:
            return self._moved_in_zone(moment, amount, unit)
        if unit == 'month':
            if kind.name == 'time':
                raise QueryError('Athena cannot add months to a time. Correct the query.')
            return Typed(f'({moment.sql} + to_months(CAST({amount} AS INTEGER)))', kind)
        goal = Type(kind.name, (max(kind.arguments[0], 3),)) if kind.name != 'time' else Type('time', (
            max(kind.arguments[0], 3),))
        return Typed(f'({moment.sql} + to_milliseconds({amount}))', goal)

    def _moved_in_zone(self, moment: Typed, amount: str, unit: str) -> Typed:
        value = moment.sql
        if unit == 'month':
            local = f'({local_time(value)} + to_months(CAST({amount} AS INTEGER)))'
            return Typed(from_local(local, f'({value}).z'), moment.type)
        goal = zoned(max(moment.type.arguments[0], 3))
        return Typed(f'CASE WHEN {value} IS NOT NULL AND {amount} IS NOT NULL THEN struct_pack(i := ({value}).i + '
                     f'to_milliseconds({amount}), z := ({value}).z) END', goal)

    def _difference(self, left: Typed, right: Typed) -> Typed | None:
        common = common_type(left.type, right.type)
        if common is None or common.name not in TIMES:
            return None
        one, other = self.convert(left, common), self.convert(right, common)
        goal = Type(DAY_TO_SECOND)
        if common.name == 'date':
            return Typed(f'(CAST({one} - {other} AS BIGINT) * 86400000)', goal)
        if common.name == 'time':
            return Typed(f"((epoch_us(DATE '2000-01-01' + {one}) - epoch_us(DATE '2000-01-01' + {other})) // 1000)",
                         goal)
        if common.name == WITH_TIME_ZONE:
            one, other = f'({one}).i', f'({other}).i'
        return Typed(f'((epoch_us({one}) - epoch_us({other})) // 1000)', goal)

    def _compare_rows(self, sign: str, left: Typed, right: Typed) -> str:
        if sign not in ('=', '<>'):
            raise QueryError('The laptop does not order rows. Compare their fields one by one.')
        pairs = zip(left.type.parts, right.type.parts, strict=True)
        equal = ' AND '.join(self.compare('=', Typed(field(left.sql, number), one), Typed(field(right.sql, number),
                                                                                          other))
                             for number, (one, other) in enumerate(pairs, start=1))
        return f'(NOT ({equal}))' if sign == '<>' else f'({equal})'

    @staticmethod
    def _not_nan(sign: str, comparison: str, sides: list[str]) -> str:
        """Return the comparison as Athena makes it, where a NaN is neither equal to anything nor before or after it."""
        if not sides:
            return comparison
        if sign == '<>':
            return f'({comparison} OR {" OR ".join(f"isnan({side})" for side in sides)})'
        nan = ' OR '.join(f'isnan({side})' for side in sides)
        return f'CASE WHEN {comparison} THEN NOT ({nan}) ELSE {comparison} END'


def whole_days(milliseconds: int) -> int:
    """Return the days of an interval that is added to a date."""
    days, rest = divmod(milliseconds, 86_400_000)
    if rest:
        raise ValueError('Cannot add hour, minutes or seconds to a date')
    return days


def _power(scale: int) -> str:
    return f"CAST('1{'0' * scale}' AS DECIMAL({scale + 1}, 0))"


def _decimal_result(sign: str, left: Type, right: Type) -> Type:
    (precision, scale), (other_precision, other_scale) = left.arguments, right.arguments
    most = max(scale, other_scale)
    if sign == '*':
        return decimal(min(MOST_DIGITS, precision + other_precision), scale + other_scale)
    if sign == '/':
        return decimal(min(MOST_DIGITS, precision + other_scale + max(other_scale - scale, 0)), most)
    if sign == '%':
        return decimal(min(precision - scale, other_precision - other_scale) + most, most)
    return decimal(min(MOST_DIGITS, max(precision - scale, other_precision - other_scale) + most + 1), most)
