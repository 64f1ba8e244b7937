"""Parses statements in Athena's dialect and translates their queries for DuckDB."""
from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from lake_etl.adapters.local.athena.athena_dialect import AthenaGrammar
from lake_etl.adapters.local.athena.athena_types import VARCHAR, catalog_type
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.queries import QueryWriter
from lake_etl.adapters.local.athena.translation import shown_query
from lake_etl.adapters.local.athena.typed import ResultColumn
from lake_etl.adapters.local.catalog_rows import View
from lake_etl.adapters.local.catalog_types import parse_type
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.adapters.local.snapshot import Name, Names
from lake_etl.errors import QueryError
from lake_etl.ports import Table

CATALOG = 'awsdatacatalog'
# The parser logs the whole text of statements that it does not know; errors of the lake say what is necessary.
logging.getLogger('sqlglot').setLevel(logging.ERROR)
VIEW_START = re.compile(r'\s*(?:CREATE(?:\s+OR\s+REPLACE)?|DROP)\s+VIEW\b', re.IGNORECASE)
QUERY_START = re.compile(r'(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:SELECT|WITH|VALUES|TABLE)\b', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class CreateView:
    """CREATE [OR REPLACE] VIEW [database.]name AS query."""

    database: str | None
    name: str
    replace: bool
    query: exp.Expr


@dataclass(frozen=True)
class DropView:
    """DROP VIEW [IF EXISTS] [database.]name."""

    database: str | None
    name: str
    if_exists: bool


@dataclass(frozen=True)
class TranslatedQuery:
    """A query for DuckDB, the tables and views it reads, and the Python functions it calls."""

    sql: str
    reads: tuple[Name, ...]
    functions: PythonFunctions


def parse_statement(text: str) -> CreateView | DropView | exp.Expr:
    """Return the parsed statement; raises QueryError if the laptop does not support it."""
    try:
        parsed = sqlglot.parse(text, read=AthenaGrammar)
    except SqlglotError as error:
        if not is_query(text) and not VIEW_START.match(text):
            raise _another(text) from error
        raise QueryError(f'The statement is not valid SQL for Athena{_place(error)}. Correct the statement.'
                         ) from error
    if len(parsed) != 1:
        raise QueryError(f'Expected one statement, found {len(parsed)} statements. Run them one by one.')
    statement = parsed[0]
    if isinstance(statement, exp.Query | exp.Values):
        return statement
    if isinstance(statement, exp.Create | exp.Drop) and statement.args.get('kind') == 'VIEW':
        tables = list(statement.find_all(exp.Table))
        if isinstance(statement, exp.Drop) and len(tables) == 1:
            return DropView(_database(tables[0]), tables[0].name, bool(statement.args.get('exists')))
        if isinstance(statement, exp.Create) and isinstance(statement.expression, exp.Query):
            return _create_view(statement, statement.expression)
    raise _another(text)


def is_query(text: str) -> bool:
    """Tell whether the text begins as a query of Athena does; other statements are DuckDB's own."""
    return QUERY_START.match(text) is not None


def translate(query: exp.Expr, names: Names, database: str | None, resolve: Callable[..., Name]) -> TranslatedQuery:
    """Return the query for DuckDB, which gives what Athena gives.

    names     the catalog, whose columns tell the types
    database  the one of tables that are named without a database; None when such a name must be unique
    resolve   returns the full name of a table from the names, its name and its database

    Raises QueryError for what Athena refuses, and for what the laptop cannot answer as Athena does.
    """
    reads: dict[Name, None] = {}
    functions = PythonFunctions()

    def full_name(name: str, given: str | None) -> Name:
        found = resolve(names, name, given or database)
        reads[found] = None
        return found
    try:
        sql = shown_query(QueryWriter(_Tables(names, functions, full_name).source, functions), query)
    except RecursionError:
        raise QueryError('The query is nested too deeply for the laptop. Split it with WITH.') from None
    return TranslatedQuery(sql, tuple(reads), functions)


def translate_view(view: View, names: Names) -> TranslatedQuery:
    """Return the query of a view for DuckDB."""
    parsed = parse_statement(view.statement)
    assert isinstance(parsed, CreateView)
    return translate(parsed.query, names, None, lambda _, name, database: _read_by(view, names, name, database))


class _Tables:
    """Finds what the names of tables in one query mean."""

    def __init__(self, names: Names, functions: PythonFunctions, full_name: Callable[[str, str | None], Name]):
        self._names = names
        self._functions = functions
        self._full_name = full_name

    def source(self, table: exp.Table) -> tuple[str, Name, Sequence[ResultColumn]]:
        """Return the SQL of a table or view in FROM, its full name, and its columns."""
        name = self._full_name(table.name, _database(table))
        if name in self._names.tables:
            return f'{identifier(name[0])}.{identifier(name[1])}', name, _columns(self._names.tables[name])
        view = self._names.views[name]
        parsed = parse_statement(view.statement)
        assert isinstance(parsed, CreateView)
        inside = _Tables(self._names, self._functions, lambda given, database: _read_by(view, self._names, given,
                                                                                        database))
        made = QueryWriter(inside.source, self._functions).query(parsed.query)
        return f'({made.sql})', name, made.columns


def _read_by(view: View, names: Names, name: str, database: str | None) -> Name:
    """Return the table that a view means, which is one of those that it read when it was created."""
    found = [read for read in view.reads if read[1] == name.lower() and (database or read[0]).lower() == read[0]]
    wanted = next((read for read in found if read[0] == view.database), found[0]) if found else ('', name)
    if wanted not in names.tables and wanted not in names.views:
        raise QueryError(f'View {view.database}.{view.name} reads {".".join(filter(None, wanted))}, which does not '
                         f'exist any '
                         'more. Load that table again, or create the view anew.')
    return wanted


def _columns(table: Table) -> list[ResultColumn]:
    columns = [ResultColumn(column.name, catalog_type(parse_type(column.type)), identifier(column.name))
               for column in table.columns]
    return [*columns, *(ResultColumn(key.name, VARCHAR, identifier(key.name)) for key in table.partition_keys)]


def _create_view(create: exp.Create, query: exp.Expr) -> CreateView:
    if isinstance(create.this, exp.Schema):
        raise QueryError(f'View {create.this.this.name} has a list of columns after its name, which Athena does not '
                         'allow. Name the columns in the query with AS.')
    return CreateView(_database(create.this), create.this.name, bool(create.args.get('replace')), query)


def _database(table: exp.Table) -> str | None:
    if table.catalog and table.catalog.lower() != CATALOG:
        raise QueryError(f"Table {table.catalog}.{table.db}.{table.name} is in the data source '{table.catalog}'; "
                         f'the laptop has only one, which may be named {CATALOG}. Remove the data source.')
    return table.db or None


def _place(error: SqlglotError) -> str:
    if not isinstance(error, ParseError) or not error.errors:
        return ''
    first = error.errors[0]
    return f' (line {first.get("line")}, column {first.get("col")})'


def _another(text: str) -> QueryError:
    return QueryError('The query engine of the laptop runs CREATE [OR REPLACE] VIEW name AS SELECT, DROP VIEW and '
                      f'SELECT; this statement is another one ({_first_words(text)}). Run it on Athena, or leave it '
                      f'out '
                      'of the SQL file of this workflow.')


def _first_words(text: str) -> str:
    return ' '.join(text.split()[:2]).upper()
