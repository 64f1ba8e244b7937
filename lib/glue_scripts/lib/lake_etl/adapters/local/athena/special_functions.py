"""Writes the functions whose result depends on more than the types of their arguments: units, patterns, lambdas."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from lake_etl.adapters.local.athena import values_format, values_groups, values_time
from lake_etl.adapters.local.athena.athena_types import (
    BIGINT, DAY_TO_SECOND, INTEGERS, JSON, UNKNOWN, VARCHAR, WITH_TIME_ZONE, YEAR_TO_MONTH, Type, array, common_type,
    map_type, row)
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.adapters.local.duckdb_types import identifier, text_literal
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions

Handler = Callable[['Expressions', Sequence[Typed]], Typed]


def coalesce(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write coalesce."""
    common = write.common('coalesce', arguments)
    return Typed(f'coalesce({", ".join(write.convert(item, common) for item in arguments)})', common)


def nullif(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write nullif, whose result has the type of the first argument."""
    first, second = write.exactly('nullif', arguments, 2)
    return Typed(f'CASE WHEN {write.operators.compare("=", first, second)} THEN NULL ELSE {first.sql} END', first.type)


def extreme(name: str) -> Handler:
    """Return what writes greatest or least, which are null when an argument is."""
    def handler(write: Expressions, arguments: Sequence[Typed]) -> Typed:
        common = write.common(name, arguments)
        if common.name in ('real', 'double', 'array', 'map', 'row', 'json', 'char',
                           WITH_TIME_ZONE) and len(arguments) > 1:
            if common.name not in ('real', 'double'):
                raise QueryError(f'{name} does not take values of the type {common} on the laptop. Use CASE.')
        items = [write.convert(item, common) for item in arguments]
        sql = f'{name}({", ".join(items)})'
        missing = [f'{item} IS NULL' for item in items]
        if common.name in ('real', 'double'):
            missing += [f'isnan({item})' for item, given in zip(items, arguments, strict=True) if given.number is None]
            fail = write.failure('greatest and least with NaN are not computed on the laptop', 'CAST(0 AS BIGINT)',
                                 common)
            nan = ' OR '.join(part for part in missing if part.startswith('isnan'))
            sql = f'CASE WHEN {nan} THEN {fail} ELSE {sql} END' if nan else sql
        null = ' OR '.join(part for part in missing if part.endswith('NULL'))
        return Typed(f'CASE WHEN {null} THEN NULL ELSE {sql} END', common)
    return handler


def attempt(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write try, which gives null for what fails."""
    value, = write.exactly('try', arguments, 1)
    return Typed(f'TRY({value.sql})', value.type)


def typeof(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write typeof."""
    value, = write.exactly('typeof', arguments, 1)
    if 'varchar' in str(value.type) and not value.is_exact:
        raise QueryError('typeof of a computed text is not known on the laptop, whose types have no length. Run the '
                         'query on Athena.')
    # The value is computed all the same, because it may fail, or be an aggregate.
    name = text_literal(str(value.type))
    return Typed(f'CASE WHEN {value.sql} IS NULL THEN {name} ELSE {name} END', VARCHAR)


def concat(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write concat and || of texts, bytes and arrays."""
    if len(arguments) < 2:
        raise QueryError('concat takes at least two arguments. Correct the query.')
    if any(item.type.name == 'unknown' for item in arguments):
        raise QueryError('Athena does not tell what concat with NULL is. Write CAST(NULL AS varchar).')
    arrays = [item for item in arguments if item.type.name == 'array']
    if arrays:
        return _concat_arrays(write, arguments, arrays)
    names = {item.type.name for item in arguments} - {'unknown'}
    if names <= {'varchar'} or names == {'varbinary'}:
        goal = VARCHAR if names <= {'varchar'} else Type('varbinary')
        return Typed(f'({" || ".join(write.convert(item, goal) for item in arguments)})', goal)
    given = ', '.join(str(item.type) for item in arguments)
    raise QueryError(f'concat does not take ({given}) on the laptop, or in Athena at all. Convert the arguments with '
                     f'CAST.')


def _concat_arrays(write: Expressions, arguments: Sequence[Typed], arrays: Sequence[Typed]) -> Typed:
    element = arrays[0].type.parts[0]
    for item in arguments:
        kind = item.type.parts[0] if item.type.name == 'array' else item.type
        found = common_type(element, kind)
        if found is None:
            raise QueryError(f'Athena cannot put {kind} into an array of {element}. Convert the element with CAST.')
        element = found
    goal = array(element)
    parts = [write.convert(item, goal) if item.type.name == 'array' else f'[{write.convert(item, element)}]'
             for item in arguments]
    null = ' OR '.join(f'{part} IS NULL' for part, item in zip(parts, arguments, strict=True) if item in arrays)
    joined = reduce(lambda one, other: f'list_concat({one}, {other})', parts)
    return Typed(f'CASE WHEN {null} THEN NULL ELSE {joined} END', goal)


def make_row(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write ROW(…)."""
    kind = row(tuple(item.type for item in arguments))
    fields = (f'{identifier(name)} := {write.convert(item, item.type)}'
              for name, item in zip(kind.members, arguments, strict=True))
    return Typed(f'struct_pack({", ".join(fields)})', kind)


def empty_map(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write map(), and map(keys, values)."""
    if arguments:
        return write.chosen('map', arguments)
    return Typed('map()', map_type(UNKNOWN, UNKNOWN))


def map_concat(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write map_concat, where the last map with a key tells its value."""
    common = write.common('map_concat', arguments)
    if common.name != 'map':
        raise QueryError('map_concat takes maps. Correct the query.')
    items = [write.convert(item, common) for item in arguments]
    null = ' OR '.join(f'{item} IS NULL' for item in items)
    return Typed(f'CASE WHEN {null} THEN NULL ELSE map_concat({", ".join(items)}) END', common)


def element_at(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write element_at, which is null where there is no such element."""
    container, key = write.exactly('element_at', arguments, 2)
    if container.type.name == 'map':
        wanted = write.convert(key, container.type.parts[0])
        return Typed(f'({container.sql}[{wanted}])', container.type.parts[1])
    if container.type.name != 'array' or key.type.name not in INTEGERS:
        raise QueryError(f'element_at does not take ({container.type}, {key.type}). Correct the query.')
    index = write.convert(key, BIGINT)
    found = f'list_extract({container.sql}, {index})'
    if key.number == 0 or key.number is None:
        failed = write.failure('SQL array indices start at 1', index, container.type.parts[0])
        found = f'CASE WHEN {index} = 0 THEN {failed} ELSE {found} END'
    return Typed(found, container.type.parts[0])


def subscript(write: Expressions, container: Typed, key: Typed) -> Typed:
    """Write container[key], which fails where there is no such element."""
    if container.type.name == 'map':
        wanted, result = write.convert(key, container.type.parts[0]), container.type.parts[1]
        failed = write.failure('Key not present in map', f'CAST({wanted} AS VARCHAR)', result)
        return Typed(f'CASE WHEN map_contains({container.sql}, {wanted}) THEN {container.sql}[{wanted}] WHEN '
                     f'{container.sql} IS NOT NULL AND {wanted} IS NOT NULL THEN {failed} END', result)
    if container.type.name == 'row' and key.number is not None and 1 <= key.number <= len(container.type.parts):
        return Typed(f'struct_extract_at({container.sql}, {key.number})', container.type.parts[key.number - 1])
    if container.type.name != 'array' or key.type.name not in INTEGERS:
        raise QueryError(f'Athena cannot take an element of {container.type} with {key.type}. Correct the query.')
    index, result = write.convert(key, BIGINT), container.type.parts[0]
    failed = write.failure('The array has no such element', index, result)
    return Typed(f'CASE WHEN {index} BETWEEN 1 AND len({container.sql}) THEN list_extract({container.sql}, {index}) '
                 f'WHEN '
                 f'{container.sql} IS NOT NULL AND {index} IS NOT NULL THEN {failed} END', result)


def sequence(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write sequence of numbers, dates and timestamps."""
    start, stop = arguments[0], arguments[1] if len(arguments) > 1 else arguments[0]
    step = arguments[2] if len(arguments) > 2 else None
    common = common_type(start.type, stop.type)
    if common is not None and common.name in INTEGERS and (step is None or step.type.name in INTEGERS):
        items = [write.convert(item, BIGINT) for item in arguments]
        by = items[2] if step else f'CASE WHEN {items[1]} >= {items[0]} THEN 1 ELSE -1 END'
        sql = write.python(_sequence, [(items[0], BIGINT), (items[1], BIGINT), (by, BIGINT)], array(BIGINT))
        return Typed(sql, array(BIGINT))
    if common is None or common.name not in ('date', 'timestamp') or (step is None and common.name != 'date'):
        raise QueryError('sequence takes two whole numbers, dates or timestamps, and a step. Correct the query.')
    ends = [(write.convert(item, common), common) for item in (start, stop)]
    if step is not None and step.type.name == YEAR_TO_MONTH:
        body = values_time.month_sequence(common.name == 'date')
        return Typed(write.python(body, [*ends, (step.sql, step.type)], array(common)), array(common))
    if step is not None and step.type.name != DAY_TO_SECOND:
        raise QueryError('The step of this sequence must be an interval. Correct the query.')
    numbers = [f'CAST(epoch_us({end}) AS BIGINT)' for end, _ in ends]
    day = f'CASE WHEN {numbers[1]} >= {numbers[0]} THEN 86400000000 ELSE -86400000000 END'
    by = f'({step.sql} * 1000)' if step else day
    listed = write.python(_sequence, [(numbers[0], BIGINT), (numbers[1], BIGINT), (by, BIGINT)], array(BIGINT))
    return Typed(f'list_transform({listed}, lambda moment: CAST(make_timestamp(moment) AS {common.duckdb}))',
                 array(common))


def _sequence(start: int, stop: int, step: int) -> list[int]:
    if step == 0 or (stop - start) * step < 0:
        raise ValueError('sequence stop value should be on the side of the start to which the step goes')
    if abs((stop - start) // step) >= 10_000:
        raise ValueError('result of sequence function must not have more than 10000 entries')
    return list(range(start, stop + (1 if step > 0 else -1), step))


def array_join(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write array_join, whose elements are cast to text."""
    if len(arguments) not in (2, 3) or arguments[0].type.name != 'array':
        raise QueryError('array_join takes an array and one or two texts. Correct the query.')
    texts = write.convert(arguments[0], array(VARCHAR), explicit=True)
    more = [(write.convert(item, VARCHAR), VARCHAR) for item in arguments[1:]]
    return Typed(write.python(_join_all if len(more) == 2 else _join, [(texts, array(VARCHAR)), *more], VARCHAR),
                 VARCHAR)


def _join(items: list[str | None], separator: str) -> str:
    return separator.join(item for item in items if item is not None)


def _join_all(items: list[str | None], separator: str, null: str) -> str:
    return separator.join(null if item is None else item for item in items)


def array_histogram(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write array_histogram."""
    value, = write.exactly('array_histogram', arguments, 1)
    if value.type.name != 'array' or value.type.parts[0].parts:
        raise QueryError('array_histogram takes an array of single values on the laptop.')
    goal = map_type(value.type.parts[0], BIGINT)
    return Typed(write.python(values_groups.array_histogram, [(value.sql, value.type)], goal), goal)


def zip_arrays(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write zip, which fills shorter arrays with null."""
    if any(item.type.name != 'array' for item in arguments) or not 2 <= len(arguments) <= 5:
        raise QueryError('zip takes two to five arrays. Correct the query.')
    goal = array(row(tuple(item.type.parts[0] for item in arguments)))
    given = [(item.sql, item.type) for item in arguments]
    return Typed(write.python(_zip, given, goal, key=str(len(given))), goal)


def _zip(*arrays: list[object]) -> list[dict[str, object]]:
    size = max(map(len, arrays))
    return [{f'field{number}': items[place] if place < len(items) else None for number, items in enumerate(arrays)}
            for place in range(size)]


def format_arguments(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write format with the patterns of Java's Formatter."""
    if len(arguments) < 2 or arguments[0].type.name != 'varchar':
        raise QueryError('format takes a pattern and at least one argument. Correct the query.')
    given = []
    for item in arguments[1:]:
        if item.type.name in (*INTEGERS, 'double', 'decimal', 'varchar', 'boolean'):
            given.append((item.sql, item.type))
        elif item.type.name in ('date', 'unknown'):
            given.append((write.convert(item, VARCHAR, explicit=True), VARCHAR))
        else:
            raise QueryError(f'format does not take {item.type} on the laptop. Convert it to varchar.')
    kinds = tuple(kind.name for _, kind in given)
    body = _formatter(kinds)
    return Typed(write.python(body, [(arguments[0].sql, VARCHAR), *given], VARCHAR, key=' '.join(kinds),
                              takes_null=True), VARCHAR)


def _formatter(kinds: Sequence[str]) -> Callable[..., str | None]:
    from lake_etl.adapters.local.athena.values import java_double

    def format_values(pattern: str | None, *items: object) -> str | None:
        if pattern is None:
            return None
        if any(isinstance(item, float) for item in items):
            items = tuple(_JavaDouble(item, java_double(item)) if isinstance(item, float) else item for item in items)
        return values_format.format_text(pattern, list(items))
    del kinds
    return format_values


class _JavaDouble(float):
    """A double that shows itself as Java does."""

    def __new__(cls, value: float, text: str) -> _JavaDouble:
        made = super().__new__(cls, value)
        made.text = text
        return made

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = float.__repr__


def parse_json(write: Expressions, arguments: Sequence[Typed]) -> Typed:
    """Write JSON '…'."""
    text, = write.exactly('json', arguments, 1)
    return write.chosen('json_parse', [text]) if text.type != JSON else text


SPECIAL: dict[str, Handler] = {
    'coalesce': coalesce, 'nullif': nullif, 'greatest': extreme('greatest'), 'least': extreme('least'), 'try': attempt,
    'typeof': typeof, 'concat': concat, 'row': make_row, 'map': empty_map, 'map_concat': map_concat,
    'element_at': element_at, 'sequence': sequence, 'array_join': array_join, 'array_histogram': array_histogram,
    'zip': zip_arrays, 'format': format_arguments}
