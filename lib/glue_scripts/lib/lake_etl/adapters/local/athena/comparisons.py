"""Writes comparisons, logic and membership."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_types import BOOLEAN, VARCHAR, WITH_TIME_ZONE, Type
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions

COMPARISONS: dict[type[exp.Expr], str] = {exp.EQ: '=', exp.NEQ: '<>', exp.LT: '<', exp.LTE: '<=', exp.GT: '>',
                                          exp.GTE: '>='}


def _comparison(write: Expressions, node: exp.Expr) -> Typed:
    sign = COMPARISONS[type(node)]
    if isinstance(node.expression, exp.Any | exp.All):
        return _quantified(write, sign, node)
    return Typed(write.operators.compare(sign, write.expression(node.this), write.expression(node.expression)),
                 BOOLEAN)


def _quantified(write: Expressions, sign: str, node: exp.Expr) -> Typed:
    word = 'ANY' if isinstance(node.expression, exp.Any) else 'ALL'
    value, kind, query = _against_query(write, write.expression(node.this), node.expression.this)
    if kind.name in ('real', 'double'):
        raise QueryError(f'The laptop does not compare doubles with {word}. Write it with EXISTS.')
    return Typed(f'({value} {sign} {word} ({query}))', BOOLEAN)


def _against_query(write: Expressions, value: Typed, node: exp.Expr) -> tuple[str, Type, str]:
    query = write.queries.query(node, write.scope)
    if len(query.columns) != 1:
        raise QueryError(f'A query with one column is expected, found {len(query.columns)}. Correct the query.')
    column = query.columns[0]
    kind = write.operators.comparable(value, Typed('', column.type))
    if kind.parts or kind.name in ('char', WITH_TIME_ZONE):
        raise QueryError(f'The laptop does not compare {kind} with the rows of a query. Use a join.')
    inner = write.queries.new_name('r')
    wanted = write.casts.cast(f'{inner}.{column.sql}', column.type, kind)
    return write.convert(value, kind), kind, f'SELECT {wanted} FROM ({query.sql}) AS {inner}'


def _not(write: Expressions, node: exp.Not) -> Typed:
    return Typed(f'(NOT {write.condition(write.expression(node.this))})', BOOLEAN)


def _and(write: Expressions, node: exp.And) -> Typed:
    return _logical(write, 'AND', node)


def _or(write: Expressions, node: exp.Or) -> Typed:
    return _logical(write, 'OR', node)


def _logical(write: Expressions, word: str, node: exp.Expr) -> Typed:
    left, right = write.condition(write.expression(node.this)), write.condition(write.expression(node.expression))
    return Typed(f'({left} {word} {right})', BOOLEAN)


def _is(write: Expressions, node: exp.Is) -> Typed:
    if not isinstance(node.expression, exp.Null):
        raise QueryError('Athena knows IS NULL and IS DISTINCT FROM. Correct the query.')
    return Typed(f'({write.expression(node.this).sql} IS NULL)', BOOLEAN)


def _nullsafeneq(write: Expressions, node: exp.NullSafeNEQ) -> Typed:
    return Typed(write.operators.distinct(write.expression(node.this), write.expression(node.expression)), BOOLEAN)


def _nullsafeeq(write: Expressions, node: exp.NullSafeEQ) -> Typed:
    return Typed(f'(NOT {_nullsafeneq(write, exp.NullSafeNEQ(this=node.this, expression=node.expression)).sql})',
                 BOOLEAN)


def _between(write: Expressions, node: exp.Between) -> Typed:
    value, low, high = (write.expression(part) for part in (node.this, node.args['low'], node.args['high']))
    if node.args.get('symmetric'):
        raise QueryError('Athena does not have BETWEEN SYMMETRIC. Correct the query.')
    return Typed(f"({write.operators.compare('>=', value, low)} AND {write.operators.compare('<=', value, high)})",
                 BOOLEAN)


def _in(write: Expressions, node: exp.In) -> Typed:
    value = write.expression(node.this)
    query = node.args.get('query')
    values = node.expressions
    if query is None and len(values) == 1 and isinstance(values[0], exp.Query | exp.Values):
        query = values[0]
    if query is not None:
        left, kind, sql = _against_query(write, value, query)
        if kind.name in ('real', 'double'):
            raise QueryError('The laptop does not look up doubles in a query. Use a join, or convert to decimal.')
        return Typed(f'({left} IN ({sql}))', BOOLEAN)
    if not values or node.args.get('unnest') or node.args.get('field'):
        raise QueryError('IN takes a list of values or a query. Correct the query.')
    return Typed(f"({' OR '.join(write.operators.compare('=', value, write.expression(item)) for item in values)})",
                 BOOLEAN)


def _like(write: Expressions, node: exp.Like) -> Typed:
    return _likeness(write, node, None)


def _escape(write: Expressions, node: exp.Escape) -> Typed:
    if not isinstance(node.this, exp.Like):
        raise QueryError('ESCAPE follows LIKE only. Correct the query.')
    return _likeness(write, node.this, write.expression(node.expression))


def _likeness(write: Expressions, node: exp.Like, escape: Typed | None) -> Typed:
    value, pattern = write.expression(node.this), write.expression(node.expression)
    if any(item.type.name not in ('varchar', 'unknown') for item in (value, pattern)):
        raise QueryError(f'LIKE takes two texts, not {value.type} and {pattern.type}. Convert them with CAST.')
    mark = f' ESCAPE {escape.sql}' if escape else ''
    if escape and (escape.text is None or len(escape.text) != 1):
        raise QueryError('The ESCAPE of LIKE is a text of one character. Correct the query.')
    negation = 'NOT ' if node.args.get('negate') else ''
    return Typed(f'({write.argument(value, VARCHAR)} {negation}LIKE {write.argument(pattern, VARCHAR)}{mark})',
                 BOOLEAN)


CONDITIONS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Not: _not, exp.And: _and, exp.Or: _or, exp.Is: _is, exp.NullSafeNEQ: _nullsafeneq, exp.NullSafeEQ:
    _nullsafeeq, exp.Between: _between, exp.In: _in, exp.Like: _like, exp.Escape: _escape,
    **dict.fromkeys(COMPARISONS, _comparison)}
