"""Writes conversions between types as Athena makes them."""
from __future__ import annotations

import math
from collections.abc import Callable

from lake_etl.adapters.local.athena import values, values_json
from lake_etl.adapters.local.athena.athena_types import (
    DAY_TO_SECOND, INTEGERS, VARCHAR, WITH_TIME_ZONE, YEAR_TO_MONTH, Type, timestamp, zoned)
from lake_etl.adapters.local.athena.not_computed import NotComputedError
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.errors import QueryError

NUMBERS = {*INTEGERS, 'decimal', 'real', 'double'}
VALUE = '«value»'      # stands for the value while TRY_CAST is written
DUCKDB_FRACTION = {0: '', 1: '.%g', 2: '.%g', 3: '.%g', 4: '.%f', 5: '.%f', 6: '.%f'}


class Casts:
    """Conversions of one query; what needs Python is remembered among its functions."""

    def __init__(self, functions: PythonFunctions):
        self._functions = functions
        self._variables = 0

    def cast(self, sql: str, source: Type, target: Type) -> str:
        """Return SQL of CAST; raises QueryError when Athena has no such cast, or the laptop cannot make it."""
        if source == target or (source.name == target.name == 'varchar' and not target.arguments):
            return sql
        if source.name == 'unknown':
            return f'CAST(NULL AS {target.duckdb})'
        if 'json' in (source.name, target.name):
            result = self._with_json(sql, source, target)
        elif target.parts:
            return self._nested(sql, source, target)
        else:
            writer = WRITERS.get(_method(target))
            result = writer(self, sql, source, target) if writer else None
        if result is None:
            raise QueryError(f'CAST from {source} to {target} is not possible on the laptop, or in Athena at all. '
                             'Convert the value in another way, or run the query on Athena.')
        return result

    def try_cast(self, sql: str, source: Type, target: Type) -> str:
        """Return SQL of TRY_CAST, which gives null where the cast fails; the value itself may still fail."""
        if target.parts and source.name != 'json':
            return f'TRY({self.cast(sql, source, target)})'
        self._functions.gives_null = True
        try:
            written = self.cast(VALUE, source, target)
        finally:
            self._functions.gives_null = False
        return written.replace('CAST(', 'TRY_CAST(').replace(VALUE, sql)

    def _with_json(self, sql: str, source: Type, target: Type) -> str | None:
        if target.name == 'json':
            known = values_json.converts_with_json(source) or source.name in ('date', 'timestamp')
            body = values_json.to_json(source)
        else:
            known = values_json.converts_with_json(target) and not (target.name == 'varchar' and target.arguments)
            body = values_json.from_json(target)
        return self._functions.call(body, [(sql, source)], target, key=f'{source} {target}') if known else None

    def _to_boolean(self, sql: str, source: Type, target: Type) -> str | None:
        if source.name == 'varchar':
            return (f"CASE WHEN lower({sql}) IN ('t', 'true', '1') THEN true WHEN lower({sql}) IN ('f', 'false', '0') "
                    f"THEN false WHEN {sql} IS NOT NULL THEN CAST('x' || {sql} AS BOOLEAN) END")
        return f'({sql} <> 0)' if source.name in NUMBERS else None

    def _to_integer(self, sql: str, source: Type, target: Type) -> str | None:
        if source.name == 'varchar':
            return (f"CASE WHEN {sql} IS NULL THEN NULL WHEN regexp_full_match({sql}, '[+-]?[0-9]+') THEN CAST({sql} "
                    f"AS "
                    f"{target.duckdb}) ELSE CAST('x' || {sql} AS {target.duckdb}) END")
        if source.name == 'real' and target.name == 'bigint':
            return self._functions.call(real_to_bigint, [(sql, Type('double'))], target)
        if source.name in ('real', 'double'):
            return f'CAST(round(CAST({sql} AS DOUBLE)) AS {target.duckdb})'
        return f'CAST({sql} AS {target.duckdb})' if source.name in NUMBERS or source.name == 'boolean' else None

    def _to_double(self, sql: str, source: Type, target: Type) -> str | None:
        if source.name == 'varchar':
            parsed = self._functions.call(values.double_from_text, [(sql, source)], Type('double'))
            return f'CAST({parsed} AS {target.duckdb})'
        if source.name == 'decimal':
            return f'CAST(CAST({sql} AS VARCHAR) AS {target.duckdb})'   # DuckDB's own cast is off by a last digit
        if source.name == 'double' and target.name == 'real':
            return (f"CASE WHEN abs({sql}) > 3.4028235677973366e38 AND isfinite({sql}) THEN CAST(sign({sql}) AS "
                    f"FLOAT) * "
                    f"CAST('infinity' AS FLOAT) ELSE CAST({sql} AS FLOAT) END")
        return f'CAST({sql} AS {target.duckdb})' if source.name in NUMBERS or source.name == 'boolean' else None

    _to_real = _to_double

    def _to_decimal(self, sql: str, source: Type, target: Type) -> str | None:
        precision, scale = target.arguments
        if source.name == 'boolean' and scale == precision:
            return None
        if source.name in INTEGERS or source.name in ('decimal', 'boolean'):
            first = f'CAST({sql} AS TINYINT)' if source.name == 'boolean' else sql
            return f'CAST({first} AS {target.duckdb})'
        more = [(str(precision), Type('integer')), (str(scale), Type('integer'))]
        if source.name == 'varchar':
            return self._functions.call(values.decimal_from_text, [(sql, source), *more], target)
        if source.name == 'real':
            sql, source = f'CAST(CAST({sql} AS FLOAT) AS VARCHAR)', VARCHAR
            return self._functions.call(values.decimal_from_text, [(sql, source), *more], target)
        if source.name == 'double':
            return self._functions.call(values.decimal_from_double, [(sql, source), *more], target)
        return None

    def _to_varchar(self, sql: str, source: Type, target: Type) -> str | None:
        text = self._text(sql, source)
        if text is None or not target.arguments:
            return text
        length = target.arguments[0]
        if source.name in ('varchar', 'char'):
            return f'substring({text}, 1, {length})'
        if source.name not in (*INTEGERS, 'decimal', 'double', 'real'):
            return None
        failed = self._functions.call(too_long, [(text, VARCHAR)], VARCHAR)
        return f'CASE WHEN length({text}) > {length} THEN {failed} ELSE {text} END'

    def _text(self, sql: str, source: Type) -> str | None:
        if source.name in (WITH_TIME_ZONE, 'timestamp', 'time', YEAR_TO_MONTH, DAY_TO_SECOND):
            return self._text_of_time(sql, source)
        if source.name in ('varchar', 'uuid', 'char'):
            return sql
        if source.name == 'decimal' and source.arguments[0] == source.arguments[1] < 38:
            sql = f'CAST({sql} AS DECIMAL({source.arguments[0] + 1}, {source.arguments[1]}))'   # otherwise .5, not 0.5
        if source.name in INTEGERS or source.name in ('decimal', 'boolean', 'date'):
            return f'CAST({sql} AS VARCHAR)'
        if source.name == 'double':
            return self._functions.call(_text_from_double, [(sql, source)], VARCHAR)
        if source.name == 'real':
            return self._functions.call(values.text_from_real, [
                (sql, Type('double')), (f'CAST(CAST({sql} AS FLOAT) AS VARCHAR)', VARCHAR)], VARCHAR)
        return None

    def _text_of_time(self, sql: str, source: Type) -> str:
        if source.name == 'timestamp':
            return timestamp_text(sql, source.arguments[0])
        if source.name == 'time':
            return timestamp_text(f"(DATE '2000-01-01' + {sql})", source.arguments[0], '%H:%M:%S')
        if source.name == WITH_TIME_ZONE:
            return f"({timestamp_text(local_time(sql), source.arguments[0])} || ' ' || {shown_zone(sql)})"
        if source.name == YEAR_TO_MONTH:
            return f"(CASE WHEN {sql} < 0 THEN '-' ELSE '' END || abs({sql}) // 12 || '-' || abs({sql}) % 12)"
        return self._functions.call(day_to_second_text, [(sql, source)], VARCHAR)

    def _to_char(self, sql: str, source: Type, target: Type) -> str | None:
        if source.name not in ('varchar', 'char'):
            return None
        length = target.arguments[0]
        return f"rpad(substring({sql}, 1, {length}), {length}, ' ')"

    def _to_uuid(self, sql: str, source: Type, target: Type) -> str | None:
        return f'lower(CAST(CAST({sql} AS UUID) AS VARCHAR))' if source.name == 'varchar' else None

    def _to_date(self, sql: str, source: Type, target: Type) -> str | None:
        if source.name == 'varchar':
            return self._functions.call(values.date_from_text, [(sql, source)], target)
        if source.name == 'timestamp':
            return f'CAST({sql} AS DATE)'
        return f'CAST({local_time(sql)} AS DATE)' if source.name == WITH_TIME_ZONE else None

    def _to_time(self, sql: str, source: Type, target: Type) -> str | None:
        digits = target.arguments[0]
        if source.name == 'timestamp' and digits >= source.arguments[0]:
            return f'CAST({sql} AS TIME)'
        if source.name == WITH_TIME_ZONE and digits >= source.arguments[0]:
            return f'CAST({local_time(sql)} AS TIME)'
        if source.name == 'time' and digits >= source.arguments[0]:
            return sql
        return None

    def _to_timestamp(self, sql: str, source: Type, target: Type) -> str | None:
        digits = target.arguments[0]
        if source.name == 'varchar':
            return self._functions.call(values.timestamp_from_text, [(sql, source), (str(digits), Type('integer'))],
                                        target)
        if source.name == 'date':
            return f'CAST({sql} AS TIMESTAMP)'
        if source.name == 'timestamp':
            return rounded_timestamp(sql, source.arguments[0], digits)
        if source.name == WITH_TIME_ZONE:
            return rounded_timestamp(local_time(sql), source.arguments[0], digits)
        return None

    def _to_zoned(self, sql: str, source: Type, target: Type) -> str | None:
        digits = target.arguments[0]
        if source.name in ('date', 'timestamp'):
            return in_utc(self.cast(sql, source, timestamp(digits)))
        if source.name == WITH_TIME_ZONE:
            moment = rounded_timestamp(f'({sql}).i', source.arguments[0], digits)
            return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack(i := {moment}, z := ({sql}).z) END"
        if source.name == 'varchar':
            local = self._functions.call(values.zoned_from_text, [(sql, source), (str(digits), Type('integer'))],
                                         zoned(digits))
            return from_local(f'({local}).i', f'({local}).z')
        return None

    def _nested(self, sql: str, source: Type, target: Type) -> str:
        if source.name != target.name or len(source.parts) != len(target.parts):
            raise QueryError(f'Athena cannot cast {source} to {target}. Correct the query.')
        self._variables += 1
        each = f'each_{self._variables}'
        if target.name == 'array':
            return f'list_transform({sql}, lambda {each}: {self.cast(each, source.parts[0], target.parts[0])})'
        if target.name == 'map':
            key, value = (self.cast(f'{each}.{name}', part, goal) for name, part, goal in
                          zip(('key', 'value'), source.parts, target.parts, strict=True))
            return (f'map_from_entries(list_transform(map_entries({sql}), lambda {each}: '
                    f'struct_pack(k := {key}, v := {value})))')
        fields = (f'{identifier(name)} := {self.cast(field(sql, number), part, goal)}' for number, (name, part, goal)
                  in enumerate(zip(target.members, source.parts, target.parts, strict=True), start=1))
        return f'CASE WHEN {sql} IS NOT NULL THEN struct_pack({", ".join(fields)}) END'


