"""Decides whether a load may change the columns of a table."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from lake_etl.errors import SchemaChangeError
from lake_etl.ports import Column, Table

SETTINGS = ('permissive', 'evolve', 'reorder', 'strict')
INTEGERS = ('byte', 'tinyint', 'smallint', 'int', 'bigint')
DECIMAL = re.compile(r'decimal\((\d+),(\d+)\)')
OTHER_WIDENINGS = {('float', 'double'), ('date', 'timestamp'), ('integer', 'bigint')}
Shape = list[tuple[str, str]]


def change_is_allowed(existing: Sequence[Column], new: Sequence[Column], setting: str) -> bool:
    """Tell whether `new` columns may replace the `existing` ones under an `allow_schema_change` setting.

    Names and types compare without case. Raises SchemaChangeError for an unknown setting.
    """
    if setting not in SETTINGS:
        raise SchemaChangeError(f"allow_schema_change is '{setting}', expected one of {', '.join(SETTINGS)}.")
    before, after = _shape(existing), _shape(new)
    if setting == 'permissive':
        return True
    if setting == 'strict':
        return before == after
    if setting == 'reorder':
        return sorted(before) == sorted(after)
    return _evolves(before, after)


def evolved_columns(existing: Sequence[Column], new: Sequence[Column], setting: str,
                    keep_missing: bool = False) -> tuple[Column, ...]:
    """Return the table's columns after an allowed change: existing ones keep place and comment, new ones follow.

    Under `permissive` the load decides: columns that it lacks disappear, unless `keep_missing`.
    """
    by_name = {column.name.lower(): column for column in new}
    comments = {column.name.lower(): column.comment for column in existing}
    if setting == 'permissive':
        ordered = list(new)
        if keep_missing:
            ordered += [column for column in existing if column.name.lower() not in by_name]
    else:
        kept = [by_name.pop(column.name.lower()) for column in existing]
        ordered = kept + list(by_name.values())
    return tuple(Column(item.name, item.type, item.comment or comments.get(item.name.lower(), '')) for item in ordered)


def published_keys(table: Table | None, keys: Sequence[Column]) -> tuple[Column, ...]:
    """Return the partition keys of a table if they are these keys as whole numbers, else the keys as given.

    Tables that other programs have made may have numbers as keys; their loads continue with them.
    """
    published = table.partition_keys if table else ()
    same_names = [key.name.lower() for key in published] == [key.name.lower() for key in keys]
    return published if same_names and any(has_numbers(key) for key in published) else tuple(keys)


def has_numbers(key: Column) -> bool:
    """Tell whether the values of a partition key are whole numbers."""
    return key.type.lower() in (*INTEGERS, 'integer')


def same_partition(values: Sequence[str], others: Sequence[str], keys: Sequence[Column]) -> bool:
    """Tell whether values name one partition; numbers compare without leading zeros."""
    return len(values) == len(others) and all(
        one == other or (has_numbers(key) and one.isdecimal() and other.isdecimal() and int(one) == int(other))
        for one, other, key in zip(values, others, keys, strict=True))


def require_allowed_change(table: Table | None, new: Sequence[Column], keys: Sequence[Column], setting: str) -> None:
    """Raise SchemaChangeError, with both schemas and the differing columns, unless the change is allowed."""
    if table is None:
        return
    name = f'{table.database}.{table.name}'
    if _shape(table.partition_keys) != _shape(keys):
        raise SchemaChangeError(
            f'Table {name} is partitioned by {_text(table.partition_keys)}, the load by {_text(keys)}. Partition keys '
            'may never change; drop the table or load into another one. Nothing was replaced.')
    if not change_is_allowed(table.columns, new, setting):
        raise SchemaChangeError(
            f"The columns of this load differ from table {name} and allow_schema_change is '{setting}'. "
            f'{differences(table.columns, new)}. Nothing was replaced. Correct the file or its mapping, or set '
            f'allow_schema_change in the input_spec.\n  published: {_text(table.columns)}\n  this load: {_text(new)}')


def column_changes(table: Table | None, names: Sequence[str]) -> str | None:
    """Return in a sentence which columns a load adds to a table and which it lacks; None when it does neither.

    names  columns of the load without the partition keys
    """
    before, after = {column.name for column in table.columns} if table else set(), {name.lower() for name in names}
    added, missing = sorted(after - before), sorted(before - after)
    if table is None or not (added or missing):
        return None
    parts = [f'{what}: {", ".join(columns)}' for what, columns in (('new', added), ('not in this load', missing))
             if columns]
    return f'Columns of {table.database}.{table.name} that differ from the loads before: {"; ".join(parts)}.'


def differences(existing: Sequence[Column], new: Sequence[Column]) -> str:
    """Return the difference of two lists of columns in words."""
    before, after = dict(_shape(existing)), dict(_shape(new))
    parts = []
    if missing := [name for name in before if name not in after]:
        parts.append(f'missing: {", ".join(missing)}')
    if added := [name for name in after if name not in before]:
        parts.append(f'new: {", ".join(added)}')
    parts += [f'{name}: {before[name]} became {after[name]}' for name in before
              if name in after and before[name] != after[name]]
    if twice := [name for name, count in Counter(name for name, _ in _shape(new)).items() if count > 1]:
        parts.append(f'duplicated: {", ".join(twice)}')
    return '; '.join(parts) or 'The order differs'


def widens(before: str, after: str) -> bool:
    """Tell whether every value of a type also is a value of another one, in the jumps that `evolve` admits."""
    before, after = before.lower(), after.lower()
    if (before, after) in OTHER_WIDENINGS:
        return True
    if before == 'string':
        return after in INTEGERS
    if before in INTEGERS and after in INTEGERS:
        return INTEGERS.index(before) < INTEGERS.index(after)
    old, new = DECIMAL.fullmatch(before), DECIMAL.fullmatch(after)
    if not (old and new):
        return False
    scale_grows = int(new[2]) >= int(old[2])
    return scale_grows and int(new[1]) - int(new[2]) >= int(old[1]) - int(old[2])


def _evolves(before: Shape, after: Shape) -> bool:
    types = dict(after)
    if len(types) != len(after):
        return False
    return all(name in types and (types[name] == kind or widens(kind, types[name])) for name, kind in before)


def _shape(columns: Sequence[Column]) -> Shape:
    return [(column.name.lower(), column.type.lower()) for column in columns]


def _text(columns: Sequence[Column]) -> str:
    return ', '.join(f'{column.name} {column.type}' for column in columns)
