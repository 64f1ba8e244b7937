"""Runs queries and manages views on a laptop: Athena SQL, executed by DuckDB on the published Parquet files."""
from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import duckdb
from sqlglot import exp

from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena_sql import (
    CreateView, DropView, TranslatedQuery, is_query, parse_statement, translate, translate_view)
from lake_etl.adapters.local.catalog_file import catalog_path, reading, writing
from lake_etl.adapters.local.catalog_rows import View, delete_view, write_view
from lake_etl.adapters.local.duckdb_engine import ODD_VALUE, engine
from lake_etl.adapters.local.snapshot import (
    Name, Names, PublishedTable, dependencies, read_names, resolve_name, with_partitions)
from lake_etl.errors import QueryError

LOG = logging.getLogger(__name__)
FETCHED_ROWS = 10_000


@dataclass(frozen=True)
class QueryResult:
    """The answer to a query: names and DuckDB types of the columns, and the rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Answer:
    """A query that is ready to run; it runs again for each call, and its rows are never all in memory."""

    connection: duckdb.DuckDBPyConnection
    sql: str

    def rows(self) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """Return the names of the columns, and the rows as they come."""
        self.connection.execute(self.sql)
        fetched = iter(lambda: self.connection.fetchmany(FETCHED_ROWS), [])
        return self._column_part(0), chain.from_iterable(fetched)

    @contextmanager
    def batches(self, rows: int) -> Iterator[tuple[Any, Iterator[Any]]]:
        """Give the Arrow schema, and batches of up to this number of rows as they come."""
        # A reader that is not at its end would block the connection.
        with self.connection.sql(self.sql).to_arrow_reader(rows) as reader:
            yield reader.schema, self._batches(reader)

    def whole(self) -> QueryResult:
        """Return the whole result."""
        self.connection.execute(self.sql)
        return QueryResult(self._column_part(0), self._column_part(1), self.connection.fetchall())

    @staticmethod
    def _batches(reader: Any) -> Iterator[Any]:
        try:
            yield from reader
        except (OSError, RuntimeError, ValueError):
            # Arrow wraps the errors of DuckDB, whose text may quote a value.
            raise QueryError(f'The query failed while rows were computed. {ODD_VALUE}') from None

    def _column_part(self, part: int) -> tuple[str, ...]:
        return tuple(str(column[part]) for column in self.connection.description or [])


@dataclass(frozen=True)
class Prepared:
    """A query for DuckDB, and a snapshot of the tables and views that it needs."""

    translated: TranslatedQuery
    tables: tuple[PublishedTable, ...]
    views: tuple[View, ...]
    view_queries: tuple[tuple[Name, TranslatedQuery], ...] = ()


class DuckDBQueries:
    """The query engine for the catalog at an address `sqlite:///folder/lake.db`."""

    def __init__(self, catalog_address: str):
        self._address = catalog_address

    def run(self, database: str, statement: str) -> str:
        """Create or drop a view, or check that a SELECT can be run; return an id of the statement.

        Names without a database belong to `database`. A view is stored only after DuckDB has bound it to the current
        tables. Raises QueryError.
        """
        parsed = parse_statement(statement)
        if isinstance(parsed, CreateView):
            self._create_view(parsed, database, statement)
        elif isinstance(parsed, DropView):
            self._drop_view(parsed, database)
        else:
            self._check(parsed, database)
        return f'laptop-{uuid.uuid4()}'

    def _check(self, query: exp.Expr, database: str) -> Prepared:
        """Let DuckDB bind the query, without reading rows."""
        prepared = _prepared(self._address, lambda names: translate(query, names, database, resolve_name))
        with engine(prepared.tables, (), prepared.translated.functions) as connection:
            connection.execute(f'EXPLAIN {prepared.translated.sql}')
        return prepared

    def _create_view(self, create: CreateView, database: str, statement: str) -> None:
        name = _full_name(create, database)
        prepared = self._check(create.query, database)
        if name in {(view.database, view.name) for view in prepared.views}:
            raise QueryError(f'View {".".join(name)} would read itself. Read its source tables, or give the new '
                             'view another name.')
        view = View(database=name[0], name=name[1], statement=statement, translated=prepared.translated.sql,
                    reads=prepared.translated.reads)
        with writing(self._address) as connection:
            _require_free(read_names(connection), name, create.replace)
            write_view(connection, view)
        LOG.info('Created view %s.%s over %d tables and views.', *name, len(view.reads))

    def _drop_view(self, drop: DropView, database: str) -> None:
        name = _full_name(drop, database)
        with writing(self._address) as connection:
            found = name in read_names(connection).views
            delete_view(connection, *name)
        if not found and not drop.if_exists:
            raise QueryError(f'View {".".join(name)} does not exist, so it cannot be dropped. Write DROP VIEW IF '
                             'EXISTS if that is intended.')
        LOG.info('Dropped view %s.%s, which %s.', *name, 'existed' if found else 'did not exist')


def query(catalog_address: str, sql: str) -> QueryResult:
    """Answer a query in Athena's dialect from a snapshot of all published tables.

    Text that does not begin like an Athena query goes to DuckDB unchanged, so that SHOW, DESCRIBE and SUMMARIZE work,
    too. Names match without case; the database may be omitted if the table's name is unique. Raises QueryError.
    """
    with answering(catalog_address, sql) as answer:
        return answer.whole()


@contextmanager
def answering(catalog_address: str, sql: str) -> Iterator[Answer]:
    """Prepare a query as `query` does; errors of DuckDB inside become a QueryError."""
    if not catalog_path(catalog_address).exists():
        raise QueryError(f'There is no lake yet: {catalog_path(catalog_address)} does not exist. Load a file first.')
    if is_query(sql):
        parsed = parse_statement(sql)
        assert isinstance(parsed, exp.Expr)
        prepared = _prepared(catalog_address, lambda names: translate(parsed, names, None, resolve_name))
    else:
        prepared = _prepared_natively(catalog_address, sql)
    with _answering(prepared) as answer:
        yield answer


def native_query(catalog_address: str, sql: str) -> QueryResult:
    """Answer a query in DuckDB's dialect from the same snapshot. Raises QueryError."""
    with _answering(_prepared_natively(catalog_address, sql)) as answer:
        return answer.whole()