WRITERS: dict[str, Callable[[Casts, str, Type, Type], str | None]] = {
    'boolean': Casts._to_boolean, 'integer': Casts._to_integer, 'double': Casts._to_double, 'decimal':
    Casts._to_decimal, 'varchar': Casts._to_varchar, 'char': Casts._to_char, 'uuid': Casts._to_uuid, 'date':
    Casts._to_date, 'time': Casts._to_time, 'timestamp': Casts._to_timestamp, 'zoned': Casts._to_zoned, 'real':
    Casts._to_real}


def field(sql: str, number: int) -> str:
    """Return the value of a row's field; the first has the number 1."""
    return f'struct_extract_at({sql}, {number})'


def local_time(sql: str) -> str:
    """Return the timestamp that the clocks of its zone show at an instant."""
    return f'athena_local(({sql}).i, ({sql}).z)'


def shown_zone(sql: str) -> str:
    """Return the name of the zone of a timestamp with time zone."""
    return f'({sql}).z'


def in_utc(sql: str) -> str:
    """Return the timestamp with the zone UTC."""
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack(i := {sql}, z := 'UTC') END"


def from_local(moment: str, zone: str) -> str:
    """Return the timestamp with time zone whose clocks show the moment."""
    return (f'CASE WHEN {moment} IS NOT NULL AND {zone} IS NOT NULL THEN struct_pack(i := athena_instant({moment}, '
            f'{zone}), z := athena_zone({zone})) END')


