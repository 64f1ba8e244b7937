"""Writes the functions that take lambdas."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from lake_etl.adapters.local.athena import values_regex
from lake_etl.adapters.local.athena.athena_types import BOOLEAN, VARCHAR, Type, array, common_type, map_type
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions

Handler = Callable[['Expressions', Sequence[exp.Expr]], Typed]


def _parts(write: Expressions, name: str, nodes: Sequence[exp.Expr], values: int, lambdas: int) -> list[Typed]:
    given = nodes[values:]
    if len(nodes) != values + lambdas or any(not isinstance(node, exp.Lambda) for node in given):
        raise QueryError(f'{name} takes {values} values and {lambdas} lambdas. Correct the query.')
    return [write.expression(node) for node in nodes[:values]]


def _container(name: str, value: Typed, kind: str) -> Typed:
    if value.type.name != kind:
        raise QueryError(f'{name} takes a {kind}, not {value.type}. Correct the query.')
    return value


def transform(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write transform(array, element -> …)."""
    items = _container('transform', _parts(write, 'transform', nodes, 1, 1)[0], 'array')
    names, body = write.lambda_body(nodes[1], [items.type.parts[0]])
    return Typed(f'list_transform({items.sql}, lambda {names[0]}: {body.sql})', array(body.type))


