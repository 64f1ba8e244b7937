"""Writes queries of Athena for DuckDB: tables, joins, grouping, set operations and order."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_expressions import Expressions
from lake_etl.adapters.local.athena.athena_types import Type, common_type
from lake_etl.adapters.local.athena.casts import Casts
from lake_etl.adapters.local.athena.from_clauses import Source, from_clause
from lake_etl.adapters.local.athena.groups import Groups, direction, group_key, order_key
from lake_etl.adapters.local.athena.limits import limits, ordinal, select_distinct
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.typed import ResultColumn, Scope, ScopeColumn, Typed
from lake_etl.errors import QueryError

# The parts of a SELECT that are translated; any other part is refused.
KNOWN_PARTS = frozenset({'with_', 'expressions', 'from_', 'joins', 'where', 'group', 'having', 'order', 'limit',
                         'offset',
                         'distinct', 'windows', 'kind', 'hint'})
SET_WORDS = {exp.Union: 'UNION', exp.Except: 'EXCEPT', exp.Intersect: 'INTERSECT'}


@dataclass(frozen=True)
class Query:
    """A query for DuckDB and its columns."""

    sql: str
    columns: tuple[ResultColumn, ...]


Columns = Callable[[exp.Table], tuple[str, tuple[str, str], Sequence[ResultColumn]]]


class QueryWriter:
    """Writes one query with all queries inside it.

    tables  returns the SQL, the (database, name) and the columns of a table or view
    """

    def __init__(self, tables: Columns, functions: PythonFunctions):
        self.tables = tables
        self.functions = functions
        self._casts = Casts(functions)
        self.groups = Groups(functions)
        self._numbers = count(1)
        self.known: dict[str, tuple[str, tuple[ResultColumn, ...]]] = {}

    def new_name(self, kind: str) -> str:
        """Return a name that nothing else in the query has."""
        return f'athena_{kind}{next(self._numbers)}_'

    def query(self, node: exp.Expr, outer: Scope | None = None) -> Query:
        """Return a query of any form for DuckDB."""
        known = dict(self.known)
        try:
            heads = self._with(node, outer)
            made = self._body(node, outer)
        finally:
            self.known = known
        return Query(f'{heads}{made.sql}', made.columns)

    def _body(self, node: exp.Expr, outer: Scope | None) -> Query:
        if isinstance(node, exp.Subquery):
            if node.args.get('sample') or node.args.get('pivots'):
                raise QueryError('The laptop knows neither TABLESAMPLE nor PIVOT. Leave it out.')
            made = self.query(node.this, outer)
            return self._ended(node, made, outer)
        if isinstance(node, exp.Values):
            return self.values(node, outer)
        if isinstance(node, exp.SetOperation):
            return self._ended(node, self._combined(node, outer), outer)
        if isinstance(node, exp.Select):
            return self._select(node, outer)
        raise QueryError(f'The laptop does not know the query {node.key.upper()}. Write a SELECT.')

    def _with(self, node: exp.Expr, outer: Scope | None) -> str:
        clause = node.args.get('with_')
        if clause is None:
            return ''
        parts = []
        for item in clause.expressions:
            name = item.alias.lower()
            sql_name = self.new_name('with')
            names = [column.name.lower() for column in item.args['alias'].columns]
            if clause.recursive and isinstance(item.this, exp.Union) and names:
                self.known[name] = self._recursive_columns(item, names, sql_name, outer)
            made = self._recursive(item.this, outer) if name in self.known and self.known[name][0] == sql_name else (
                self.query(item.this, outer))
            if names and len(names) != len(made.columns):
                raise QueryError(f"The WITH query '{name}' names {len(names)} columns, but has {len(made.columns)}.")
            columns = tuple(ResultColumn(names[place] if names else column.name, column.type, column.sql)
                            for place, column in enumerate(made.columns))
            if name in self.known and self.known[name][0] == sql_name:
                columns = self.known[name][1]
            self.known[name] = (sql_name, columns)
            listed = ', '.join(column.sql for column in columns)
            parts.append(f'{sql_name}({listed}) AS ({made.sql})')
        return f'WITH {"RECURSIVE " if clause.recursive else ""}{", ".join(parts)} '

    def _recursive_columns(self, item: exp.Expr, names: Sequence[str], sql_name: str,
                           outer: Scope | None) -> tuple[str, tuple[ResultColumn, ...]]:
        start = self.query(item.this.this, outer)
        return sql_name, tuple(ResultColumn(name, column.type, self.new_name('c'))
                               for name, column in zip(names, start.columns, strict=False))

    def _recursive(self, node: exp.Union, outer: Scope | None) -> Query:
        """Return a recursive query, whose UNION DuckDB wants to see at its top."""
        left, right = self.query(node.this, outer), self.query(node.expression, outer)
        if [column.type for column in left.columns] != [column.type for column in right.columns]:
            raise QueryError('Both queries of a recursive WITH need the same types on the laptop. Use CAST.')
        every = '' if node.args.get('distinct') else ' ALL'
        return Query(f'({left.sql}) UNION{every} ({right.sql})', left.columns)

    def values(self, node: exp.Values, outer: Scope | None) -> Query:
        """Write VALUES as a query."""
        write = self.expressions(Scope(outer=outer))
        rows = [[write.expression(item) for item in (line.expressions if isinstance(line, exp.Tuple) else [line])]
                for line in node.expressions]
        if len(rows[0]) == 1 and any(line[0].type.name == 'row' for line in rows):
            raise QueryError('Athena takes a single row in VALUES for the columns. Write them one by one.')
        if any(len(line) != len(rows[0]) for line in rows):
            raise QueryError('The rows of VALUES have different numbers of values. Correct the query.')
        kinds = [write.common('VALUES', [line[place] for line in rows]) for place in range(len(rows[0]))]
        names = [self.new_name('c') for _ in kinds]
        lines = ', '.join('(' + ', '.join(f'CAST({write.convert(value, kind)} AS {kind.duckdb})'
                                          for value, kind in zip(line, kinds, strict=True)) + ')' for line in rows)
        columns = tuple(ResultColumn(f'_col{place}', kind, name)
                        for place, (kind, name) in enumerate(zip(kinds, names, strict=True)))
        return Query(f'SELECT * FROM (VALUES {lines}) AS {self.new_name("r")}({", ".join(names)})', columns)

    def _combined(self, node: exp.SetOperation, outer: Scope | None) -> Query:
        left, right = self.query(node.this, outer), self.query(node.expression, outer)
        if len(left.columns) != len(right.columns):
            raise QueryError(f'The queries of {SET_WORDS[type(node)]} have {len(left.columns)} and '
                             f'{len(right.columns)} '
                             'columns. Correct the query.')
        if node.args.get('by_name') or node.args.get('side') or node.args.get('kind'):
            raise QueryError('The laptop knows UNION, INTERSECT and EXCEPT with ALL or DISTINCT. Correct the query.')
        every = '' if node.args.get('distinct') else ' ALL'
        kinds = []
        for one, other in zip(left.columns, right.columns, strict=True):
            kind = common_type(one.type, other.type)
            if kind is None:
                raise QueryError(f'{SET_WORDS[type(node)]} cannot put {one.type} and {other.type} into one column. '
                                 f'Convert '
                                 'one of them with CAST.')
            if not every:
                group_key(Typed('', kind))
            kinds.append(kind)
        sides = [self._converted(side, kinds) for side in (left, right)]
        names = [column.sql for column in left.columns]
        inner, alias = f'{sides[0]} {SET_WORDS[type(node)]}{every} {sides[1]}', self.new_name('r')
        columns = tuple(ResultColumn(column.name, kind, column.sql) for column, kind in zip(left.columns, kinds,
                                                                                            strict=True))
        return Query(f'SELECT * FROM ({inner}) AS {alias}({", ".join(names)})', columns)

    def _converted(self, query: Query, kinds: Sequence[Type]) -> str:
        alias = self.new_name('r')
        items = (f'CAST({self._casts.cast(f"{alias}.{column.sql}", column.type, kind)} AS {kind.duckdb}) AS '
                 f'{column.sql}'
                 for column, kind in zip(query.columns, kinds, strict=True))
        return f'(SELECT {", ".join(items)} FROM ({query.sql}) AS {alias})'

    def _ended(self, node: exp.Expr, made: Query, outer: Scope | None) -> Query:
        """Add ORDER BY, LIMIT and OFFSET, which see the columns of the result only."""
        ending = limits(node)
        order = node.args.get('order')
        if order is None and not ending:
            return made
        alias = self.new_name('r')
        fields = tuple(ScopeColumn(column.name, Typed(f'{alias}.{column.sql}', column.type)) for column in made.columns)
        ordering = f' {self._order(order, Scope(fields, outer), made.columns, {})}' if order is not None else ''
        return Query(f'SELECT * FROM ({made.sql}) AS {alias}{ordering}{ending}', made.columns)

    def _select(self, node: exp.Select, outer: Scope | None) -> Query:
        self._check_parts(node)
        source = from_clause(self, node, outer)
        scope = Scope(source.fields if source else (), outer)
        windows = {item.this.name.lower(): item for item in node.args.get('windows') or []}
        write = self.expressions(scope, windows)
        items = self._items(node, write, source)
        columns = tuple(ResultColumn(name, value.type, self.new_name('c')) for name, value in items)
        parts = [f'SELECT{select_distinct(node, items)} ' + ', '.join(
            f'{value.sql} AS {column.sql}' for (_, value), column in zip(items, columns, strict=True))]
        if source:
            parts.append(f'FROM {source.sql}')
        if (where := node.args.get('where')) is not None:
            parts.append(f'WHERE {write.condition(write.expression(where.this))}')
        if (group := node.args.get('group')) is not None:
            parts.append(self._group(group, write, items))
        if (having := node.args.get('having')) is not None:
            parts.append(f'HAVING {write.condition(write.expression(having.this))}')
        if (order := node.args.get('order')) is not None:
            parts.append(self._order(order, scope, columns, windows, items))
        return Query(' '.join(parts) + limits(node), columns)

    @staticmethod
    def _check_parts(node: exp.Select) -> None:
        unknown = [name for name, value in node.args.items() if value and name not in KNOWN_PARTS]
        distinct = node.args.get('distinct')
        if unknown or node.args.get('kind') or node.args.get('hint') or (distinct is not None
                                                                         and distinct.args.get('on')):
            named = ', '.join(name.strip('_').upper() for name in unknown) or 'a form of SELECT'
            raise QueryError(f'The laptop, or Athena itself, does not know {named} in a query. Leave it out.')

    def _items(self, node: exp.Select, write: Expressions, source: Source | None) -> list[tuple[str, Typed]]:
        items: list[tuple[str, Typed]] = []
        for item in node.expressions:
            if isinstance(item, exp.Star) or isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
                items += self._star(item, source)
            elif isinstance(item, exp.Alias):
                items.append((item.alias, write.expression(item.this)))
            else:
                items.append((self._default_name(item, len(items)), write.expression(item)))
        return items

    @staticmethod
    def _default_name(item: exp.Expr, place: int) -> str:
        while isinstance(item, exp.Paren):
            item = item.this
        if isinstance(item, exp.Column | exp.Dot):
            return str((item.this if isinstance(item, exp.Column) else item.expression).name)
        return f'_col{place}'

    @staticmethod
    def _star(item: exp.Expr, source: Source | None) -> list[tuple[str, Typed]]:
        star = item if isinstance(item, exp.Star) else item.this
        if any(star.args.values()) or source is None:
            raise QueryError('The star of Athena stands alone or after a table, and needs a FROM. Correct the query.')
        relation = item.parts[0].name.lower() if isinstance(item, exp.Column) else None
        found = [(each.name, each.value) for each in source.fields if relation in (None, each.relation)]
        if not found:
            raise QueryError(f"'{relation}.*' names a table that is not in FROM. Correct the name.")
        return found

    def _group(self, node: exp.Expr, write: Expressions, items: Sequence[tuple[str, Typed]]) -> str:
        if node.args.get('all') or node.args.get('totals'):
            raise QueryError('Athena does not have GROUP BY ALL. Name the columns.')
        known = (exp.GroupingSets, exp.Rollup, exp.Cube)
        parts = []
        for item in [*node.expressions, *(each for name in ('grouping_sets', 'rollup', 'cube')
                                          for each in node.args.get(name) or [])]:
            if isinstance(item, known):
                word = {exp.GroupingSets: 'GROUPING SETS', exp.Rollup: 'ROLLUP', exp.Cube: 'CUBE'}[type(item)]
                parts.append(f'{word} ({", ".join(self._group_set(each, write, items) for each in item.expressions)})')
            else:
                parts.append(self._group_item(item, write, items))
        return f'GROUP BY {", ".join(parts)}'

    def _group_set(self, item: exp.Expr, write: Expressions, items: Sequence[tuple[str, Typed]]) -> str:
        if isinstance(item, exp.Tuple | exp.Paren):
            inside = item.expressions if isinstance(item, exp.Tuple) else [item.this]
            return f'({", ".join(self._group_item(each, write, items) for each in inside)})'
        if isinstance(item, exp.Rollup | exp.Cube | exp.GroupingSets):
            raise QueryError('The laptop does not know grouping sets inside grouping sets. Write them out.')
        return self._group_item(item, write, items)

    @staticmethod
    def _group_item(item: exp.Expr, write: Expressions, items: Sequence[tuple[str, Typed]]) -> str:
        value = ordinal(item, items)
        return group_key(value if value is not None else write.expression(item))

    def _order(self, order: exp.Expr, scope: Scope, columns: Sequence[ResultColumn],
               windows: Mapping[str, exp.Expr], items: Sequence[tuple[str, Typed]] = ()) -> str:
        keys = []
        for item in order.expressions:
            if not isinstance(item, exp.Ordered):
                raise QueryError('ORDER BY takes expressions, each with ASC or DESC. Correct the query.')
            keys.append(self._order_item(item.this, scope, columns, windows, items) + direction(item))
        return f'ORDER BY {", ".join(keys)}'

    def _order_item(self, node: exp.Expr, scope: Scope, columns: Sequence[ResultColumn],
                    windows: Mapping[str, exp.Expr], items: Sequence[tuple[str, Typed]]) -> str:
        values = [(column.name, Typed(column.sql, column.type)) for column in columns]
        value = ordinal(node, values)
        if value is None and isinstance(node, exp.Column) and len(node.parts) == 1:
            named = [each for name, each in values if name.lower() == node.name.lower()]
            if len(named) > 1 and len({each.sql for name, each in items if name.lower() == node.name.lower()}) > 1:
                raise QueryError(f"Column '{node.name}' of ORDER BY is in the result more than once. Name it with its "
                                 f"table.")
            value = named[0] if named else None
        if value is None:
            # Inside an expression, too, the names of the result come first.
            names = {name.lower(): each for name, each in items}
            value = self.expressions(Scope(scope.fields, scope.outer, names), windows).expression(node)
        return order_key(value)

    def expressions(self, scope: Scope, windows: Mapping[str, exp.Expr] | None = None) -> Expressions:
        """Return what writes expressions in a scope."""
        return Expressions(scope, self.functions, self._casts, self, windows)