def timestamp_text(sql: str, digits: int, pattern: str = '%Y-%m-%d %H:%M:%S') -> str:
    """Return the timestamp as text with so many digits of a second."""
    text = f"strftime({sql}, '{pattern}{DUCKDB_FRACTION[digits]}')"
    cut = {1: 2, 2: 1, 4: 2, 5: 1}.get(digits)
    return f'left({text}, -{cut})' if cut else text


def rounded_timestamp(sql: str, digits: int, target: int) -> str:
    """Return the timestamp rounded half up to so many digits of a second."""
    if target >= digits:
        return sql
    unit = 10 ** (6 - target)
    return f'make_timestamp(CAST(floor((epoch_us({sql}) + {unit // 2}) / {unit}.0) AS BIGINT) * {unit})'


def day_to_second_text(milliseconds: int) -> str:
    """Return an interval as Athena writes it, such as 2 03:00:00.000."""
    seconds, thousandths = divmod(abs(milliseconds), 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f'{"-" if milliseconds < 0 else ""}{days} {hour:02}:{minute:02}:{second:02}.{thousandths:03}'


def real_to_bigint(value: float) -> int:
    """Return the nearest whole number of a real."""
    if not abs(value) < 2.0 ** 63:
        raise NotComputedError('a real is too large for a bigint')
    return math.floor(abs(value) + 0.5) * (-1 if value < 0 else 1)


def too_long(text: str) -> str:
    """Fail for a text that does not fit into its type."""
    raise ValueError('The value is too long for the varchar')


def _text_from_double(value: float) -> str:
    return values.text_from_double(value)


def _method(target: Type) -> str:
    if target.name in INTEGERS:
        return 'integer'
    return 'zoned' if target.name == WITH_TIME_ZONE else target.name.replace(' ', '_')
