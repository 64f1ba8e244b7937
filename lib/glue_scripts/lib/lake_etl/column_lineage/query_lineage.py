"""Traces the columns of a SQL query to the columns of the tables that it reads; an unclear query raises."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lake_etl.column_lineage.relation import (
    NOTHING, Aliases, Relation, SelectScope, Sources, UntraceableQuery, require_one_owner)
from lake_etl.column_lineage.select_clauses import (
    alias_columns, columns_without_null, inner_queries, keys_are_shown, names_tables_outside, numbered_sources,
    output_name, possible_values, unused_left_joins)
from lake_etl.syntax.sql_columns import VALUES_WITHOUT_BRACKETS

if TYPE_CHECKING:
    from sqlglot import exp

# Clauses that decide on rows, and clauses without influence on columns; a SELECT with any other clause is not traced.
ROW_CLAUSES = ('where', 'group', 'having', 'qualify', 'order', 'limit', 'offset', 'sort', 'cluster', 'distribute')
OTHER_CLAUSES = frozenset({'with_', 'expressions', 'from_', 'joins', 'laterals', 'distinct', 'hint', 'windows', 'kind'})
JOIN_PARTS = frozenset({'this', 'side', 'kind', 'on', 'using', 'method', 'hint'})


def trace_query(query: exp.Expression, table: Callable[[exp.Table], Relation],
                literals: frozenset[str] = frozenset()) -> Relation:
    """Return the columns of a query with their sources.

    table     returns the relation of a table that the query names
    literals  names that stand for values, in place of placeholders

    Raises UntraceableQuery when a column cannot be traced with certainty.
    """
    return _Tracer(table, literals).query(query, {}, ())


class _Tracer:
    """Traces queries, from the inside to the outside."""

    def __init__(self, table: Callable[[exp.Table], Relation], literals: frozenset[str]):
        self._table = table
        self._literals = literals

    def query(self, node: Any, ctes: Mapping[str, Relation], outer: tuple[SelectScope, ...]) -> Relation:
        """Return the relation that a query gives."""
        from sqlglot import exp
        ctes = self._with_ctes(node, ctes, outer)
        if isinstance(node, exp.Subquery):
            if node.args.get('pivots') or node.args.get('sample'):
                raise UntraceableQuery('PIVOT and TABLESAMPLE are not traced')
            inner = self.query(node.this, ctes, outer)
            # ORDER BY and LIMIT may follow the brackets.
            select = SelectScope(ctes, outer, {'': inner})
            rows = self._row_sources(node, select, inner)
            return replace(inner, rows=inner.rows | rows).renamed(alias_columns(node))
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, ctes, outer)
        if isinstance(node, exp.Select):
            return self._select(node, ctes, outer)
        if isinstance(node, exp.Values):
            return self._values(node, SelectScope(ctes, outer))
        raise UntraceableQuery(f'{type(node).__name__.upper()} is not traced')

    def _with_ctes(self, node: Any, ctes: Mapping[str, Relation], outer: tuple[SelectScope, ...]
                   ) -> dict[str, Relation]:
        known = dict(ctes)
        clause = node.args.get('with_')
        if clause is not None and clause.recursive:
            raise UntraceableQuery('WITH RECURSIVE is not traced')
        for cte in clause.expressions if clause is not None else ():
            known[cte.alias.lower()] = self.query(cte.this, known, outer).renamed(alias_columns(cte))
        return known

    def _set_operation(self, node: Any, ctes: Mapping[str, Relation], outer: tuple[SelectScope, ...]) -> Relation:
        from sqlglot import exp
        if node.args.get('by_name'):
            raise UntraceableQuery('UNION BY NAME is not traced')
        left, right = self.query(node.this, ctes, outer), self.query(node.expression, ctes, outer)
        if left.open or right.open or len(left.columns) != len(right.columns):
            raise UntraceableQuery('a set operation has parts whose columns are unknown')
        columns = tuple((name, mine | theirs) for (name, mine), (_, theirs) in
                        zip(left.columns, right.columns, strict=True))
        both = Relation(columns, left.rows | right.rows, unnamed=left.unnamed)
        compares = not isinstance(node, exp.Union) or node.args.get('distinct')
        rows = both.rows | (both.all_sources() if compares else NOTHING)
        return replace(both, rows=rows | self._row_sources(node, SelectScope(ctes, outer, {'': both}), both))

    def _select(self, node: Any, ctes: Mapping[str, Relation], outer: tuple[SelectScope, ...]) -> Relation:
        unsupported = {name for name, value in node.args.items() if value} - OTHER_CLAUSES - set(ROW_CLAUSES)
        if unsupported:
            raise UntraceableQuery(f'{", ".join(sorted(unsupported)).upper()} is not traced')
        select = SelectScope(ctes, outer, without_null=columns_without_null(node))
        rows = self._add_relations(node, select)
        relation = self._projections(node, select)
        rows |= self._row_sources(node, select, relation)
        if node.args.get('distinct'):
            rows |= self._distinct_sources(node, select, relation)
        return replace(relation, rows=relation.rows | rows)

    def _distinct_sources(self, node: Any, select: SelectScope, relation: Relation) -> Sources:
        """Return what decides which rows DISTINCT leaves out."""
        from sqlglot import exp
        on = self.sources(node.args['distinct'], select)
        if on or any(item.is_star or item.find(exp.UDTF) for item in node.expressions):
            return relation.all_sources() | on
        if keys_are_shown(node):
            return NOTHING
        return NOTHING.union(*(self.sources(item, select) for item in node.expressions
                               if not self._is_independent(item.unalias(), select)))

    def _is_independent(self, node: Any, select: SelectScope) -> bool:
        """Tell whether an expression is a query that uses no table around it, so that it is the same for all rows."""
        from sqlglot import exp
        if not isinstance(node, exp.Query) or names_tables_outside(node):
            return False
        try:
            self.sources(node, SelectScope(select.ctes, ()))
        except UntraceableQuery:
            return False
        return True

    def _unused_joins(self, node: Any, select: SelectScope) -> list[Any]:
        if not any(join.side.upper() == 'LEFT' for join in node.args.get('joins') or ()):
            return []
        return unused_left_joins(node, [query for query in inner_queries(node) if self._is_independent(query, select)])

    def _add_relations(self, node: Any, select: SelectScope) -> Sources:
        """Fill the relations of a SELECT; return what decides on its rows by joins that are not unused."""
        rows, unused = NOTHING, self._unused_joins(node, select)
        clause = node.args.get('from_')
        if clause is not None:
            self._add(clause.this, select)
        for lateral in node.args.get('laterals') or ():
            self._add(lateral, select)
        for join in node.args.get('joins') or ():
            rows |= self._join(join, select, any(join is item for item in unused))
        return rows.union(*(relation.rows for relation in select.relations.values()))

    def _join(self, join: Any, select: SelectScope, unused: bool = False) -> Sources:
        if {name for name, value in join.args.items() if value} - JOIN_PARTS or join.method:
            raise UntraceableQuery('NATURAL and ASOF joins are not traced')
        before = list(select.relations.values())
        alias = self._add(join.this, select)
        if unused:
            select.relations[alias] = replace(select.relations[alias], rows=NOTHING)
            return NOTHING
        rows = self.sources(join.args['on'], select) if join.args.get('on') is not None else NOTHING
        for name in (item.name.lower() for item in join.args.get('using') or ()):
            inside = SelectScope(select.ctes, select.outer, {str(number): item for number, item in enumerate(before)},
                                 select.shared)
            both = (inside.find(name) or NOTHING) | (select.relations[alias].sources(name) or NOTHING)
            select.shared[name] = both
            rows |= both
        if join.kind.upper() in ('SEMI', 'ANTI'):
            select.hidden.add(alias)
        return rows

    def _add(self, node: Any, select: SelectScope) -> str:
        """Add what FROM or JOIN names to the relations of a SELECT; return its alias."""
        from sqlglot import exp
        if isinstance(node, exp.Lateral) and isinstance(node.this, (exp.Subquery, exp.Query)):
            relation = self.query(node.this, select.ctes, (*select.outer, select)).renamed(alias_columns(node))
        elif isinstance(node, (exp.Lateral, exp.Unnest)):
            relation = self._exploded(node, select)
        elif isinstance(node, exp.Values):
            relation = self._values(node, select)
        elif isinstance(node, exp.Subquery):
            # The Lateral of some dialects is a mark of the subquery; so it may see what is to its left.
            relation = self.query(node, select.ctes, (*select.outer, select))
        elif isinstance(node, exp.Table):
            relation = self._named(node, select)
        else:
            raise UntraceableQuery(f'{type(node).__name__.upper()} in FROM is not traced')
        alias = node.alias_or_name.lower() or f'#{len(select.relations)}'
        if alias in select.relations:
            raise UntraceableQuery('two tables in FROM have one name')
        select.relations[alias] = relation
        for join in node.args.get('joins') or ():
            self._join(join, select)
        return alias

    def _named(self, node: Any, select: SelectScope) -> Relation:
        from sqlglot import exp
        if any(node.args.get(name) for name in ('pivots', 'laterals', 'rows_from', 'changes')):
            raise UntraceableQuery('PIVOT is not traced')
        if not isinstance(node.this, exp.Identifier):
            raise UntraceableQuery('a function in FROM is not traced')
        known = None if node.db else select.ctes.get(node.name.lower())
        return (known if known is not None else self._table(node)).renamed(alias_columns(node))

    def _exploded(self, node: Any, select: SelectScope) -> Relation:
        """Return the columns of a LATERAL VIEW or UNNEST; each depends on all that it unpacks."""
        sources = NOTHING.union(*(self.sources(part, select) for part in (
            node.expressions if node.key == 'unnest' else [node.this])))
        names = alias_columns(node)
        if not names:
            raise UntraceableQuery('LATERAL VIEW or UNNEST without names for its columns is not traced')
        return Relation(tuple((name, sources) for name in names), sources)

    def _values(self, node: Any, select: SelectScope) -> Relation:
        rows = [item.expressions or [item] for item in node.expressions]
        names = alias_columns(node) or [f'col{number + 1}' for number in range(len(rows[0]))]
        columns = tuple((name, NOTHING.union(*(self.sources(row[number], select) for row in rows)))
                        for number, name in enumerate(names))
        return Relation(columns, NOTHING)

    def _projections(self, node: Any, select: SelectScope) -> Relation:
        from sqlglot import exp
        windows = NOTHING.union(*(self.sources(window, select) for window in node.args.get('windows') or ()))
        columns: list[tuple[str, Sources]] = []
        opened: tuple[str, ...] = ()
        rows, unnamed = NOTHING, False
        for item in node.expressions:
            if item.is_star and not isinstance(item, exp.Alias):
                stars, more = self._star(item, select)
                columns += stars
                opened += more
                continue
            sources = self.sources(item, select) | (windows if item.find(exp.Window) else NOTHING)
            names = [name.name for name in item.args['aliases']] if isinstance(item, exp.Aliases) else [
                output_name(item)]
            if item.find(exp.UDTF):
                rows |= sources
            unnamed = unnamed or not all(names)
            columns += [(name.lower(), sources) for name in names]
            select.aliases.update((name.lower(), sources) for name in names if name)
        return Relation(tuple(columns), rows, tuple(dict.fromkeys(opened)), unnamed)

    def _star(self, item: Any, select: SelectScope) -> tuple[list[tuple[str, Sources]], tuple[str, ...]]:
        """Return the columns that a star stands for, and the tables of which they are not known."""
        from sqlglot import exp
        star = item if isinstance(item, exp.Star) else item.this
        if not isinstance(star, exp.Star) or any(star.args.get(name) for name in ('replace', 'rename', 'ilike')):
            raise UntraceableQuery('a star with REPLACE or RENAME is not traced')
        wanted = [part.name.lower() for part in item.parts[:-1]] if isinstance(item, exp.Column) else []
        left_out = {part.name.lower() for part in star.args.get('except_') or ()}
        if len(wanted) > 1 or (wanted and wanted[0] not in select.relations):
            raise UntraceableQuery('a star follows a name that is not a table of the FROM clause')
        chosen = [(alias, relation) for alias, relation in select.visible() if not wanted or alias in wanted]
        if any(relation.open and left_out for _, relation in chosen):
            raise UntraceableQuery('a star leaves out columns of a table whose columns are unknown')
        columns: list[tuple[str, Sources]] = [] if wanted else list(select.shared.items())
        passed = set() if wanted else set(select.shared)
        columns += [pair for _, relation in chosen for pair in relation.columns if pair[0] not in passed]
        if any(relation.unnamed for _, relation in chosen):
            raise UntraceableQuery('a star stands for columns to which the engine gives names')
        return ([pair for pair in columns if pair[0] not in left_out],
                tuple(name for _, relation in chosen for name in relation.open))

    def _row_sources(self, node: Any, select: SelectScope, result: Relation) -> Sources:
        """Return the sources of the clauses that decide on rows; ORDER BY counts only together with LIMIT."""
        limited = node.args.get('limit') or node.args.get('offset')
        names = [name for name in ROW_CLAUSES if limited or name not in ('order', 'sort', 'cluster', 'distribute')]
        clauses = [(name, node.args[name]) for name in names if node.args.get(name)]
        numbered = NOTHING.union(*(numbered_sources(clause, result) for name, clause in clauses
                                   if name in ('group', 'order', 'sort')))
        return numbered.union(*(self.sources(clause, select, 'none' if name == 'where' else 'either')
                                for name, clause in clauses))

    def sources(self, node: Any, select: SelectScope, aliases: Aliases = 'after columns') -> Sources:
        """Return the sources of an expression, including those of queries inside it."""
        from sqlglot import exp
        if isinstance(node, exp.Query):
            inner = self.query(node, select.ctes, (*select.outer, select))
            if inner.open:
                raise UntraceableQuery('a query inside an expression has a star')
            return inner.rows if isinstance(node.parent, exp.Exists) else inner.all_sources() | inner.rows
        if isinstance(node, exp.Column):
            return self._column(node, select, aliases)
        if isinstance(node, exp.Star):
            return NOTHING   # That of count(*).
        if isinstance(node, exp.Coalesce):
            node = list(possible_values(node, select.without_null))
        found = NOTHING
        for child in node.iter_expressions() if isinstance(node, exp.Expression) else node:
            found |= self.sources(child, select, aliases)
        return found

    def _column(self, node: Any, select: SelectScope, aliases: Aliases) -> Sources:
        from sqlglot import exp
        parts = [part.name.lower() for part in node.parts]
        if isinstance(node.this, exp.Star):
            raise UntraceableQuery('a star inside an expression is not traced')
        if parts[0] in self._literals:
            return NOTHING
        scopes = (select, *reversed(select.outer))
        if len(parts) > 1:
            found = next((found for scope in scopes if (found := scope.qualified(parts)) is not None), None)
            if found is not None:
                return found
        for number, scope in enumerate(scopes):
            found = scope.find(parts[0])
            if scope is select and len(parts) == 1:
                found = scope.or_alias(parts[0], found, aliases)
            if found is not None:
                if not scope.lists(parts[0]):
                    require_one_owner(parts[0], found, scopes[number + 1:])
                return found
        if len(parts) == 1 and parts[0] in VALUES_WITHOUT_BRACKETS:
            return NOTHING
        raise UntraceableQuery('a column belongs to none of the tables')
