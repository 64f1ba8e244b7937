"""Models the types of Athena: their spelling, their counterparts in DuckDB, and which converts to which by itself."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.adapters.local.catalog_types import Array, CatalogType, Map, Simple, Struct
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.errors import QueryError

MOST_DIGITS = 38
MOST_FRACTION = 6     # DuckDB keeps microseconds
INTEGERS = ('tinyint', 'smallint', 'integer', 'bigint')
DIGITS_OF_INTEGER = {'tinyint': 3, 'smallint': 5, 'integer': 10, 'bigint': 19}
NUMBERS = (*INTEGERS, 'decimal', 'real', 'double')
WITH_TIME_ZONE = 'timestamp with time zone'
YEAR_TO_MONTH = 'interval year to month'
DAY_TO_SECOND = 'interval day to second'
DUCKDB_NAMES = {
    'boolean': 'BOOLEAN', 'tinyint': 'TINYINT', 'smallint': 'SMALLINT', 'integer': 'INTEGER', 'bigint': 'BIGINT',
    'real': 'FLOAT', 'double': 'DOUBLE', 'varchar': 'VARCHAR', 'char': 'VARCHAR', 'varbinary': 'BLOB', 'date': 'DATE',
    'time': 'TIME', 'timestamp': 'TIMESTAMP', 'json': 'VARCHAR', 'uuid': 'VARCHAR', 'unknown': 'INTEGER',
    # The instant in UTC, and the zone it is shown in.
    WITH_TIME_ZONE: 'STRUCT(i TIMESTAMP, z VARCHAR)',
    YEAR_TO_MONTH: 'INTEGER', DAY_TO_SECOND: 'BIGINT'}      # months; milliseconds
CATALOG_NAMES = {
    'string': 'varchar', 'int': 'integer', 'float': 'real', 'binary': 'varbinary', 'timestamp_ntz': 'timestamp',
    'void': 'varchar'}


@dataclass(frozen=True)
class Type:
    """A type of Athena.

    arguments  precision and scale, length, or digits of a second; none for a varchar of any length
    parts      types of an array's element, of a map's key and value, of a row's fields
    labels     names of a row's fields, None for a field without one
    """

    name: str
    arguments: tuple[int, ...] = ()
    parts: tuple[Type, ...] = ()
    labels: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        if self.name == 'row':
            fields = (f'{label} {part}' if label else str(part)
                      for label, part in zip(self.labels, self.parts, strict=True))
            return f'row({", ".join(fields)})'
        inside = ', '.join(map(str, self.parts)) or ','.join(map(str, self.arguments))
        if self.name == WITH_TIME_ZONE:
            return f'timestamp({inside}) with time zone'
        return f'{self.name}({inside})' if inside else self.name

    @property
    def duckdb(self) -> str:
        """Return the type whose values stand for this type's in DuckDB."""
        if self.name == 'decimal':
            return f'DECIMAL({self.arguments[0]}, {self.arguments[1]})'
        if self.name == 'array':
            return f'{self.parts[0].duckdb}[]'
        if self.name == 'map':
            return f'MAP({self.parts[0].duckdb}, {self.parts[1].duckdb})'
        if self.name == 'row':
            fields = (f'{identifier(name)} {part.duckdb}'
                      for name, part in zip(self.members, self.parts, strict=True))
            return f'STRUCT({", ".join(fields)})'
        return DUCKDB_NAMES[self.name]

    @property
    def members(self) -> tuple[str, ...]:
        """Return the names of a row's fields in DuckDB."""
        return tuple(label or f'field{number}' for number, label in enumerate(self.labels))


BOOLEAN, INTEGER, BIGINT = (Type(name) for name in ('boolean', 'integer', 'bigint'))
VARCHAR, VARBINARY, DATE, JSON, UNKNOWN = (Type(name) for name in ('varchar', 'varbinary', 'date', 'json', 'unknown'))


def decimal(precision: int, scale: int) -> Type:
    """Return the decimal type; raises QueryError when it has too many digits."""
    if not 1 <= precision <= MOST_DIGITS or not 0 <= scale <= precision:
        raise QueryError(f'decimal({precision},{scale}) is not a type of Athena: at most {MOST_DIGITS} digits, and not '
                         'more of them after the point than in all. Correct the query.')
    return Type('decimal', (precision, scale))


