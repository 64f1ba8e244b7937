"""Runs queries on published tables in DuckDB, in memory and read-only."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

import duckdb

from lake_etl.adapters.local.athena.python_functions import PythonFunctions, register
from lake_etl.adapters.local.athena.translation import MACROS
from lake_etl.adapters.local.athena_sql import Translated
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.adapters.local.duckdb_views import table_view, view_name
from lake_etl.adapters.local.snapshot import Name, PublishedTable
from lake_etl.errors import QueryError

SETTINGS = (
    'SET autoinstall_known_extensions = false',
    'SET autoload_known_extensions = false',
    'SET python_enable_replacements = false',   # an unknown table must not be taken for a variable of this program
    "SET TimeZone = 'UTC'",
)
# These come up before a row is read, so the names in their texts are those of the query and of tables.
ERRORS_OF_QUERY = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.SyntaxException,
                   duckdb.NotImplementedException)
NAME = re.compile(r'"([A-Za-z_][\w.$ -]*)"|\bname ([A-Za-z_]\w*) does not exist')


@contextmanager
def engine(tables: Iterable[PublishedTable], views: Iterable[tuple[Name, Translated]],
           functions: PythonFunctions) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that knows these tables, views and functions; every error of DuckDB becomes a QueryError."""
    tables, views = tuple(tables), tuple(views)
    used = (functions, *(translated.functions for _, translated in views))
    try:
        with duckdb.connect() as connection:
            for setting in SETTINGS:
                connection.execute(setting)
            for macro in MACROS:
                connection.execute(macro)
            register(connection, {item.name: item for each in used for item in each.all()}.values())
            for database in sorted({*(item.table.database for item in tables), *(name[0] for name, _ in views)}):
                connection.execute(f'CREATE SCHEMA IF NOT EXISTS {identifier(database)}')
            for item in tables:
                connection.execute(table_view(item))
            for name, translated in views:
                connection.execute(f'CREATE VIEW {view_name(*name)} AS {translated.sql}')
            yield connection
    except duckdb.Error as error:
        _check_refusals(used)
        raise QueryError(f'The query failed: {_reason(error)}') from error
    _check_refusals(used)


def _check_refusals(used: Iterable[PythonFunctions]) -> None:
    reasons = dict.fromkeys(chain.from_iterable(functions.refusals for functions in used))
    if reasons:
        raise QueryError(f'The laptop cannot answer the query as Athena does: {"; ".join(reasons)}. Write it in '
                         f'another '
                         'way, or run it on Athena.')


def _reason(error: duckdb.Error) -> str:
    if isinstance(error, ERRORS_OF_QUERY):
        names = dict.fromkeys(chain.from_iterable(NAME.findall(str(error).partition('\nLINE ')[0])))
        named = ', '.join(filter(None, names))
        return f'{type(error).__name__}{f" about {named}" if named else ""}. Correct the query.'
    if isinstance(error, duckdb.IOException):
        return 'a file could not be read. Run the query again; if that does not help, load the table again.'
    return (f'{type(error).__name__} while rows were computed. A value probably does not have the form that a '
            'conversion expects; try_cast gives null instead.')
