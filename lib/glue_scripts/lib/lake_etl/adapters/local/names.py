"""Finds the tables and views of the laptop's catalog that a query names."""
from __future__ import annotations

import difflib
from collections.abc import Iterable

from lake_etl.adapters.local.catalog_rows import View
from lake_etl.adapters.local.snapshot import Name, Names
from lake_etl.errors import QueryError
from lake_etl.ports import Table

NEAREST = 5


def resolved(names: Names, name: str, database: str | None) -> Name:
    """Return the table or view that is meant, in lower case.

    Without a database the name must exist in just one. Raises QueryError that lists the nearest names.
    """
    everything = {*names.tables, *names.views}
    if database is not None:
        if (database.lower(), name.lower()) in everything:
            return database.lower(), name.lower()
        raise _unknown(f'{database}.{name}', everything)
    found = sorted(known for known in everything if known[1] == name.lower())
    if len(found) > 1:
        raise QueryError(f"Table '{name}' exists in {len(found)} databases: {_listed(found)}. Write the one you mean "
                         'with its database.')
    if not found:
        raise _unknown(name, everything)
    return found[0]


def behind(names: Names, wanted: Iterable[Name]) -> tuple[tuple[Table, ...], tuple[View, ...]]:
    """Return the tables and views that the wanted ones need, and these themselves; a view follows all that it reads.

    Raises QueryError when a view reads a table that is gone.
    """
    tables: dict[Name, Table] = {}
    views: dict[Name, View] = {}
    for name in wanted:
        _collect(names, name, tables, views)
    return tuple(tables.values()), tuple(views.values())


def _collect(names: Names, name: Name, tables: dict[Name, Table], views: dict[Name, View]) -> None:
    if name in names.tables:
        tables[name] = names.tables[name]
        return
    view = names.views[name]
    for read in view.reads:
        if read not in names.tables and read not in names.views:
            raise QueryError(f'View {".".join(name)} reads {".".join(read)}, which does not exist any more. Load that '
                             'table again, or create the view anew.')
        _collect(names, read, tables, views)
    views[name] = view


def _unknown(name: str, everything: set[Name]) -> QueryError:
    known = sorted('.'.join(item) for item in everything)
    nearest = difflib.get_close_matches(name.lower(), known, NEAREST, 0.5)
    same_table = [item for item in known if item.partition('.')[2] == name.rpartition('.')[2].lower()]
    suggestions = list(dict.fromkeys([*same_table, *nearest]))[:NEAREST]
    if suggestions:
        hint = f'Did you mean {" or ".join(suggestions)}?'
    elif known:
        hint = f'The catalog holds {len(known)} tables and views, such as {", ".join(known[:NEAREST])}.'
    else:
        hint = 'The catalog is empty; load a file first.'
    return QueryError(f"There is no table or view '{name}' in the catalog. {hint}")


def _listed(names: Iterable[Name]) -> str:
    return ', '.join('.'.join(name) for name in names)
