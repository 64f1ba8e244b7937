"""Parses statements in Athena's dialect and translates their queries for DuckDB."""
from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from lake_etl.adapters.local.snapshot import Name
from lake_etl.errors import QueryError

CATALOG = 'awsdatacatalog'
# The parser logs the whole text of statements that it does not know; errors of the lake say what is necessary.
logging.getLogger('sqlglot').setLevel(logging.ERROR)


@dataclass(frozen=True)
class CreateView:
    """CREATE [OR REPLACE] VIEW [database.]name AS query."""

    database: str | None
    name: str
    replace: bool
    query: exp.Query


@dataclass(frozen=True)
class DropView:
    """DROP VIEW [IF EXISTS] [database.]name."""

    database: str | None
    name: str
    if_exists: bool


@dataclass(frozen=True)
class TranslatedQuery:
    """A query for DuckDB with a database for every table, and the tables and views that it reads."""

    sql: str
    reads: tuple[Name, ...]


def parse_statement(text: str) -> CreateView | DropView | exp.Query:
    """Return the parsed statement; raises QueryError if the laptop does not support it."""
    try:
        parsed = sqlglot.parse(text, read='athena')
    except SqlglotError as error:
        raise QueryError(f'The statement is not valid SQL for Athena{_place(error)}. Correct the statement.'
                         ) from error
    if len(parsed) != 1:
        raise QueryError(f'Expected one statement, found {len(parsed)}. Run them one by one.')
    statement = parsed[0]
    if isinstance(statement, exp.Query):
        return statement
    if isinstance(statement, exp.Create | exp.Drop) and statement.args.get('kind') == 'VIEW':
        tables = list(statement.find_all(exp.Table))
        if isinstance(statement, exp.Drop) and len(tables) == 1:
            return DropView(_database(tables[0]), tables[0].name, bool(statement.args.get('exists')))
        if isinstance(statement, exp.Create) and isinstance(statement.expression, exp.Query):
            return _create_view(statement, statement.expression)
    raise QueryError('The query engine of the laptop runs CREATE [OR REPLACE] VIEW name AS SELECT, DROP VIEW and '
                     f'SELECT; this statement is another one ({_first_words(text)}). Run it on Athena, or remove it '
                     'from the SQL file of this workflow.')


def translate(query: exp.Query, resolve: Callable[[str, str | None], Name]) -> TranslatedQuery:
    """Return the query for DuckDB.

    resolve  returns the full name of a table from its name and its database in the query, or None

    Functions with different meanings in the two engines are translated to what Athena does. Two differences remain:
    DuckDB divides decimals as doubles, and adding months to a date gives a timestamp. Raises QueryError for constructs
    without a translation.
    """
    query = query.copy()
    reads: dict[Name, None] = {}
    for table in list(query.find_all(exp.Table)):
        if isinstance(table.this, exp.Identifier) and not _is_common_table_expression(table):
            name = resolve(table.name, _database(table))
            reads[name] = None
            table.set('catalog', None)
            table.set('db', exp.to_identifier(name[0], quoted=True))
            table.set('this', exp.to_identifier(name[1], quoted=True))
    _keep_meaning(query)
    try:
        return TranslatedQuery(query.sql('duckdb', unsupported_level=ErrorLevel.RAISE), tuple(reads))
    except SqlglotError as error:
        raise QueryError('The query uses a construct that the query engine of the laptop does not support. Rewrite '
                         'it, or run it on Athena.') from error


def _create_view(create: exp.Create, query: exp.Query) -> CreateView:
    if isinstance(create.this, exp.Schema):
        raise QueryError(f'View {create.this.this.name} has a list of columns after its name, which Athena does not '
                         'allow. Name the columns in the query with AS.')
    return CreateView(_database(create.this), create.this.name, bool(create.args.get('replace')), query)


def _database(table: exp.Table) -> str | None:
    if table.catalog and table.catalog.lower() != CATALOG:
        raise QueryError(f"Table {table.catalog}.{table.db}.{table.name} is in the data source '{table.catalog}'; "
                         f'the laptop has only one, which may be named {CATALOG}. Remove the data source.')
    return table.db or None


def _is_common_table_expression(table: exp.Table) -> bool:
    """Tell whether the name refers to a WITH query that is visible at the table."""
    if table.db:
        return False
    node: exp.Expr = table
    while parent := node.parent:
        visible: Sequence[exp.Expr] = ()
        if isinstance(parent, exp.With):
            known = parent.expressions
            visible = known if parent.recursive else known[:next(i for i, cte in enumerate(known) if cte is node)]
        elif isinstance(parent, exp.Query) and not isinstance(node, exp.With):
            visible = parent.ctes
        if any(cte.alias.lower() == table.name.lower() for cte in visible):
            return True
        node = parent
    return False


def _keep_meaning(query: exp.Query) -> None:
    """Replace functions that have another meaning in DuckDB, inner ones first."""
    for node in reversed(list(query.find_all(exp.DateDiff, exp.Format, exp.RegexpExtract, exp.ParseDatetime))):
        if isinstance(node, exp.DateDiff):      # Athena counts complete units, DATE_DIFF of DuckDB counts boundaries
            unit = exp.Literal.string(node.text('unit') or 'day')
            node.replace(exp.Anonymous(this='DATE_SUB', expressions=[unit, node.expression, node.this]))
        elif isinstance(node, exp.Format):      # Athena has printf patterns, FORMAT of DuckDB has braces
            node.replace(exp.Anonymous(this='PRINTF', expressions=[node.this, *node.expressions]))
        elif isinstance(node, exp.RegexpExtract):   # without a match Athena gives null, DuckDB an empty text
            matches = exp.RegexpLike(this=node.this.copy(), expression=node.expression.copy())
            node.replace(exp.Case(ifs=[exp.If(this=matches, true=node.copy())]))
        else:
            raise QueryError('The query engine of the laptop does not have the function parse_datetime. Use '
                             'date_parse, which Athena also has.')


def _place(error: SqlglotError) -> str:
    if not isinstance(error, ParseError) or not error.errors:
        return ''
    first = error.errors[0]
    return f' (line {first.get("line")}, column {first.get("col")})'


def _first_words(text: str) -> str:
    return ' '.join(text.split()[:2]).upper()
