"""Writes a DuckDB database whose views read the published tables, for notebooks and other programs."""
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lake_etl.adapters.local.athena.translation import MACROS
from lake_etl.adapters.local.athena_sql import TranslatedQuery, translate_view
from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.duckdb_engine import create_tables, view_name
from lake_etl.adapters.local.locked_folders import locked_folder
from lake_etl.adapters.local.snapshot import Name, PublishedTable, dependencies, read_names, with_partitions

# A macro by which a database that the lake wrote is known.
MARK = 'written_by_the_lake'


@dataclass(frozen=True)
class WrittenDatabase:
    """What a database holds.

    tables    number of published tables
    views     number of views
    left_out  views that need functions of this program, as `database.view`
    """

    tables: int
    views: int
    left_out: tuple[str, ...]


def write_database(catalog_address: str, file: Path) -> WrittenDatabase:
    """Write a database with a view of the files that each table consists of now, and with the lake's own views.

    The file appears, or is replaced, when all views are written; a program that has it open keeps the old one.
    """
    with reading(catalog_address) as connection:
        names = read_names(connection)
        tables, views = dependencies(names, (*names.tables, *names.views))
        published = with_partitions(connection, tables)
        queries = [((view.database, view.name), translate_view(view, names)) for view in views]
    with locked_folder(file.parent, hidden=True) as folder:
        unfinished = folder / 'database'
        with duckdb.connect(str(unfinished)) as database:
            left_out = _fill(database, published, queries)
        os.replace(unfinished, file)
    return WrittenDatabase(len(published), len(queries) - len(left_out), tuple(map('.'.join, left_out)))


def is_written_by_lake(file: Path) -> bool:
    """Tell whether a file is a database of `write_database` to which nobody has added a table."""
    try:
        with duckdb.connect(str(file), read_only=True) as database:
            marks = database.execute(
                f"SELECT count(*) FROM duckdb_functions() WHERE function_name = '{MARK}'").fetchone()
            tables = database.execute('SELECT count(*) FROM duckdb_tables()').fetchone()
    except duckdb.Error:
        return False
    return bool(marks and marks[0]) and tables == (0,)


def _fill(database: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable],
          views: Sequence[tuple[Name, TranslatedQuery]]) -> list[Name]:
    """Create all views; return those that cannot be, because they need a function or a view that is not there."""
    for macro in (*MACROS, f'CREATE MACRO {MARK}() AS true'):
        database.execute(macro)
    create_tables(database, tables, (name for name, _ in views))
    left_out = []
    for name, translated in views:
        try:
            database.execute(f'CREATE VIEW {view_name(*name)} AS {translated.sql}')
        except duckdb.CatalogException:
            left_out.append(name)
    return left_out