@contextmanager
def _answering(prepared: Prepared) -> Iterator[Answer]:
    with engine(prepared.tables, prepared.view_queries, prepared.translated.functions) as connection:
        text = prepared.translated.sql
        _require_read_only(connection, text)
        yield Answer(connection, text)


def _prepared_natively(catalog_address: str, sql: str) -> Prepared:
    def everything(names: Names) -> TranslatedQuery:
        return TranslatedQuery(sql, (*names.tables, *names.views), PythonFunctions())
    return _prepared(catalog_address, everything, with_views=True)


def _prepared(address: str, translation: Callable[[Names], TranslatedQuery], with_views: bool = False) -> Prepared:
    with reading(address) as connection:
        names = read_names(connection)
        translated = translation(names)
        tables, views = dependencies(names, translated.reads)
        queries = tuple(((view.database, view.name), translate_view(view, names))
                        for view in views) if with_views else ()
        return Prepared(translated, with_partitions(connection, tables), views, queries)


def _require_read_only(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise QueryError(f'Expected one query, found {len(kinds)} statements'
                         f'{"".join(f" ({kind.name})" for kind in kinds)}. Tables change only by loading files.')


def _full_name(statement: CreateView | DropView, database: str) -> Name:
    return (statement.database or database).lower(), statement.name.lower()


def _require_free(names: Names, name: Name, replace: bool) -> None:
    """Raise QueryError unless a view of that name may be written."""
    if name[0] not in names.databases:
        raise QueryError(f'Database {name[0]} does not exist, so view {name[1]} cannot be created in it. Load a table '
                         'into the database first.')
    if name in names.tables:
        raise QueryError(f'{".".join(name)} is a table, and a view cannot replace it. Give the view another name.')
    if name in names.views and not replace:
        raise QueryError(f'View {".".join(name)} exists. Write CREATE OR REPLACE VIEW to replace it.')
