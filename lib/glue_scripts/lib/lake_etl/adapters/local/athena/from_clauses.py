"""Writes what stands in FROM: tables, queries, UNNEST, VALUES and joins."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_types import BIGINT, Type
from lake_etl.adapters.local.athena.casts import field
from lake_etl.adapters.local.athena.typed import ResultColumn, Scope, ScopeColumn, Typed
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.queries import QueryWriter


@dataclass(frozen=True)
class Source:
    """What stands in FROM: its SQL with an alias, its columns as fields, and those that USING has merged."""

    sql: str
    fields: tuple[ScopeColumn, ...]


def from_clause(queries: QueryWriter, node: exp.Select, outer: Scope | None) -> Source | None:
    """Write FROM with its joins; None for a query without FROM."""
    clause = node.args.get('from_')
    if clause is None:
        return None
    source = _source(queries, clause.this, outer, ())
    for join in [*(clause.this.args.get('joins') or []), *(node.args.get('joins') or [])]:
        source = _join(queries, source, join, outer)
    return source


def _source(queries: QueryWriter, node: exp.Expr, outer: Scope | None, before: Sequence[ScopeColumn]) -> Source:
    if node.args.get('sample') or node.args.get('pivots') or node.args.get('version') or node.args.get('when'):
        raise QueryError('The laptop knows no TABLESAMPLE, PIVOT and FOR VERSION. Leave it out.')
    if isinstance(node, exp.Unnest):
        return _unnest(queries, node, Scope(tuple(before), outer))
    if isinstance(node, exp.Lateral):
        made, word = queries.query(node.this, Scope(tuple(before), outer)), 'LATERAL '
    elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return _table(queries, node)
    elif isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Table):
        bare = node.copy()
        bare.set('alias', None)
        made, word = queries.query(bare, outer), ''
    elif isinstance(node, exp.Values):
        made, word = queries.values(node, outer), ''
    elif isinstance(node, exp.Subquery):
        return _bracketed(queries, node, outer)
    else:
        raise QueryError(f'The laptop does not read from {node.key.upper()}. Run the query on Athena.')
    return _aliased(queries, node, f'{word}({made.sql})', made.columns)


def _bracketed(queries: QueryWriter, node: exp.Subquery, outer: Scope | None) -> Source:
    """Return joins that stand in brackets."""
    source = _source(queries, node.this, outer, ())
    for join in node.this.args.get('joins') or []:
        source = _join(queries, source, join, outer)
    if node.alias:
        raise QueryError('Joins in brackets take no alias. Correct the query.')
    return Source(f'({source.sql})', source.fields)


def _aliased(queries: QueryWriter, node: exp.Expr, sql: str, columns: Sequence[ResultColumn],
             relation: str | None = None,
             database: str | None = None) -> Source:
    alias = node.args.get('alias')
    names = [column.name.lower() for column in alias.columns] if alias is not None else []
    if names and len(names) != len(columns):
        raise QueryError(f"'{node.alias}' names {len(names)} columns, but has {len(columns)}. Correct the query.")
    called = node.alias.lower() or relation
    inner = queries.new_name('r')
    owner = database if not node.alias else None
    fields = tuple(
        ScopeColumn(names[place] if names else column.name.lower(), Typed(f'{inner}.{column.sql}', column.type),
                    called or None, owner)
        for place, column in enumerate(columns))
    return Source(f'{sql} AS {inner}', fields)


def _table(queries: QueryWriter, node: exp.Table) -> Source:
    if not node.args.get('db') and node.name.lower() in queries.known:
        sql, columns = queries.known[node.name.lower()]
        return _aliased(queries, node, sql, columns, node.name.lower())
    sql, (database, name), found = queries.tables(node)
    return _aliased(queries, node, sql, found, name, database)


def _unnest(queries: QueryWriter, node: exp.Unnest, scope: Scope) -> Source:
    write = queries.expressions(scope)
    items: list[tuple[str, Type]] = []
    lengths = []
    for item in node.expressions:
        value = write.expression(item)
        lengths.append(f'len({value.sql})' if value.type.name == 'array' else f'cardinality({value.sql})')
        items += _unnested(value)
    if node.args.get('offset'):
        items.append((f'range(1, CAST(greatest({", ".join(f"coalesce({length}, 0)" for length in lengths)}) AS '
                      f'BIGINT) '
                      '+ 1)', BIGINT))
    columns = tuple(ResultColumn(f'_col{place}', kind, queries.new_name('c')) for place, (_, kind) in enumerate(items))
    listed = ', '.join(f'unnest({sql}) AS {column.sql}' for (sql, _), column in zip(items, columns, strict=True))
    bare = node.copy()
    alias = bare.args.get('alias')
    if alias is not None and alias.columns and isinstance(node.args.get('offset'), exp.Identifier):
        alias.set('columns', [*alias.columns, node.args['offset']])
    return _aliased(queries, bare, f'LATERAL (SELECT {listed})', columns)


def _unnested(value: Typed) -> list[tuple[str, Type]]:
    if value.type.name == 'map':
        return [(f'map_keys({value.sql})', value.type.parts[0]), (f'map_values({value.sql})', value.type.parts[1])]
    if value.type.name != 'array':
        raise QueryError(f'UNNEST takes arrays and maps, not {value.type}. Correct the query.')
    element = value.type.parts[0]
    if element.name != 'row':
        return [(value.sql, element)]
    return [(f'list_transform({value.sql}, lambda item: {field("item", number)})', part)
            for number, part in enumerate(element.parts, start=1)]


def _join(queries: QueryWriter, left: Source, node: exp.Join, outer: Scope | None) -> Source:
    if node.args.get('method') or node.args.get('hint') or node.args.get('global_'):
        raise QueryError('The laptop does not know NATURAL JOIN and hints. Name the columns with USING or ON.')
    side, kind = str(node.args.get('side') or '').upper(), str(node.args.get('kind') or '').upper()
    right = _source(queries, node.this, outer, left.fields)
    for inner in node.this.args.get('joins') or []:
        right = _join(queries, right, inner, outer)
    fields = (*left.fields, *right.fields)
    if node.args.get('using'):
        return _using(queries, left, right, side, [item.name.lower() for item in node.args['using']])
    condition = node.args.get('on')
    word = f'{side} JOIN' if side else 'CROSS JOIN' if condition is None else 'JOIN'
    if condition is None and (side or kind not in ('', 'CROSS')) or condition is not None and kind == 'CROSS':
        raise QueryError('A join has ON or USING, a CROSS JOIN has neither. Correct the query.')
    write = queries.expressions(Scope(fields, outer))
    ending = f' ON {write.condition(write.expression(condition))}' if condition is not None else ''
    return Source(f'{left.sql} {word} {right.sql}{ending}', fields)


def _using(queries: QueryWriter, left: Source, right: Source, side: str, names: Sequence[str]) -> Source:
    write = queries.expressions(Scope())
    conditions, merged = [], []
    for name in names:
        one, other = (Scope(source.fields).find(name, None, None) for source in (left, right))
        if one is None or other is None:
            raise QueryError(f"USING names '{name}', which is not a column of both sides. Correct the name.")
        conditions.append(write.operators.compare('=', one, other))
        kind = write.common('USING', [one, other])
        pair = [write.convert(value, kind) for value in (one, other)]
        sql = {'FULL': f'coalesce({pair[0]}, {pair[1]})', 'RIGHT': pair[1]}.get(side, pair[0])
        merged.append(ScopeColumn(name, Typed(sql, kind)))
    rest = tuple(item for source in (left, right) for item in source.fields if item.name not in names)
    word = f'{side} JOIN' if side else 'JOIN'
    return Source(f'{left.sql} {word} {right.sql} ON {" AND ".join(conditions)}', (*merged, *rest))
