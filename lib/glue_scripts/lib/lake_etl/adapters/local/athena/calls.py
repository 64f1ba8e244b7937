"""Writes calls of functions: those with a grammar of their own, aggregates and windows."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_dialect import TYPED_LITERAL
from lake_etl.adapters.local.athena.athena_type_text import parse_type
from lake_etl.adapters.local.athena.athena_types import INTEGER
from lake_etl.adapters.local.athena.functions_groups import AGGREGATES, LISTED, NULLS_MATTER, WINDOW_FUNCTIONS
from lake_etl.adapters.local.athena.lambdas import LAMBDA_FUNCTIONS, regexp_replace
from lake_etl.adapters.local.athena.literals import typed_literal
from lake_etl.adapters.local.athena.typed import Typed, text
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions


def _anonymous(write: Expressions, node: exp.Anonymous) -> Typed:
    name = str(node.this).lower()
    if name == TYPED_LITERAL:
        return typed_literal(write, node)
    if name == 'grouping':
        items = ', '.join(write.expression(item).sql for item in node.expressions)
        return Typed(f'CAST(grouping({items}) AS INTEGER)', INTEGER)
    if name in ('current_timestamp', 'localtimestamp', 'localtime') and node.expressions:
        raise QueryError(f'{name} has 3 digits of a second on the laptop. Leave the number in brackets out.')
    if name in AGGREGATES or name in LISTED or name in WINDOW_FUNCTIONS or name in ('reduce_agg',
                                                                                    'approx_percentile'):
        return _group(write, node)
    if name in LAMBDA_FUNCTIONS:
        return LAMBDA_FUNCTIONS[name](write, node.expressions)
    if name == 'regexp_replace' and len(node.expressions) == 3 and isinstance(node.expressions[2], exp.Lambda):
        return regexp_replace(write, node.expressions)
    if any(isinstance(item, exp.Lambda) for item in node.expressions):
        raise QueryError(f'{name} does not take a lambda on the laptop. Write it in another way.')
    return write.call(name, [write.expression(item) for item in node.expressions])


def _extract(write: Expressions, node: exp.Extract) -> Typed:
    field = str(node.this.name).lower()
    name = {'dow': 'day_of_week', 'doy': 'day_of_year', 'yow': 'year_of_week'}.get(field, field)
    if name not in ('year', 'quarter', 'month', 'week', 'day', 'day_of_month', 'day_of_week', 'day_of_year',
                    'year_of_week', 'hour', 'minute', 'second', 'timezone_hour', 'timezone_minute'):
        raise QueryError(f'Athena does not extract {field}. Correct the query.')
    value = write.expression(node.expression)
    if value.type.name == 'date' and name in ('hour', 'minute', 'second'):
        raise QueryError(f'Athena does not extract {field} from a date. Convert it to a timestamp.')
    return write.chosen(name, [value])


def _strposition(write: Expressions, node: exp.StrPosition) -> Typed:
    return write.chosen('strpos', [write.expression(node.this), write.expression(node.args['substr'])])


def _substring(write: Expressions, node: exp.Substring) -> Typed:
    parts = [node.this, node.args.get('start'), node.args.get('length')]
    return write.chosen('substr', [write.expression(part) for part in parts if part is not None])


def _trim(write: Expressions, node: exp.Trim) -> Typed:
    name = {'LEADING': 'ltrim', 'TRAILING': 'rtrim'}.get(str(node.args.get('position') or '').upper(), 'trim')
    parts = [node.this, node.args.get('expression')]
    return write.chosen(name, [write.expression(part) for part in parts if part is not None])


def _normalize(write: Expressions, node: exp.Normalize) -> Typed:
    form = node.args.get('form')
    return write.chosen('normalize', [write.expression(node.this), text(form.name.upper() if form else 'NFC')])


def _group(write: Expressions, node: exp.Expr, filtered: str = '', window: str = '', nulls: str = '') -> Typed:
    return write.queries.groups.write(write, node, filtered, window, nulls)


def _groupconcat(write: Expressions, node: exp.GroupConcat) -> Typed:
    return _group(write, node)


def _filter(write: Expressions, node: exp.Filter) -> Typed:
    condition = write.condition(write.expression(node.expression.this))
    return _group(write, node.this, f' FILTER (WHERE {condition})')


def _window(write: Expressions, node: exp.Window) -> Typed:
    called, nulls, filtered = node.this, '', ''
    if isinstance(called, exp.IgnoreNulls | exp.RespectNulls):
        nulls = ' IGNORE NULLS' if isinstance(called, exp.IgnoreNulls) else ''
        called = called.this
    if isinstance(called, exp.Filter):
        filtered = f' FILTER (WHERE {write.condition(write.expression(called.expression.this))})'
        called = called.this
    if nulls and str(called.this).lower() not in NULLS_MATTER:
        raise QueryError('IGNORE NULLS follows lag, lead, first_value, last_value and nth_value only.')
    return _group(write, called, filtered, f' OVER ({write.queries.groups.window(write, node, write.windows)})', nulls)


def _jsonvalue(write: Expressions, node: exp.JSONValue) -> Typed:
    return _json_path_call(write, 'json_value', node, node.args.get('path'), node.args.get('returning'))


def _jsonextract(write: Expressions, node: exp.JSONExtract) -> Typed:
    option = node.args.get('option')
    if not node.args.get('json_query') or option is not None:
        raise QueryError('json_query takes no WRAPPER or QUOTES on the laptop. Use json_extract.')
    return _json_path_call(write, 'json_query', node, node.expression, None)


def _json_path_call(write: Expressions, name: str, node: exp.Expr, path: exp.Expr | None,
                    returning: exp.Expr | None) -> Typed:
    value = write.expression(node.this)
    if value.type.name != 'varchar' or not isinstance(path, exp.Literal):
        raise QueryError(f'{name} takes a text and a literal path on the laptop. Use json_extract for other '
                         f'values.')
    found = write.call(name, [value, text(str(path.this))])
    if not returning:
        return found
    target = parse_type(returning.sql('trino'))
    if target.name not in ('varchar', 'bigint', 'integer', 'double', 'boolean') or target.arguments:
        raise QueryError(f'json_value does not return {target} on the laptop. Convert its text with CAST.')
    return Typed(write.casts.try_cast(found.sql, found.type, target), target)


CALLS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Anonymous: _anonymous, exp.Extract: _extract, exp.StrPosition: _strposition, exp.Substring: _substring,
    exp.Trim: _trim, exp.Normalize: _normalize, exp.GroupConcat: _groupconcat, exp.Filter: _filter, exp.Window:
    _window, exp.JSONValue: _jsonvalue, exp.JSONExtract: _jsonextract}
