"""Writes DISTINCT, LIMIT and OFFSET, and finds the columns that are named by their position."""
from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from lake_etl.adapters.local.athena.groups import group_key
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.errors import QueryError


def limits(node: exp.Expr) -> str:
    """Return LIMIT and OFFSET of a query."""
    limit, offset = node.args.get('limit'), node.args.get('offset')
    parts = ''
    if limit is not None:
        size = limit.args.get('count') if isinstance(limit, exp.Fetch) else limit.expression
        options = limit.args.get('limit_options')
        if options is not None and (options.args.get('with_ties') or options.args.get('percent')):
            raise QueryError('The laptop does not know FETCH … WITH TIES. Use rank().')
        if size is None and isinstance(limit, exp.Fetch):
            parts += ' LIMIT 1'
        elif not (isinstance(size, exp.Var) and size.name.upper() == 'ALL'):
            parts += f' LIMIT {_whole(size)}'
    return parts + (f' OFFSET {_whole(offset.expression)}' if offset is not None else '')


def ordinal(node: exp.Expr, items: Sequence[tuple[str, Typed]]) -> Typed | None:
    """Return the column that a number in GROUP BY or ORDER BY means; None for another expression."""
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    place = int(node.this) if str(node.this).isdigit() else 0
    if not 1 <= place <= len(items):
        raise QueryError(f'Position {node.this} is not one of the {len(items)} columns of the query. Correct it.')
    return items[place - 1][1]


def _whole(node: exp.Expr | None) -> str:
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit():
        return str(node.this)
    raise QueryError('LIMIT and OFFSET take a whole number. Correct the query.')


def select_distinct(node: exp.Select, items: Sequence[tuple[str, Typed]]) -> str:
    """Return DISTINCT of a SELECT, whose columns must be of types that the laptop can compare."""
    if node.args.get('distinct') is None:
        return ''
    for _, value in items:
        group_key(value)
    return ' DISTINCT'
