"""Writes the functions on dates and times that take a unit or a pattern."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lake_etl.adapters.local.athena import values_time
from lake_etl.adapters.local.athena.athena_types import (
    BIGINT, DATE, VARCHAR, WITH_TIME_ZONE, Type, common_type, timestamp)
from lake_etl.adapters.local.athena.casts import from_local, local_time, timestamp_text
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.adapters.local.duckdb_types import text_literal
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions

MILLISECONDS = {'millisecond': 1, 'second': 1000, 'minute': 60_000, 'hour': 3_600_000, 'day': 86_400_000,
                'week': 604_800_000}
MONTHS = {'month': 1, 'quarter': 3, 'year': 12}
Handler = Callable[['Expressions', Sequence[Typed]], Typed]


def date_add(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write date_add."""
    unit, amount, moment = write.exactly('date_add', arguments, 3)
    name = _unit('date_add', unit)
    count = write.convert(amount, BIGINT)
    if moment.type.name not in ('date', 'timestamp', WITH_TIME_ZONE):
        raise QueryError(f'date_add takes a date or timestamp on the laptop, not {moment.type}. Convert it first.')
    if name in MONTHS:
        return write.operators.moved(moment, f'({count} * {MONTHS[name]})', 'month')
    if name == 'millisecond' and moment.type.name != 'date' and moment.type.arguments[0] < 3:
        raise QueryError('date_add of milliseconds takes a timestamp with at least 3 digits of a second. Convert it '
                         'first.')
    if moment.type.name == 'date' and name not in ('day', 'week'):
        raise QueryError(f'Athena cannot add a {name} to a date. Convert it to a timestamp.')
    if moment.type.name == WITH_TIME_ZONE and name in ('day', 'week'):
        days = f'({local_time(moment.sql)} + to_days(CAST({count} * {MILLISECONDS[name] // 86_400_000} AS INTEGER)))'
        return Typed(from_local(days, f'({moment.sql}).z'), moment.type)
    moved = write.operators.moved(moment, f'({count} * {MILLISECONDS[name]})', 'millisecond')
    return Typed(moved.sql, moment.type) if name != 'millisecond' else moved


def date_diff(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write date_diff, which counts complete units."""
    unit, first, second = write.exactly('date_diff', arguments, 3)
    name = _unit('date_diff', unit)
    common = common_type(first.type, second.type)
    if common is None or common.name not in ('date', 'timestamp', WITH_TIME_ZONE):
        raise QueryError(f'date_diff takes two dates or timestamps on the laptop, not {first.type} and {second.type}.')
    if common.name == 'date' and name in MILLISECONDS and name not in ('day', 'week'):
        raise QueryError(f'Athena cannot count {name}s between dates. Convert them to timestamps.')
    ends = [write.convert(item, common) for item in (first, second)]
    if common.name == WITH_TIME_ZONE:
        zone = f'({ends[0]}).z'
        moments = ([f'({end}).i' for end in ends] if name in ('millisecond', 'second', 'minute', 'hour')
                   else [f'athena_local(({end}).i, {zone})' for end in ends])
    else:
        moments = [f'CAST({end} AS TIMESTAMP)' for end in ends]
    if name in MONTHS:
        months = write.python(_months_between, [(moment, timestamp(6)) for moment in moments], BIGINT)
        return Typed(f'CAST({months} // {MONTHS[name]} AS BIGINT)', BIGINT)
    millis = [f'epoch_us({moment}) // 1000' if common.name != 'date' else f'epoch_ms({moment})' for moment in moments]
    return Typed(f'CAST(({millis[1]} - {millis[0]}) // {MILLISECONDS[name]} AS BIGINT)', BIGINT)


def _months_between(first: object, second: object) -> int:
    from lake_etl.adapters.local.athena.values_time import months_between
    return months_between(first, second)


def date_trunc(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write date_trunc."""
    unit, moment = write.exactly('date_trunc', arguments, 2)
    name = _unit('date_trunc', unit)
    kind = moment.type
    if kind.name not in ('date', 'timestamp', WITH_TIME_ZONE):
        raise QueryError(f'date_trunc takes a date or timestamp on the laptop, not {kind}. Convert it first.')
    if kind.name == 'date':
        if name not in ('day', 'week', *MONTHS):
            raise QueryError(f'Athena cannot truncate a date to its {name}. Convert it to a timestamp.')
        return Typed(f"CAST(date_trunc('{name}', {moment.sql}) AS DATE)", kind)
    if kind.name == 'timestamp':
        return Typed(f"CAST(date_trunc('{name}', {moment.sql}) AS TIMESTAMP)", kind)
    local = f"CAST(date_trunc('{name}', {local_time(moment.sql)}) AS TIMESTAMP)"
    return Typed(from_local(local, f'({moment.sql}).z'), kind)


def _unit(function: str, unit: Typed) -> str:
    name = (unit.text or '').lower()
    if name not in MILLISECONDS and name not in MONTHS:
        raise QueryError(f'{function} takes one of the units {", ".join([*MILLISECONDS, *MONTHS])} as a literal text '
                         f'on '
                         'the laptop. Write the unit as such a text.')
    return name


def pattern_function(name: str, translate: Callable[[str], str]) -> Handler:
    """Return what writes date_format or format_datetime."""
    def handler(write: Expressions, arguments: Sequence[Typed]) -> Typed:
        moment, pattern = write.exactly(name, arguments, 2)
        if pattern.text is None:
            raise QueryError(f'The pattern of {name} must be a literal text on the laptop.')
        if moment.type.name not in ('date', 'timestamp', WITH_TIME_ZONE):
            raise QueryError(f'{name} takes a date or timestamp, not {moment.type}. Convert it first.')
        value = local_time(moment.sql) if moment.type.name == WITH_TIME_ZONE else moment.sql
        written = text_literal(translate(pattern.text))
        return Typed(f'strftime(CAST({value} AS TIMESTAMP), {written})', VARCHAR)
    return handler


def to_iso8601(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write to_iso8601."""
    moment, = write.exactly('to_iso8601', arguments, 1)
    if moment.type == DATE:
        return Typed(f"strftime({moment.sql}, '%Y-%m-%d')", VARCHAR)
    if moment.type.name == 'timestamp':
        return Typed(timestamp_text(moment.sql, moment.type.arguments[0], '%Y-%m-%dT%H:%M:%S'), VARCHAR)
    if moment.type.name == WITH_TIME_ZONE:
        text = timestamp_text(local_time(moment.sql), moment.type.arguments[0], '%Y-%m-%dT%H:%M:%S')
        return Typed(f'({text} || athena_offset(({moment.sql}).i, ({moment.sql}).z))', VARCHAR)
    raise QueryError(f'to_iso8601 takes a date or timestamp, not {moment.type}. Convert it first.')


def from_iso8601_timestamp(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write from_iso8601_timestamp."""
    text, = write.exactly('from_iso8601_timestamp', arguments, 1)
    goal = Type(WITH_TIME_ZONE, (3,))
    local = write.python(values_time.from_iso8601_timestamp, [(write.convert(text, VARCHAR), VARCHAR)], goal)
    return Typed(from_local(f'({local}).i', f'({local}).z'), goal)


SPECIAL_TIMES: dict[str, Handler] = {
    'date_add': date_add, 'date_diff': date_diff, 'date_trunc': date_trunc,
    'date_format': pattern_function('date_format', values_time.mysql_pattern),
    'format_datetime': pattern_function('format_datetime', values_time.joda_pattern), 'to_iso8601': to_iso8601,
    'from_iso8601_timestamp': from_iso8601_timestamp}
