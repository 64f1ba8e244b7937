"""Runs queries on published tables in DuckDB, in memory and read-only."""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlparse

import duckdb

from lake_etl.adapters.local.athena.python_functions import PythonFunctions, register
from lake_etl.adapters.local.athena.translation import MACROS
from lake_etl.adapters.local.athena_sql import TranslatedQuery
from lake_etl.adapters.local.catalog_types import CatalogType, parse_type
from lake_etl.adapters.local.duckdb_types import conversion, duckdb_type, identifier, text_literal
from lake_etl.adapters.local.iceberg_tables import iceberg_files, is_iceberg
from lake_etl.adapters.local.snapshot import Name, PublishedTable
from lake_etl.errors import QueryError
from lake_etl.ports import Partition, Table

SETTINGS = (
    'SET GLOBAL autoinstall_known_extensions = false',
    'SET GLOBAL autoload_known_extensions = false',
    'SET GLOBAL enable_external_file_cache = false',   # the next query reads files as they are then
    'SET GLOBAL python_enable_replacements = false',   # an unknown table must not become a variable of this program
    "SET GLOBAL TimeZone = 'UTC'",
)
# These are raised before a row is read, so their texts contain only names of the query and of tables.
ERRORS_OF_QUERY = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.SyntaxException,
                   duckdb.NotImplementedException)
ODD_VALUE = 'A value probably does not have the form that a conversion expects; try_cast gives null instead.'
NAME = re.compile(r'"([A-Za-z_][\w.$ -]*)"|\bname ([A-Za-z_]\w*) does not exist')
FILE = 'file of this row'   # unlikely as a name of the table's own columns
GLOB_SIGNS = str.maketrans({sign: f'[{sign}]' for sign in '*?['})
Types = tuple[CatalogType, ...]
_idle: list[duckdb.DuckDBPyConnection] = []   # started instances of DuckDB that run no query


@contextmanager
def engine(tables: Iterable[PublishedTable], views: Iterable[tuple[Name, TranslatedQuery]],
           functions: PythonFunctions) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection with these tables, views and functions; errors of DuckDB inside become a QueryError.

    views  each view after the views that it reads
    """
    tables, views = tuple(tables), tuple(views)
    used = (functions, *(translated.functions for _, translated in views))
    try:
        with _transaction() as connection:
            register(connection, {item.name: item for each in used for item in each.all()}.values())
            create_tables(connection, tables, (name for name, _ in views))
            for name, translated in views:
                connection.execute(f'CREATE VIEW {view_name(*name)} AS {translated.sql}')
            yield connection
    except duckdb.Error as error:
        _check_refusals(used)
        raise QueryError(f'The query failed: {_reason(error)}') from error
    _check_refusals(used)


def create_tables(connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable],
                  views: Iterable[Name]) -> None:
    """Create the views of published tables, and the schemas of these tables and of further views."""
    for database in sorted({*(item.table.database for item in tables), *(name[0] for name in views)}):
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS {identifier(database)}')
    for item in tables:
        connection.execute(table_view(item))


@contextmanager
def _transaction() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection whose schemas, views and functions are removed at the end, because its transaction rolls back.

    An instance of DuckDB takes much longer to start than a short query to run, so the next query of this process uses
    it again, unless an error has broken it. Each instance runs one query at a time.
    """
    try:
        instance = _idle.pop()
    except IndexError:
        instance = _start()
    usable = False
    try:
        with instance.cursor() as connection:
            connection.begin()
            try:
                yield connection
            finally:
                connection.rollback()
                usable = True
    finally:
        if usable:
            _idle.append(instance)
        else:
            instance.close()


def _start() -> duckdb.DuckDBPyConnection:
    instance = duckdb.connect()
    for statement in (*SETTINGS, *MACROS):
        instance.execute(statement)
    return instance


def _close_idle() -> None:
    while _idle:
        _idle.pop().close()


os.register_at_fork(before=_close_idle)   # a child process has no threads of the instance, and would wait for them


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
        return 'a file could not be read. Run the query again. If it fails again, reload the table.'
    return f'{type(error).__name__} while rows were computed. {ODD_VALUE}'