def array(element: Type) -> Type:
    """Return the type of arrays of such elements."""
    return Type('array', parts=(element,))


def map_type(key: Type, value: Type) -> Type:
    """Return the type of maps from key to value."""
    return Type('map', parts=(key, value))


def row(parts: tuple[Type, ...], labels: tuple[str | None, ...] = ()) -> Type:
    """Return the type of rows of such fields."""
    return Type('row', parts=parts, labels=labels or (None,) * len(parts))


def timestamp(digits: int) -> Type:
    """Return the type of timestamps without a zone."""
    return Type('timestamp', (digits,))


def zoned(digits: int) -> Type:
    """Return the type of timestamps with a zone."""
    return Type(WITH_TIME_ZONE, (digits,))


def catalog_type(kind: CatalogType) -> Type:
    """Return the type that Athena gives to a column of the catalog."""
    if isinstance(kind, Array):
        return array(catalog_type(kind.element))
    if isinstance(kind, Map):
        return map_type(catalog_type(kind.key), catalog_type(kind.value))
    if isinstance(kind, Struct):
        return row(tuple(catalog_type(part) for _, part in kind.members), tuple(name for name, _ in kind.members))
    assert isinstance(kind, Simple)
    name = CATALOG_NAMES.get(kind.name, kind.name)
    if name == 'decimal':
        return Type(name, kind.arguments)
    if name == 'timestamp':
        return timestamp(3)
    if name not in DUCKDB_NAMES:
        raise QueryError(f"Columns of type '{kind.name}' cannot be queried on the laptop. Change the type of the "
                         f"column.")
    return Type(name)


def common_type(first: Type, second: Type) -> Type | None:
    """Return the type that values of both take in a comparison, a CASE or a UNION; None when there is none."""
    if first == second or second == UNKNOWN:
        return first
    if first == UNKNOWN:
        return second
    names = {first.name, second.name}
    if names <= set(NUMBERS):
        return _common_number(first, second)
    if first.name == second.name and first.parts:
        return _common_nested(first, second)
    if first.name == second.name and first.name in ('time', 'timestamp', WITH_TIME_ZONE):
        return Type(first.name, (max(first.arguments[0], second.arguments[0]),))
    if names == {'varchar'}:
        lengths = [kind.arguments[0] for kind in (first, second) if kind.arguments]
        return Type('varchar', (max(lengths),)) if len(lengths) == 2 else VARCHAR
    if names == {'char'}:
        return Type('char', (max(first.arguments[0], second.arguments[0]),))
    if names == {'date', 'timestamp'} or names == {'date', WITH_TIME_ZONE}:
        return first if second.name == 'date' else second
    if names == {'timestamp', WITH_TIME_ZONE}:
        return zoned(max(first.arguments[0], second.arguments[0]))
    return None


def converts(source: Type, target: Type) -> bool:
    """Tell whether Athena converts the source to the target where an expression needs the target."""
    if target.name == source.name == 'varchar':
        return True
    return common_type(source, target) == target


def as_decimal(kind: Type) -> Type:
    """Return the decimal type that holds every value of an integer type, or the decimal type itself."""
    return kind if kind.name == 'decimal' else Type('decimal', (DIGITS_OF_INTEGER[kind.name], 0))


def _common_number(first: Type, second: Type) -> Type:
    low, high = sorted((first, second), key=lambda kind: NUMBERS.index(kind.name))
    if high.name in ('real', 'double') or high.name in INTEGERS:
        return high
    (precision, scale), (other_precision, other_scale) = as_decimal(low).arguments, as_decimal(high).arguments
    digits = max(precision - scale, other_precision - other_scale) + max(scale, other_scale)
    return Type('decimal', (min(MOST_DIGITS, digits), max(scale, other_scale)))


def _common_nested(first: Type, second: Type) -> Type | None:
    if len(first.parts) != len(second.parts):
        return None
    parts = []
    for one, other in zip(first.parts, second.parts, strict=True):
        part = common_type(one, other)
        if part is None:
            return None
        parts.append(part)
    labels = tuple(one if one == other else None for one, other in zip(first.labels, second.labels, strict=True))
    return Type(first.name, parts=tuple(parts), labels=labels)
