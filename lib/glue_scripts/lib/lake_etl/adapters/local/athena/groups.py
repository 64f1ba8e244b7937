"""Writes aggregate functions, windows and their frames."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from lake_etl.adapters.local.athena import values_groups
from lake_etl.adapters.local.athena.athena_types import INTEGERS, VARCHAR, WITH_TIME_ZONE, Type, array, row
from lake_etl.adapters.local.athena.functions_groups import AGGREGATES, LISTED, WINDOWS
from lake_etl.adapters.local.athena.lambdas import folded_list
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.signatures import FunctionForm, choose
from lake_etl.adapters.local.athena.typed import Typed
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions

# These take DISTINCT on the laptop with the meaning it has in Athena.
TAKES_DISTINCT = frozenset({'count', 'sum', 'avg', 'array_agg', 'listagg', 'min', 'max', 'stddev', 'variance'})
NOT_ORDERED = ('array', 'map', 'row', 'json')


class Groups:
    """Aggregates and windows of one query."""

    def __init__(self, functions: PythonFunctions):
        self._functions = functions

    def write(self, write: Expressions, node: exp.Expr, filtered: str, window: str, nulls: str) -> Typed:
        """Return the call of an aggregate or window function."""
        if isinstance(node, exp.GroupConcat):
            return self._listagg(write, node, filtered + window)
        name = str(node.this).lower() if isinstance(node, exp.Anonymous) else node.key
        arguments, distinct, order = self._arguments(write, node)
        _check_window(name, filtered, window)
        if name == 'reduce_agg':
            return self._reduce_agg(write, node, filtered + window)
        if name == 'approx_percentile':
            return self._percentile(write, arguments, distinct + order, filtered + window)
        values = [write.expression(item) for item in arguments]
        known = next((forms for forms in (AGGREGATES, LISTED, WINDOWS) if name in forms), None)
        if known is None or known is WINDOWS and not window:
            raise QueryError(f'The laptop does not have the aggregate function {name}. A window function is written '
                             f'with '
                             'OVER (…), others can be run on Athena.')
        self._check_distinct(name, distinct, order)
        form, goals, result = choose(name, known[name], [value.type for value in values])
        given = [write.convert(value, goal) if value.type != goal else value.sql
                 for value, goal in zip(values, goals, strict=True)]
        self._check(name, goals, bool(distinct))
        if name == 'avg' and result.name == 'decimal':
            return self._average(given[0], result, distinct, filtered + window)
        if form.body is not None:
            return self._over_list(form, given, goals, result, filtered + window)
        assert form.sql is not None
        return Typed(form.sql.format(*given, d=distinct, o=order, w=filtered + window, n=nulls, r=result.duckdb),
                     result)

    def window(self, write: Expressions, node: exp.Window, named: Mapping[str, exp.Expr]) -> str:
        """Return what stands in the brackets of OVER."""
        base = node
        if node.args.get('alias') is not None:
            name = node.args['alias'].name.lower()
            if name not in named:
                raise QueryError(f"Window '{name}' is not defined in the WINDOW clause. Correct the name.")
            base = named[name]      # type: ignore[assignment]
        partition = base.args.get('partition_by') or node.args.get('partition_by') or []
        order = base.args.get('order') or node.args.get('order')
        spec = base.args.get('spec') or node.args.get('spec')
        parts = []
        if partition:
            parts.append(f'PARTITION BY {", ".join(group_key(write.expression(item)) for item in partition)}')
        if order is not None:
            parts.append(self.order(write, order.expressions))
        if spec is not None:
            parts.append(self._frame(write, spec))
        return ' '.join(parts)

    def order(self, write: Expressions, items: Sequence[exp.Expr]) -> str:
        """Return ORDER BY of expressions, nulls last unless the query says otherwise."""
        keys = []
        for item in items:
            if not isinstance(item, exp.Ordered):
                raise QueryError('ORDER BY takes expressions, each with ASC or DESC. Correct the query.')
            keys.append(order_key(write.expression(item.this)) + direction(item))
        return f'ORDER BY {", ".join(keys)}'

    def _arguments(self, write: Expressions, node: exp.Expr) -> tuple[list[exp.Expr], str, str]:
        """Return the arguments, DISTINCT and ORDER BY of a call."""
        arguments = list(node.expressions)
        order = ''
        if arguments and isinstance(arguments[-1], exp.Order):
            last = arguments.pop()
            order = f' {self.order(write, last.expressions)}'
            arguments.append(last.this)
        distinct = ''
        if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
            distinct = 'DISTINCT '
            arguments = list(arguments[0].expressions)
        if len(arguments) == 1 and isinstance(arguments[0], exp.Star):
            arguments = []
        return arguments, distinct, order

    @staticmethod
    def _check_distinct(name: str, distinct: str, order: str) -> None:
        if distinct and name not in TAKES_DISTINCT or order and name != 'array_agg':
            raise QueryError(f'{name} takes neither DISTINCT nor ORDER BY on the laptop. Write it in another way.')
        if name == 'array_agg' and distinct and not order:
            raise QueryError('The order of array_agg(DISTINCT x) is open. Write array_agg(DISTINCT x ORDER BY x).')

    @staticmethod
    def _check(name: str, goals: Sequence[Type], distinct: bool) -> None:
        """Refuse values that the function cannot order or compare as Athena does."""
        ordered = {'min': 0, 'max': 0, 'min_by': 1, 'max_by': 1}
        if name in ordered and goals[ordered[name]].name in (*NOT_ORDERED, 'char'):
            raise QueryError(f'{name} does not order values of the type {goals[ordered[name]]} on the laptop.')
        if name.endswith('_by') and goals[1].name in ('real', 'double'):
            raise QueryError(f'{name} does not order by doubles, which may be NaN, on the laptop. Convert to decimal.')
        compared = distinct or name in ('approx_distinct', 'histogram')
        if compared and goals and (goals[0].name in (WITH_TIME_ZONE, 'map', 'char') or goals[0].parts):
            raise QueryError(f'{name} does not compare values of the type {goals[0]} on the laptop.')
        if name in ('map_agg', 'multimap_agg', 'histogram') and goals and (
                goals[0].parts or goals[0].name in (WITH_TIME_ZONE, 'real', 'double')):
            raise QueryError(f'{name} does not take keys of the type {goals[0]} on the laptop.')

    def _average(self, value: str, kind: Type, distinct: str, suffix: str) -> Typed:
        scale = kind.arguments[1]
        total = f'CAST(sum({distinct}{value}){suffix} AS DECIMAL(38, {scale}))'
        body = values_groups.average_of(scale)
        return Typed(self._functions.call(body, [(total, Type('decimal', (38, scale))), (
            f'count({distinct}{value}){suffix}', Type('bigint'))], kind, key=str(scale)), kind)

    def _over_list(self, form: FunctionForm, given: Sequence[str], goals: Sequence[Type], result: Type,
                   suffix: str) -> Typed:
        assert form.body is not None
        if len(given) == 1:
            listed, kind = f'list({given[0]}){suffix}', array(goals[0])
        else:
            pair = row(tuple(goals))
            fields = ', '.join(f'"{name}" := {value}' for name, value in zip(pair.members, given, strict=True))
            listed, kind = f'list(struct_pack({fields})){suffix}', array(pair)
        return Typed(self._functions.call(form.body, [(listed, kind)], result, key=f'{form.name} {kind}'), result)

    def _percentile(self, write: Expressions, nodes: Sequence[exp.Expr], more: str, suffix: str) -> Typed:
        """Write approx_percentile of a value and one part, or an array of parts."""
        values = [write.expression(node) for node in nodes]
        if more or len(values) != 2 or values[0].type.name not in (*INTEGERS, 'real', 'double'):
            raise QueryError('approx_percentile takes a number that is not a decimal, and a part or an array of parts.')
        kind = values[0].type if values[0].type.name in ('real', 'double') else Type('bigint')
        listed = (f'list({write.convert(values[0], kind)}){suffix}', array(kind))
        if values[1].type.name == 'array':
            parts = array(Type('double'))
            sql = self._functions.call(values_groups.approx_percentiles, [
                listed, (write.convert(values[1], parts), parts)], array(kind), key=str(kind))
            return Typed(sql, array(kind))
        part = (write.convert(values[1], Type('double')), Type('double'))
        return Typed(self._functions.call(values_groups.approx_percentile, [listed, part], kind, key=str(kind)), kind)

    def _listagg(self, write: Expressions, node: exp.GroupConcat, suffix: str) -> Typed:
        value, order, distinct = node.this, '', ''
        if node.args.get('on_overflow') is not None:
            raise QueryError('listagg takes no ON OVERFLOW on the laptop. Leave it out.')
        if isinstance(value, exp.Order):
            order, value = f' {self.order(write, value.expressions)}', value.this
        if isinstance(value, exp.Distinct):
            distinct, value = 'DISTINCT ', value.expressions[0]
        text = write.expression(value)
        if text.type.name not in ('varchar', 'unknown'):
            raise QueryError(f'listagg takes texts, not {text.type}. Convert the value with CAST.')
        separator = node.args.get('separator')
        mark = write.expression(separator).sql if separator is not None else "''"
        return Typed(f'string_agg({distinct}{write.convert(text, VARCHAR)}, {mark}{order}){suffix}', VARCHAR)

    def _reduce_agg(self, write: Expressions, node: exp.Expr, suffix: str) -> Typed:
        if len(node.expressions) != 4:
            raise QueryError('reduce_agg takes a value, a start and two lambdas. Correct the query.')
        value, start = write.expression(node.expressions[0]), write.expression(node.expressions[1])
        listed = f'list({value.sql}){suffix}'
        items = Typed(f'list_filter({listed}, lambda item: item IS NOT NULL)', array(value.type))
        goal, folded = folded_list(write, items, start, node.expressions[2])
        return Typed(f'CASE WHEN len({items.sql}) > 0 THEN {folded} END', goal)

    def _frame(self, write: Expressions, spec: exp.Expr) -> str:
        kind = str(spec.args.get('kind') or '').upper()
        if kind not in ('ROWS', 'RANGE', 'GROUPS') or spec.args.get('exclude'):
            raise QueryError('A window frame is given with ROWS, RANGE or GROUPS. Correct the query.')
        start = self._bound(write, kind, spec.args.get('start'), spec.args.get('start_side'))
        if spec.args.get('end') is None:
            return f'{kind} {start}'
        return f'{kind} BETWEEN {start} AND {self._bound(write, kind, spec.args["end"], spec.args.get("end_side"))}'

    @staticmethod
    def _bound(write: Expressions, kind: str, bound: object, side: object) -> str:
        if not isinstance(bound, exp.Expr):
            return f'{bound} {side or ""}'.strip()
        value = write.expression(bound)
        if value.type.name not in INTEGERS or kind == 'RANGE':
            raise QueryError(f'A frame of {kind} with {value.type} is not known on the laptop. Use ROWS and whole '
                             f'numbers.')
        return f'{value.sql} {side}'


def _check_window(name: str, filtered: str, window: str) -> None:
    if filtered and window:
        raise QueryError('Athena does not take FILTER and OVER together. Use CASE inside the function.')
    if name in ('lag', 'lead') and ('ORDER BY' not in window or re.search(r' (?:ROWS|RANGE|GROUPS) ', window)):
        raise QueryError(f'{name} needs ORDER BY in its window, and takes no frame. Correct the query.')


def order_key(value: Typed) -> str:
    """Return what rows are ordered by; raises QueryError for types without an order on the laptop."""
    if value.type.name in NOT_ORDERED:
        raise QueryError(f'The laptop does not order values of the type {value.type}. Order by a part of them.')
    if value.type.name == WITH_TIME_ZONE:
        return f'({value.sql}).i'
    return value.sql


def group_key(value: Typed) -> str:
    """Return what rows are grouped by; raises QueryError for types that the laptop cannot compare so."""
    if value.type.name in (WITH_TIME_ZONE, 'map', 'char'):
        raise QueryError(f'The laptop does not group by values of the type {value.type}. Convert them first.')
    return value.sql


def direction(item: exp.Ordered) -> str:
    """Return the direction of a key, and the place of nulls, which is last unless the query says otherwise."""
    first = item.args.get('nulls_first')
    return f'{" DESC" if item.args.get("desc") else " ASC"} NULLS {"FIRST" if first else "LAST"}'
