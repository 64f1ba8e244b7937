"""Draws entries of a transform specification, each one right for the columns that the entries before it leave."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from pyspark.sql.types import ArrayType, DataType, DateType, NumericType, StringType, StructType, TimestampType

from lake_etl.spark.helper_names import visible_names

# No entry writes the key, by which rows are told apart and sorted.
KEY = 'id'
# Columns to write beside those that are there; some differ from these, and from each other, in case alone.
NEW = ('new', 'New2', 'NEW', 'B', 'D E', 'N', 'p', 'X.y', 'S')
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Columns:
    """The columns beside the key that an entry may use, by what they can stand for.

    any        those of a single value
    amounts    numbers and texts; days, lists and groups likewise: dates, arrays, structs, and texts
    openable   structs whose members have names that no column has
    latest     those that the entry before has written or read, which are drawn more often than others
    """

    texts: tuple[str, ...]
    any: tuple[str, ...]
    amounts: tuple[str, ...]
    days: tuple[str, ...]
    lists: tuple[str, ...]
    groups: tuple[str, ...]
    openable: tuple[str, ...]
    latest: frozenset[str]

    @classmethod
    def of(cls, schema: StructType, latest: frozenset[str]) -> Columns:
        """Sort the columns of a frame."""
        names = [name for name in visible_names(schema) if name != KEY]
        taken = {name.lower() for name in visible_names(schema)}

        def having(*types: type[DataType]) -> tuple[str, ...]:
            return tuple(name for name in names if isinstance(schema[name].dataType, types))
        texts, structs = having(StringType), having(StructType)
        openable = tuple(name for name in structs
                         if not {member.lower() for member in schema[name].dataType.fieldNames()} & taken)
        single = having(StringType, NumericType, DateType, TimestampType)
        return cls(texts, single, having(StringType, NumericType), having(StringType, DateType, TimestampType),
                   having(StringType, ArrayType), texts + structs, openable, latest)

    def among(self, names: Sequence[str]) -> list[str]:
        """Return the names, the latest several times."""
        return [name for name in names for _ in range(6 if name.lower() in self.latest else 1)]


def read(draw: Draw, columns: Columns, names: Sequence[str]) -> str:
    """Draw a column that is there, in this or that case."""
    name: str = draw(st.sampled_from(columns.among(names)))
    return draw(st.sampled_from([name, name, name.upper(), name.lower()]))


def written(draw: Draw, columns: Columns) -> str:
    """Draw a column to write: a new one, or one that is there."""
    return read(draw, columns, NEW + columns.any + columns.groups)


def one(draw: Draw, columns: Columns, sources: Sequence[str]) -> dict[str, Any]:
    """Draw `field` and `source`, or the field alone where the column is read and written."""
    source = read(draw, columns, sources)
    return {'field': source} if draw(st.booleans()) else {'field': written(draw, columns), 'source': source}


def two(draw: Draw, columns: Columns, names: Sequence[str], key: str) -> dict[str, Any]:
    """Draw `field` and a list of two columns to read, which may be the same."""
    return {'field': written(draw, columns), key: [read(draw, columns, names), read(draw, columns, names)]}


def ordered(draw: Draw, columns: Columns, names: Sequence[str]) -> dict[str, Any]:
    """Draw a column to fill, within another one's values and in the order of the key."""
    return {'field': read(draw, columns, names), 'partition': read(draw, columns, columns.any), 'sort': [KEY]}


def chosen(draw: Draw, *values: Any) -> Any:
    """Draw one of the values."""
    return draw(st.sampled_from(values))


