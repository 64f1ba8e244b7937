"""Writes a DuckDB database whose views read the published tables, for notebooks and other programs."""
from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lake_etl.adapters.local.athena.translation import MACROS
from lake_etl.adapters.local.athena_sql import TranslatedQuery, translate_view
from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import View
from lake_etl.adapters.local.duckdb_engine import create_tables, view_name
from lake_etl.adapters.local.file_replacement import CAUSES, not_written, replacing
from lake_etl.adapters.local.snapshot import Name, Names, PublishedTable, dependencies, read_names, with_partitions
from lake_etl.errors import LakeError, QueryError

# A macro by which a database that the lake wrote is known.
MARK = 'written_by_the_lake'


@dataclass(frozen=True)
class WrittenDatabase:
    """What a database holds.

    tables    number of published tables
    views     number of views
    left_out  views that need functions of this program or columns that are gone, as `database.view`
    """

    tables: int
    views: int
    left_out: tuple[str, ...]


def write_database(catalog_address: str, file: Path,
                   through: Callable[[Sequence[PublishedTable]], Iterable[PublishedTable]] = iter) -> WrittenDatabase:
    """Write a database with a view of the files that each table consists of now, and with the lake's own views.

    The file appears, or is replaced, when all views are written; a program that has it open keeps the old one.

    through  yields the tables that it is given, and may count them
    """
    with reading(catalog_address) as connection:
        names = read_names(connection)
        tables, views = dependencies(names, (*names.tables, *names.views))
        published = with_partitions(connection, tables)
        queries = {(view.database, view.name): _translated(view, names) for view in views}
    with replacing(file) as unfinished, _failures_named(file, unfinished):
        with duckdb.connect(str(unfinished)) as database:
            made = _fill(database, through(published), [(name, found) for name, found in queries.items() if found])
            # When a connection is closed, DuckDB writes what is left to write, and tells nobody if it cannot.
            database.execute('CHECKPOINT')
    return WrittenDatabase(len(published), len(made), tuple('.'.join(name) for name in queries if name not in made))


def is_written_by_lake(file: Path) -> bool:
    """Tell whether a file is a database of `write_database` to which nobody has added a table.

    Raises LakeError if it cannot be read, or if another program may be changing it.
    """
    _require_free(file)
    try:
        with duckdb.connect(str(file), read_only=True) as database:
            marks = database.execute(
                f"SELECT count(*) FROM duckdb_functions() WHERE function_name = '{MARK}'").fetchone()
            tables = database.execute('SELECT count(*) FROM duckdb_tables()').fetchone()
    except duckdb.Error:
        return False
    return bool(marks and marks[0]) and tables == (0,)


def _translated(view: View, names: Names) -> TranslatedQuery | None:
    """Return the query of a view for DuckDB; None if its tables do not fit it any more."""
    try:
        return translate_view(view, names)
    except QueryError:
        return None


def _require_free(file: Path) -> None:
    """Raise LakeError unless the file can be read and no other program has it open for writing."""
    try:
        opened = file.open('rb')
    except OSError as error:
        raise LakeError(f'{file} exists, and it cannot be read: {error.strerror}. Name another file; this one was not '
                        'changed.') from error
    with opened, suppress(OSError):    # Some file systems have no locks.
        try:
            fcntl.lockf(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)    # As DuckDB locks its files.
        except (BlockingIOError, PermissionError):
            raise LakeError(f'{file} is open for writing in another program, so nobody can tell what is in it. Close '
                            'it there, or name another file; this one was not changed.') from None


@contextmanager
def _failures_named(file: Path, unfinished: Path) -> Iterator[None]:
    """Turn an error of DuckDB into a LakeError; its text only tells which error of the system it is."""
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if str(unfinished) in text:
            number = next((number for number in CAUSES if os.strerror(number) in text), None)
            raise LakeError(not_written(file, number)) from error
        raise LakeError(f'{file} was not written, because {type(error).__name__} stopped DuckDB. Free memory and disk '
                        'space, then repeat. Nothing was changed.') from error


def _fill(database: duckdb.DuckDBPyConnection, tables: Iterable[PublishedTable],
          views: Sequence[tuple[Name, TranslatedQuery]]) -> set[Name]:
    """Create views of the tables, and of the views that can be: not without a function, a view or a column.

    Returns these views.
    """
    for macro in (*MACROS, f'CREATE MACRO {MARK}() AS true'):
        database.execute(macro)
    create_tables(database, (), (name for name, _ in views))
    for item in tables:
        try:
            create_tables(database, [item], ())
        except duckdb.Error as error:
            if '.parquet' not in str(error):
                raise
            raise LakeError(f'Nothing was written, because a file of {item.table.database}.{item.table.name} cannot be '
                            'read: it is damaged, or it was removed a moment ago. Load the table again, then repeat.'
                            ) from error
    made = set()
    for name, translated in views:
        with suppress(duckdb.CatalogException, duckdb.BinderException):
            database.execute(f'CREATE VIEW {view_name(*name)} AS {translated.sql}')
            made.add(name)
    return made
