"""Lists the functions on dates and times that take no unit or pattern, and how each is written for DuckDB."""
from __future__ import annotations

from collections.abc import Iterator

from lake_etl.adapters.local.athena import values_time
from lake_etl.adapters.local.athena.athena_types import (
    DAY_TO_SECOND, WITH_TIME_ZONE, YEAR_TO_MONTH, Type, timestamp, zoned)
from lake_etl.adapters.local.athena.casts import from_local, in_utc, local_time
from lake_etl.adapters.local.athena.signatures import FunctionForm, python_form, sql_form

DATE_PARTS = {
    'year': 'year({0})', 'quarter': 'quarter({0})', 'month': 'month({0})', 'day': 'day({0})',
    'day_of_month': 'day({0})', 'day_of_week': 'isodow({0})', 'dow': 'isodow({0})', 'day_of_year': 'dayofyear({0})',
    'doy': 'dayofyear({0})', 'week': 'weekofyear({0})', 'week_of_year': 'weekofyear({0})',
    'year_of_week': 'isoyear({0})', 'yow': 'isoyear({0})'}
TIME_PARTS = {'hour': 'hour({0})', 'minute': 'minute({0})', 'second': 'second({0})',
              'millisecond': '(millisecond({0}) % 1000)'}
INTERVAL_PARTS = {
    'day': ('{0} // 86400000', DAY_TO_SECOND), 'day_of_month': ('{0} // 86400000', DAY_TO_SECOND),
    'hour': ('({0} // 3600000) % 24', DAY_TO_SECOND), 'minute': ('({0} // 60000) % 60', DAY_TO_SECOND),
    'second': ('({0} // 1000) % 60', DAY_TO_SECOND), 'millisecond': ('{0} % 1000', DAY_TO_SECOND),
    'year': ('{0} // 12', YEAR_TO_MONTH), 'month': ('{0} % 12', YEAR_TO_MONTH)}
FROM_UNIXTIME = 'make_timestamp(CAST(round({0} * 1000) AS BIGINT) * 1000)'
NOW = "struct_pack(i := date_trunc('milliseconds', timezone('UTC', now())), z := 'UTC')"


def time_forms() -> Iterator[FunctionForm]:
    """Yield the forms of the functions on dates and times."""
    local = local_time('{0}')
    for name, written in DATE_PARTS.items():
        for kind in ('date', 'timestamp'):
            yield sql_form(f'{name}({kind}) -> bigint', f'CAST({written} AS BIGINT)')
        yield sql_form(f'{name}({WITH_TIME_ZONE}) -> bigint', f'CAST({written.replace("{0}", local)} AS BIGINT)')
    for name, written in TIME_PARTS.items():
        for kind in ('timestamp', 'time'):
            yield sql_form(f'{name}({kind}) -> bigint', f'CAST({written} AS BIGINT)')
        yield sql_form(f'{name}({WITH_TIME_ZONE}) -> bigint', f'CAST({written.replace("{0}", local)} AS BIGINT)')
    for name, (written, kind) in INTERVAL_PARTS.items():
        yield sql_form(f'{name}({kind}) -> bigint', f'CAST({written} AS BIGINT)')
    yield from _conversions()
    yield from _zones()


def _conversions() -> Iterator[FunctionForm]:
    yield python_form('date(varchar) -> date', _date)
    yield sql_form('date(timestamp) -> date', 'CAST({0} AS DATE)')
    yield sql_form('date(date) -> date', '{0}')
    yield sql_form(f'date({WITH_TIME_ZONE}) -> date', f'CAST({local_time("{0}")} AS DATE)')
    for kind, value in (('date', '{0}'), ('timestamp', '{0}'), (WITH_TIME_ZONE, local_time('{0}'))):
        yield sql_form(f'last_day_of_month({kind}) -> date', f'last_day({value})')
    yield python_form('from_iso8601_date(varchar) -> date', values_time.from_iso8601_date)
    yield python_form('date_parse(varchar, varchar) -> timestamp', values_time.parse_mysql, lambda kinds: timestamp(3))
    yield python_form('parse_datetime(varchar, varchar) -> timestamp', values_time.parse_joda, lambda kinds: zoned(3))
    yield python_form('human_readable_seconds(double) -> varchar', values_time.human_readable_seconds)
    yield python_form(f'parse_duration(varchar) -> {DAY_TO_SECOND}', values_time.parse_duration)
    yield sql_form(f'to_milliseconds({DAY_TO_SECOND}) -> bigint', '{0}')
    yield sql_form('to_iso8601(date) -> varchar', "strftime({0}, '%Y-%m-%d')")
    for digits, pattern in ((0, ''), (3, '.%g'), (6, '.%f')):
        del digits, pattern
    yield sql_form(f'to_unixtime({WITH_TIME_ZONE}) -> double', '(epoch_us(({0}).i) / CAST(1000000 AS DOUBLE))')


def _zones() -> Iterator[FunctionForm]:
    utc = in_utc(FROM_UNIXTIME)
    yield sql_form('from_unixtime(double) -> timestamp', utc, lambda kinds: zoned(3))
    yield sql_form('from_unixtime(double, varchar) -> timestamp',
                   f'CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN struct_pack(i := {FROM_UNIXTIME}, z := '
                   'athena_zone({1})) END', lambda kinds: zoned(3))
    yield sql_form('from_unixtime(double, bigint, bigint) -> timestamp',
                   f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL AND {{2}} IS NOT NULL THEN struct_pack(i := "
                   f"{FROM_UNIXTIME}, z := athena_zone(printf('%+03d:%02d', {{1}}, abs({{2}})))) END",
                   lambda kinds: zoned(3))
    yield sql_form('with_timezone(timestamp, varchar) -> timestamp', from_local('{0}', '{1}'),
                   lambda kinds: zoned(kinds[0].arguments[0]))
    yield sql_form(f'at_timezone({WITH_TIME_ZONE}, varchar) -> {WITH_TIME_ZONE}',
                   'CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN struct_pack(i := ({0}).i, z := '
                   'athena_zone({1})) END')
    offset = f'(epoch_us({local_time("{0}")}) - epoch_us(({{0}}).i)) // 60000000'
    yield sql_form(f'timezone_hour({WITH_TIME_ZONE}) -> bigint', f'({offset}) // 60')
    yield sql_form(f'timezone_minute({WITH_TIME_ZONE}) -> bigint', f'({offset}) % 60')
    yield sql_form('now() -> timestamp', NOW, lambda kinds: zoned(3))
    yield sql_form('current_timestamp() -> timestamp', NOW, lambda kinds: zoned(3))
    yield sql_form('localtimestamp() -> timestamp', f'({NOW}).i', lambda kinds: timestamp(3))
    yield sql_form('localtime() -> time', f'CAST(({NOW}).i AS TIME)', lambda kinds: Type('time', (3,)))
    yield sql_form('current_date() -> date', f'CAST(({NOW}).i AS DATE)')
    yield sql_form('current_timezone() -> varchar', "'UTC'")


def _date(text: str) -> object:
    from lake_etl.adapters.local.athena.values import date_from_text
    return date_from_text(text)