def filter_array(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write filter(array, element -> condition)."""
    items = _container('filter', _parts(write, 'filter', nodes, 1, 1)[0], 'array')
    names, body = write.lambda_body(nodes[1], [items.type.parts[0]])
    return Typed(f'list_filter({items.sql}, lambda {names[0]}: {write.condition(body)})', items.type)


def match(name: str) -> Handler:
    """Return what writes any_match, all_match or none_match."""
    def handler(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
        items = _container(name, _parts(write, name, nodes, 1, 1)[0], 'array')
        names, body = write.lambda_body(nodes[1], [items.type.parts[0]])
        answers = f'list_transform({items.sql}, lambda {names[0]}: CAST({write.condition(body)} AS BOOLEAN))'
        decides = 'false' if name == 'all_match' else 'true'
        found = {'any_match': 'true', 'all_match': 'false', 'none_match': 'false'}[name]
        other = 'false' if found == 'true' else 'true'
        return Typed(f'CASE WHEN {items.sql} IS NULL THEN NULL WHEN list_contains({answers}, {decides}) THEN {found} '
                     f'WHEN '
                     f'len(list_filter({answers}, lambda answer: answer IS NULL)) > 0 THEN NULL ELSE {other} END',
                     BOOLEAN)
    return handler


def reduce_array(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write reduce(array, start, (state, element) -> state, state -> result)."""
    items, start = _parts(write, 'reduce', nodes, 2, 2)
    items = _container('reduce', items, 'array')
    state, folded = folded_list(write, items, start, nodes[2])
    names, result = write.lambda_body(nodes[3], [state])
    return Typed(f'list_transform([{folded}], lambda {names[0]}: {result.sql})[1]', result.type)


def folded_list(write: Expressions, items: Typed, start: Typed, step: exp.Expr) -> tuple[Type, str]:
    """Return the type of the state, and the SQL of the state after the last element."""
    state = start.type
    _, body = write.lambda_body(step, [state, items.type.parts[0]])
    goal = common_type(state, body.type)
    if goal is None or goal.name == 'unknown':
        raise QueryError(f'The lambda of reduce gives {body.type}, but the state is {state}. Convert one of the two.')
    names, body = write.lambda_body(step, [goal, items.type.parts[0]])
    # DuckDB wants the state and the elements to have one type.
    pair = f'STRUCT(s {goal.duckdb}, e {items.type.parts[0].duckdb})'
    packed = f'list_transform({items.sql}, lambda item: CAST(struct_pack(s := NULL, e := item) AS {pair}))'
    first = f'CAST(struct_pack(s := {write.convert(start, goal)}, e := NULL) AS {pair})'
    inner = body.sql
    for name, member in zip(names, ('s', 'e'), strict=True):
        inner = inner.replace(name, f'({"before" if member == "s" else "item"}).{member}')
    state_sql = f'CAST({write.convert(Typed(inner, body.type), goal)} AS {goal.duckdb})'
    step_sql = f'CAST(struct_pack(s := {state_sql}, e := NULL) AS {pair})'
    return goal, f'(list_reduce({packed}, lambda before, item: {step_sql}, {first})).s'


def zip_with(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write zip_with(array, array, (one, other) -> …)."""
    first, second = (_container('zip_with', item, 'array') for item in _parts(write, 'zip_with', nodes, 2, 1))
    pairs = write.call('zip', [first, second])
    kinds = [first.type.parts[0], second.type.parts[0]]
    names, body = write.lambda_body(nodes[2], kinds)
    inner = body.sql.replace(names[0], 'pair.field0').replace(names[1], 'pair.field1')
    return Typed(f'list_transform({pairs.sql}, lambda pair: {inner})', array(body.type))


def map_filter(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write map_filter(map, (key, value) -> condition)."""
    entries = _container('map_filter', _parts(write, 'map_filter', nodes, 1, 1)[0], 'map')
    names, body = write.lambda_body(nodes[1], list(entries.type.parts))
    inner = write.condition(body).replace(names[0], 'entry.key').replace(names[1], 'entry.value')
    return Typed(f'map_from_entries(list_filter(map_entries({entries.sql}), lambda entry: {inner}))', entries.type)


def transform_map(name: str) -> Handler:
    """Return what writes transform_keys or transform_values."""
    def handler(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
        entries = _container(name, _parts(write, name, nodes, 1, 1)[0], 'map')
        key, value = entries.type.parts
        names, body = write.lambda_body(nodes[1], [key, value])
        inner = body.sql.replace(names[0], 'entry.key').replace(names[1], 'entry.value')
        goal = map_type(body.type, value) if name == 'transform_keys' else map_type(key, body.type)
        pair = f'k := {inner}, v := entry.value' if name == 'transform_keys' else f'k := entry.key, v := {inner}'
        pairs = f'list_transform(map_entries({entries.sql}), lambda entry: struct_pack({pair}))'
        return Typed(f'map_from_entries({pairs})', goal)
    return handler


def map_zip_with(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write map_zip_with(map, map, (key, one, other) -> …)."""
    first, second = (_container('map_zip_with', item, 'map') for item in _parts(write, 'map_zip_with', nodes, 2, 1))
    key = common_type(first.type.parts[0], second.type.parts[0])
    if key is None:
        raise QueryError('The maps of map_zip_with have keys of different types. Convert one of them.')
    one, other = (Typed(write.convert(item, map_type(key, item.type.parts[1])), map_type(key, item.type.parts[1]))
                  for item in (first, second))
    names, body = write.lambda_body(nodes[2], [key, one.type.parts[1], other.type.parts[1]])
    inner = body.sql.replace(names[0], 'shared').replace(names[1], f'({one.sql}[shared])').replace(
        names[2], f'({other.sql}[shared])')
    keys = f'list_distinct(list_concat(map_keys({one.sql}), map_keys({other.sql})))'
    return Typed(f'CASE WHEN {one.sql} IS NOT NULL AND {other.sql} IS NOT NULL THEN '
                 f'map_from_entries(list_transform({keys}, '
                 f'lambda shared: struct_pack(k := shared, v := {inner}))) END', map_type(key, body.type))


def regexp_replace(write: Expressions, nodes: Sequence[exp.Expr]) -> Typed:
    """Write regexp_replace(text, pattern, groups -> …), whose lambda gets the groups of each match."""
    value, pattern = _parts(write, 'regexp_replace', nodes, 2, 1)
    matches = write.call('regexp_like', [value, pattern])      # refuses a pattern that the laptop does not read
    del matches
    both = [(write.convert(item, VARCHAR), VARCHAR) for item in (value, pattern)]
    names, body = write.lambda_body(nodes[2], [array(VARCHAR)])
    groups = write.python(values_regex.groups_of_matches, both, array(array(VARCHAR)))
    made = f'list_transform({groups}, lambda {names[0]}: {write.convert(body, VARCHAR)})'
    return Typed(write.python(values_regex.with_replacements, [*both, (made, array(VARCHAR))], VARCHAR), VARCHAR)


LAMBDA_FUNCTIONS: dict[str, Handler] = {
    'transform': transform, 'filter': filter_array, 'any_match': match('any_match'), 'all_match': match('all_match'),
    'none_match': match('none_match'), 'reduce': reduce_array, 'zip_with': zip_with, 'map_filter': map_filter,
    'transform_keys': transform_map('transform_keys'), 'transform_values': transform_map('transform_values'),
    'map_zip_with': map_zip_with}