# For each transform the columns that it needs and how an entry is drawn, as a list or an object of entries has it.
ENTRIES: dict[str, tuple[str, Callable[[Draw, Columns], Any]]] = {
    'currency': ('amounts', lambda draw, c: one(draw, c, c.amounts) | {'euro': draw(st.booleans())}),
    'changetype': ('texts', lambda draw, c: {
        read(draw, c, c.texts): chosen(draw, 'int', 'date', 'decimal(8,2)', 'json', {'type': 'double'})}),
    'date': ('texts', lambda draw, c: one(draw, c, c.texts) | {'format': chosen(draw, 'yyyy-MM-dd', 'd.M.yy')}),
    'timestamp': ('texts', lambda draw, c: one(draw, c, c.texts) | {'format': 'yyyy-MM-dd[ HH:mm]'}),
    'implieddecimal': ('amounts', lambda draw, c: one(draw, c, c.amounts) | {'format': '8,2'}),
    'titlecase': ('texts', lambda draw, c: read(draw, c, c.texts)),
    'columnfromcolumn': ('any', lambda draw, c: one(draw, c, c.any) | {'pattern': '([0-9]+)'}),
    'columnreplace': ('any', lambda draw, c: one(draw, c, c.any) | {'pattern': '[01]', 'replacement': 'x'}),
    'combinecolumns': ('any', lambda draw, c: two(draw, c, c.any, 'source_columns') | {
        'format': chosen(draw, '{}/{}', '{1}-{0}')}),
    'literal': ('any', lambda draw, c: {
        written(draw, c): chosen(draw, '7', None, 2, {'p': 1, 'q': ['2024-01-31']}, '{"a": "x"}')}),
    'filename': ('any', lambda draw, c: {'field': written(draw, c), 'pattern': '([0-9]+)', 'required': False}),
    'hash': ('any', lambda draw, c: read(draw, c, c.any)),
    'redact': ('any', lambda draw, c: {read(draw, c, c.any): chosen(draw, 'none', 0, None)}),
    'flipsign': ('amounts', lambda draw, c: one(draw, c, c.amounts)),
    'addcolumns': ('amounts', lambda draw, c: two(draw, c, c.amounts, 'source_columns')),
    'enddate': ('texts', lambda draw, c: {
        'field': written(draw, c), 'start_date': read(draw, c, c.days), 'num_months': read(draw, c, c.amounts)}),
    'policymonths': ('days', lambda draw, c: {
        'field': written(draw, c), 'policy_effective_date': read(draw, c, c.days),
        'policy_expiration_date': read(draw, c, c.days), 'normalized': draw(st.booleans())}),
    'merge': ('any', lambda draw, c: two(draw, c, c.any, 'source_list') | {'default': chosen(draw, None, '0', 5)}),
    'lookup': ('any', lambda draw, c: one(draw, c, c.any) | {'lookup': 'Code', 'nomatch': chosen(draw, None, '?')}),
    'jsonstructured': ('texts', lambda draw, c: read(draw, c, c.texts)),
    'jsonexpandarray': ('lists', lambda draw, c: {
        'field': 'new', 'source': read(draw, c, c.lists), 'index_field': chosen(draw, 'n', 'New2')}),
    'jsonexpandmap': ('groups', lambda draw, c: {
        'field': 'B', 'source': read(draw, c, c.groups), 'index_field': 'New2', 'key_field': 'new'}),
    'flatten': ('openable', lambda draw, c: {'field': read(draw, c, c.openable), 'keep_field': draw(st.booleans())}),
    'filterrows': ('any', lambda draw, c: {'condition': chosen(
        draw, f'{KEY} <> 2', f'`{read(draw, c, c.any)}` IS NOT NULL OR {KEY} = 1')}),
    'rownumber': ('any', lambda draw, c: ordered(draw, c, NEW + c.any)),
    'filldown': ('any', lambda draw, c: ordered(draw, c, c.any)),
}
# Behind these a key may stand in several rows, which no order then tells apart.
REPEATING = ('jsonexpandarray', 'jsonexpandmap')
NEEDING_AN_ORDER = ('rownumber', 'filldown')
FRAME_TRANSFORMS = (*REPEATING, *NEEDING_AN_ORDER, 'lookup', 'jsonstructured', 'flatten', 'filterrows')
AS_OBJECT = ('changetype', 'literal', 'redact')


def drawn_entry(draw: Draw, schema: StructType, repeated: bool, latest: frozenset[str]) -> tuple[str, Any]:
    """Draw a transform and one entry for it, which may rely on the columns of the schema.

    repeated  whether a key may stand in several rows already; then rows are repeated no further
    latest    columns in lower case that the entry before has written or read
    """
    columns = Columns.of(schema, latest)
    left_out = (*NEEDING_AN_ORDER, *REPEATING) if repeated else ()
    possible = [name for name, (needed, _) in ENTRIES.items() if getattr(columns, needed) and name not in left_out]
    # Transforms of whole frames end a batch, so that there would be little to fuse with many of them.
    fusible = [name for name in possible if name not in FRAME_TRANSFORMS]
    transform = chosen(draw, *possible, *fusible * 3)
    return transform, ENTRIES[transform][1](draw, columns)


def specification(entries: Sequence[tuple[str, Any]], apart: Sequence[bool]) -> dict[str, Any]:
    """Return the entries as a specification; neighbours of one transform share a key unless they are held apart."""
    spec: dict[str, Any] = {}
    last, key = '', ''
    for index, (transform, entry) in enumerate(entries):
        joined = transform == last and not apart[index] and not (
            isinstance(spec[key], dict) and set(spec[key]) & set(entry))
        if not joined:
            key = f'{transform}:{index}'
            spec[key] = dict(entry) if transform in AS_OBJECT else [entry]
        elif transform in AS_OBJECT:
            spec[key] |= entry
        else:
            spec[key].append(entry)
        last = transform
    return spec