def table_view(published: PublishedTable) -> str:
    """Return the statement that creates the view of a table; raises QueryError if a partition's folder is missing.

    Columns missing in a file are null, columns of another type are converted, and partition keys are text.
    """
    table = published.table
    files = iceberg_files(table) if is_iceberg(table) else published.files
    if files is not None:
        return f'CREATE VIEW {view_name(table.database, table.name)} AS {_files_select(table, files)}'
    selects = [_version_select(table, types, partitions) for types, partitions in _versions(published).items()]
    return f'CREATE VIEW {view_name(table.database, table.name)} AS {" UNION ALL ".join(selects)}'


def view_name(database: str, name: str) -> str:
    """Return the full name of a view or table in double quotes."""
    return f'{identifier(database)}.{identifier(name)}'


def _versions(published: PublishedTable) -> dict[Types, list[Partition]]:
    """Group the partitions by the types that the table's columns have in their files."""
    wanted = [(column.name, parse_type(column.type)) for column in published.table.columns]
    versions: dict[Types, list[Partition]] = {}
    for partition in published.partitions:
        found = {column.name: column.type for column in partition.columns}
        types = tuple(parse_type(found[name]) if name in found else kind for name, kind in wanted)
        versions.setdefault(types, []).append(partition)
    return versions or {tuple(kind for _, kind in wanted): []}


def _files_select(table: Table, files: Sequence[str]) -> str:
    """Return the query of the files of a table, which may lack its newer columns."""
    pairs = [(identifier(column.name), parse_type(column.type)) for column in table.columns]
    frame = f'SELECT {", ".join(f"CAST(NULL AS {duckdb_type(kind)}) AS {name}" for name, kind in pairs)} WHERE false'
    if files:
        listed = ', '.join(text_literal(path.translate(GLOB_SIGNS)) for path in files)
        frame = (f'SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false) '
                 f'UNION ALL BY NAME {frame}')
    return f'SELECT {", ".join(name for name, _ in pairs)} FROM ({frame})'


def _version_select(table: Table, types: Types, partitions: Sequence[Partition]) -> str:
    """Return the query of partitions whose files have the same types.

    The names of the files lead to the partition values, because a partition's folder may have any name. A select of
    typed nulls without rows gives the columns that no file has.
    """
    files = [(path, partition) for partition in partitions for path in _data_files(table, partition)]
    pairs = list(zip(table.columns, types, strict=True))
    missing = ', '.join(f'CAST(NULL AS {duckdb_type(kind)}) AS {identifier(column.name)}' for column, kind in pairs)
    frame = f'SELECT {missing}, CAST(NULL AS VARCHAR) AS {identifier(FILE)} WHERE false'
    if files:
        listed = ', '.join(text_literal(path.translate(GLOB_SIGNS)) for path, _ in files)
        frame = (f'SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false, '
                 f'filename = {text_literal(FILE)}) UNION ALL BY NAME {frame}')
    columns = [f'{conversion(f"f.{identifier(column.name)}", kind, parse_type(column.type))} AS '
               f'{identifier(column.name)}' for column, kind in pairs]
    keys = [identifier(key.name) for key in table.partition_keys]
    return (f'SELECT {", ".join([*columns, *(f"p.{key}" for key in keys)])} FROM ({frame}) AS f '
            f'JOIN ({_file_values(files, len(keys))}) AS p({", ".join([identifier(FILE), *keys])}) '
            f'ON f.{identifier(FILE)} = p.{identifier(FILE)}')


def _file_values(files: Iterable[tuple[str, Partition]], keys: int) -> str:
    rows = [f'({", ".join(map(text_literal, (path, *partition.values)))})' for path, partition in files]
    if rows:
        return f'VALUES {", ".join(rows)}'
    return f'SELECT {", ".join(["CAST(NULL AS VARCHAR)"] * (keys + 1))} WHERE false'


def _data_files(table: Table, partition: Partition) -> list[str]:
    """Return the paths of the Parquet files that lie directly in a partition's folder, in order."""
    folder = Path(_path(partition.location))
    try:
        return sorted(str(path) for path in folder.iterdir()
                      if path.name.endswith('.parquet') and not path.name.startswith(('_', '.')))
    except OSError as error:
        raise QueryError(f'Partition {"/".join(partition.values)} of {table.database}.{table.name} lies in {folder}, '
                         f'which cannot be read ({error.strerror}). Load the partition again.') from error


def _path(location: str) -> str:
    return unquote(urlparse(location).path) if location.startswith('file:') else location
