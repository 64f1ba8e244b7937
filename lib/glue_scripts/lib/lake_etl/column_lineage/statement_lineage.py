"""Reads the statements of SQL files: which table each one fills, which tables it reads, and its columns' sources."""
from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake_etl.column_lineage.query_lineage import trace_query
from lake_etl.column_lineage.relation import Relation, UntraceableQuery
from lake_etl.syntax.placeholders import PLACEHOLDER
from lake_etl.syntax.sql_pieces import Dialect
from lake_etl.syntax.sql_syntax import without_placeholders

if TYPE_CHECKING:
    from sqlglot import exp

FILLABLE = re.compile(PLACEHOLDER)
NO_BINDING = re.compile(r'\bWITH\s+NO\s+SCHEMA\s+BINDING\s*\Z', re.IGNORECASE)
EXTERNAL_SCHEMA = re.compile(
    r"\s*CREATE\s+EXTERNAL\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(?P<schema>\w+)\"?\s+FROM\s+DATA\s+CATALOG\s+"
    r"DATABASE\s+'(?P<database>[^']+)'", re.IGNORECASE)
# Statements that change neither tables nor views.
WITHOUT_COLUMNS = re.compile(r'\s*(?:SET|USE|GRANT|REVOKE|ANALYZE|MSCK|REFRESH|CACHE\s+TABLE\s+\w+\s*\Z|UNCACHE|SHOW|'
                             r'DESCRIBE|EXPLAIN|VACUUM|OPTIMIZE|CREATE\s+(?:SCHEMA|DATABASE|EXTERNAL\s+SCHEMA))\b',
                             re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SqlFile:
    """The statements of a SQL file.

    file          its name
    database      of tables that are named without one
    placeholders  values of placeholders that are known from configuration
    """

    file: str
    dialect: Dialect
    database: str
    statements: tuple[str, ...]
    placeholders: Mapping[str, str]


@dataclass(frozen=True)
class ReadStatement:
    """A statement that fills a table or defines a view.

    target     the table, `<database>.<table>`; the name of a view of the session; empty for the query of a Spark SQL
               file
    place      file and statement, for messages
    query      its syntax tree
    reads      tables that it reads, as in the catalog
    appends    whether rows are added to the table
    literals   names in place of placeholders
    schemas    databases by the names of external schemas that stand for them
    """

    target: str
    place: str
    query: Any
    reads: frozenset[str]
    database: str
    appends: bool = False
    literals: frozenset[str] = frozenset()
    schemas: Mapping[str, str] | None = None

    def trace(self, find: Callable[[str], Relation], session: Mapping[str, Relation]) -> Relation:
        """Return the columns of the query with their sources; raises UntraceableQuery.

        find     returns a table by its name
        session  the views of the session by name
        """
        def table(node: exp.Table) -> Relation:
            if not node.db and node.name.lower() in session:
                return session[node.name.lower()]
            if {node.name.lower(), node.db.lower()} & self.literals:
                raise UntraceableQuery('a placeholder stands for the name of a table')
            name = _table_name(node, self.database, self.schemas or {})
            return find(name)
        return trace_query(self.query, table, self.literals)


@dataclass(frozen=True)
class UnreadStatement:
    """A statement that cannot be read.

    reason  why
    """

    place: str
    reason: str

    def __str__(self) -> str:
        return f'{self.place}: its lineage is unknown from here, because {self.reason}.'


def read_statements(sql: SqlFile) -> Iterator[ReadStatement | UnreadStatement]:
    """Yield the statements of a file that fill tables or define views, and those that cannot be read."""
    logging.getLogger('sqlglot').setLevel(logging.CRITICAL)
    schemas: dict[str, str] = {}
    for number, statement in enumerate(sql.statements, 1):
        place = f'statement {number} of {sql.file}'
        text, literals = _filled(statement, sql.placeholders)
        bare = _without_comments(text)
        if external := EXTERNAL_SCHEMA.match(bare):
            schemas[external['schema'].lower()] = external['database'].lower()
        if WITHOUT_COLUMNS.match(bare):
            continue
        try:
            found = _read(text, sql, place, literals, schemas)
        except UntraceableQuery as error:
            yield UnreadStatement(place, str(error))
            continue
        if found is not None and (found.target or number == len(sql.statements)):
            yield found   # Nobody keeps the result of a query before the last statement.


def _filled(statement: str, values: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """Return the statement with known placeholders filled, and the names that stand in place of the others."""
    text = FILLABLE.sub(lambda match: values.get(match['name'], match[0]), statement)
    names = frozenset(re.sub(r'\W', '_', match[0]).lower() for match in FILLABLE.finditer(text))
    return without_placeholders(text), names


def _without_comments(text: str) -> str:
    return re.sub(r'\A(?:\s*(?:--[^\n]*\n|/\*.*?\*/))+', '', text, flags=re.DOTALL)


def _read(text: str, sql: SqlFile, place: str, literals: frozenset[str], schemas: Mapping[str, str]
          ) -> ReadStatement | None:
    """Return a statement; None for a query whose result nobody keeps, and for a table that is dropped."""
    from sqlglot import exp
    tree = _parsed(NO_BINDING.sub('', text), sql.dialect)
    target, query, appends = '', tree, False
    if isinstance(tree, (exp.Create, exp.Insert)):
        name = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        query, appends = tree.expression, isinstance(tree, exp.Insert) and not tree.args.get('overwrite')
        if not isinstance(name, exp.Table) or (isinstance(tree, exp.Insert) and tree.this is not name):
            raise UntraceableQuery('the names of its columns are separate from its query')
        if isinstance(tree.this, exp.Schema) and tree.this.expressions and isinstance(query, exp.Query):
            raise UntraceableQuery('the names of its columns are separate from its query')
        is_session_view = sql.dialect == 'spark' and not name.db and tree.args.get('kind') == 'VIEW'
        target = name.name.lower() if is_session_view else _table_name(name, sql.database, schemas)
    if not isinstance(query, exp.Query):
        if isinstance(tree, exp.Drop) or (isinstance(tree, exp.Create) and query is None):
            return None
        raise UntraceableQuery('it is a statement of another kind than a query, a view or a table made of a query')
    names = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    reads = frozenset(_table_name(table, sql.database, schemas) for table in query.find_all(exp.Table)
                      if table.name and (table.db or table.name.lower() not in names))
    return ReadStatement(target, place, query, reads, sql.database, appends, literals, dict(schemas))


def _parsed(text: str, dialect: Dialect) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError
    try:
        trees = sqlglot.parse(text, read=dialect)
    except (SqlglotError, RecursionError):
        raise UntraceableQuery('the parser of SQL cannot read it') from None
    if len(trees) != 1 or trees[0] is None:
        raise UntraceableQuery('the parser of SQL finds several statements in it')
    return trees[0]


def _table_name(table: exp.Table, database: str, schemas: Mapping[str, str]) -> str:
    schema = table.db.lower() or database
    return f'{schemas.get(schema, schema)}.{table.name.lower()}'
