"""Reads what a condition compares with: a text, a keyword, a date, a duration, a size or a numeric expression."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import cast

from lake_etl.dqdl.expressions import ExpressionReader
from lake_etl.dqdl.lexer import time_of_day
from lake_etl.dqdl.syntax_tree import (
    Day, Duration, Keyword, Now, Number, Operand, Size, SizeUnit, Text, TimeOfDay, TimeUnit, Word)
from lake_etl.dqdl.token_reader import TokenReader
from lake_etl.syntax.records import suggestion

TIME_UNITS = ('days', 'hours', 'minutes')
SIZE_UNITS = ('B', 'KB', 'MB', 'GB', 'TB')
AFTER_CONDITION = ('and', 'or', 'where', 'labels', 'with')
KEYWORDS = ('NULL', 'EMPTY', 'WHITESPACES_ONLY')
MINUTES = {'days': 24 * 60, 'hours': 60, 'minutes': 1}
# Beyond what anyone means, and within which no later computation overflows.
LONGEST_DURATION = 365_000 * MINUTES['days']
MOST_DIGITS_OF_A_SIZE = 15


def read_operand(reader: TokenReader, unquote: Callable[[str], str]) -> Operand:
    """Return the operand that comes next, a text by `unquote`; raises Unreadable when there is none."""
    token = reader.next
    if token.kind == 'text':
        return Text(unquote(reader.take().text))
    if token.kind == 'date':
        return _day(reader)
    if token.kind == 'time':
        return TimeOfDay(cast(time, time_of_day(token.text)), reader.take().text[1:-1])
    if token.kind in KEYWORDS:
        return Keyword(cast(Word, reader.take().kind))
    if token.kind == 'now' or (token.kind == '(' and reader.after_next.kind == 'now'):
        return _now(reader)
    if token.kind == 'integer' and reader.after_next.kind in TIME_UNITS:
        return _duration(reader)
    if token.kind == 'integer' and reader.after_next.kind in SIZE_UNITS:
        return _size(reader)
    return _number(reader)


def _day(reader: TokenReader) -> Day:
    token = reader.take()
    try:
        return Day(date.fromisoformat(token.text[1:-1]))
    except ValueError:
        reader.fail(f'{token} is not a calendar day', token=token)


def _now(reader: TokenReader) -> Now:
    if reader.take_if('now'):
        if reader.next.kind in ('+', '-'):
            reader.fail('a moment relative to now() needs parentheses', 'write for example (now() - 3 days)')
        return Now()
    reader.take()
    reader.take()
    sign = reader.take_if('+', '-')
    if sign is None:
        reader.fail(f'expected + or - and a duration after now(), found {reader.next}',
                    'without a duration write now()')
    duration = _duration(reader)
    reader.expect(')', 'the closing ) after the duration')
    return Now(1 if sign.kind == '+' else -1, duration)


def _duration(reader: TokenReader) -> Duration:
    amount = reader.expect('integer', 'a whole number of days, hours or minutes')
    if reader.next.kind not in TIME_UNITS:
        reader.fail(f'expected one of the units {", ".join(TIME_UNITS)}, found {reader.next}',
                    suggestion(reader.next.text, TIME_UNITS))
    unit = reader.take().kind
    # Digits are counted first: Python refuses to convert thousands of them.
    if len(amount.text) > len(str(LONGEST_DURATION)) or int(amount.text) * MINUTES[unit] > LONGEST_DURATION:
        reader.fail('a duration has at most a thousand years', token=amount)
    return Duration(int(amount.text), cast(TimeUnit, unit))


def _size(reader: TokenReader) -> Size:
    amount, unit = reader.take(), reader.take().kind
    if len(amount.text) > MOST_DIGITS_OF_A_SIZE:
        reader.fail(f'a size has at most {MOST_DIGITS_OF_A_SIZE} digits', 'write it in a larger unit', amount)
    return Size(int(amount.text), cast(SizeUnit, unit))


def _number(reader: TokenReader) -> Operand:
    expression = ExpressionReader(reader).expression()
    units = (*TIME_UNITS, *SIZE_UNITS)
    if reader.next.kind in units:
        reader.fail(f'{reader.next} follows {expression}, but a duration or size is a whole number without a sign')
    if isinstance(expression, Number) and reader.next.kind == 'name':
        reader.fail(f'expected a unit or the end of the condition, found {reader.next}',
                    suggestion(reader.next.text, (*units, *AFTER_CONDITION)) or f'units: {", ".join(units)}')
    return expression
