"""Writes expressions of Athena for DuckDB and tells their types; refuses what it does not know."""
from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_type_text import parse_type
from lake_etl.adapters.local.athena.athena_types import (
    BIGINT, BOOLEAN, UNKNOWN, VARCHAR, Type, array, common_type, converts)
from lake_etl.adapters.local.athena.calls import CALLS
from lake_etl.adapters.local.athena.casts import Casts
from lake_etl.adapters.local.athena.comparisons import CONDITIONS
from lake_etl.adapters.local.athena.functions_lists import list_forms
from lake_etl.adapters.local.athena.functions_numbers import number_forms
from lake_etl.adapters.local.athena.functions_text import text_forms
from lake_etl.adapters.local.athena.functions_times import time_forms
from lake_etl.adapters.local.athena.literals import LITERALS, number_literal
from lake_etl.adapters.local.athena.operators import Operators
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.signatures import FunctionForm, by_name, choose
from lake_etl.adapters.local.athena.special_functions import SPECIAL, concat, subscript
from lake_etl.adapters.local.athena.special_times import SPECIAL_TIMES
from lake_etl.adapters.local.athena.typed import Scope, Typed
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.queries import QueryWriter

ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: '+', exp.Sub: '-', exp.Mul: '*', exp.Div: '/', exp.Mod: '%'}
WITHOUT_BRACKETS = frozenset({'current_date', 'current_timestamp', 'localtime', 'localtimestamp'})
REFUSED_WORDS = frozenset({'current_time', 'current_user', 'current_catalog', 'current_schema', 'current_path'})
# The parts of a node that some handler reads; a node with another part is refused, never half understood.
KNOWN_PARTS = frozenset({
    'alias', 'db', 'default', 'distinct', 'end', 'end_side', 'escape', 'expression', 'expressions', 'false', 'form',
    'high', 'ifs', 'is_string', 'kind', 'length', 'low', 'negate', 'option', 'json_query', 'order', 'over',
    'partition_by', 'path', 'position', 'query', 'quoted', 'returning', 'safe', 'separator', 'spec', 'start',
    'start_side', 'substr', 'symmetric', 'table', 'this', 'to', 'true', 'typed', 'unit', 'zone', 'with_', 'from_',
    'joins', 'where', 'group', 'having', 'limit', 'offset', 'windows', 'nested', 'catalog'})


SCALARS = by_name(chain(number_forms(), text_forms(), time_forms(), list_forms()))


class Expressions:
    """Writes the expressions of one place of a query, where certain columns can be named."""

    def __init__(self, scope: Scope, functions: PythonFunctions, casts: Casts, queries: QueryWriter,
                 windows: Mapping[str, exp.Expr] | None = None):
        self.scope = scope
        self._functions = functions
        self.casts = casts
        self.queries = queries
        self.windows = windows or {}

    @cached_property
    def operators(self) -> Operators:
        """Return what writes operators."""
        return Operators(self._functions, self.casts)

    def expression(self, node: exp.Expr) -> Typed:
        """Return the expression for DuckDB; raises QueryError for one that is not known."""
        kind = type(node)
        unknown = [name for name, value in node.args.items() if value and name not in KNOWN_PARTS]
        if unknown:
            raise QueryError(f'The laptop does not know {", ".join(unknown)} of {node.key.upper()}. Write it in '
                             f'another way.')
        if kind in ARITHMETIC:
            left, right = self.expression(node.this), self.expression(node.expression)
            return self.operators.arithmetic(ARITHMETIC[kind], left, right)
        handler = HANDLERS.get(kind)
        if handler is None:
            raise QueryError(f'The laptop does not know {node.key.upper()} ({node.sql("trino")[:60]}). Write it in '
                             f'another '
                             'way, or run the query on Athena.')
        return handler(self, node)

    def condition(self, value: Typed) -> str:
        """Return the SQL of a value that must be boolean."""
        if value.type not in (BOOLEAN, UNKNOWN):
            raise QueryError(f'Athena expects a condition, found a value of the type {value.type}. Correct the query.')
        return value.sql if value.type == BOOLEAN else 'CAST(NULL AS BOOLEAN)'

    def convert(self, value: Typed, target: Type, explicit: bool = False) -> str:
        """Return the value as the target type; without `explicit` only where Athena converts by itself."""
        if not explicit and value.type != target and not converts(value.type, target):
            raise QueryError(f'Athena does not convert {value.type} to {target} by itself. Use CAST.')
        return self.casts.cast(value.sql, value.type, target)

    def common(self, name: str, values: Sequence[Typed]) -> Type:
        """Return the type that all values take; raises QueryError when there is none."""
        found = UNKNOWN
        for value in values:
            both = common_type(found, value.type)
            if both is None:
                raise QueryError(f'{name} takes values of one type, not {found} and {value.type}. Convert one of them.')
            found = both
        return found

    def exactly(self, name: str, values: Sequence[Typed], count: int) -> Sequence[Typed]:
        """Return the values, or raise QueryError when it is another number of them."""
        if len(values) != count:
            raise QueryError(f'{name} takes {count} arguments, found {len(values)}. Correct the query.')
        return values

    def python(self, body: Callable[..., Any], arguments: Sequence[tuple[str, Type]], returns: Type, *, key: str = '',
               takes_null: bool = False) -> str:
        """Return the SQL of a call of a Python function."""
        return self._functions.call(body, arguments, returns, key=key, takes_null=takes_null)

    def failure(self, reason: str, value: str, kind: Type) -> str:
        """Return SQL that fails when it is reached, with the type of the expression that it stands in."""
        source = VARCHAR if value.endswith('AS VARCHAR)') else BIGINT

        def fail(_: object) -> None:
            raise ValueError(reason)
        return self._functions.call(fail, [(value, source)], kind, key=reason)

    def chosen(self, name: str, values: Sequence[Typed]) -> Typed:
        """Return the call of a scalar function whose form the types of the arguments tell."""
        form, goals, result = choose(name, SCALARS[name], [value.type for value in values])
        arguments = [self.argument(value, goal) for value, goal in zip(values, goals, strict=True)]
        if form.body is not None:
            self._check_constants(form, values)
            given = list(zip(arguments, goals, strict=True))
            key = f'{name} {" ".join(map(str, goals))}'
            return Typed(self._functions.call(form.body, given, result, key=key, takes_null=form.takes_null,
                                              changes=form.changes), result)
        assert form.sql is not None
        return Typed(form.sql.format(*arguments, all=', '.join(arguments), r=result.duckdb), result)

    def call(self, name: str, values: Sequence[Typed]) -> Typed:
        """Return the call of a function that takes neither lambdas nor rows of a group."""
        if special := SPECIAL.get(name) or SPECIAL_TIMES.get(name):
            return special(self, values)
        if name in SCALARS:
            return self.chosen(name, values)
        raise QueryError(f'The laptop does not have the function {name}. Use another one, or run the query on Athena.')

    def lambda_body(self, node: exp.Expr, kinds: Sequence[Type]) -> tuple[list[str], Typed]:
        """Return the names of a lambda's variables in DuckDB, and its body."""
        if not isinstance(node, exp.Lambda) or len(node.expressions) != len(kinds):
            raise QueryError(f'A lambda of {len(kinds)} variables is expected here. Correct the query.')
        names = [self.queries.new_name('variable') for _ in kinds]
        inner = {variable.name.lower(): Typed(name, kind)
                 for variable, name, kind in zip(node.expressions, names, kinds, strict=True)}
        inside = Expressions(self.scope.with_variables(inner), self._functions, self.casts, self.queries)
        return names, inside.expression(node.this)

    def argument(self, value: Typed, goal: Type) -> str:
        """Return the SQL of an argument as the type that the function takes."""
        sql = self.casts.cast(value.sql, value.type, goal)
        return f'CAST({sql} AS {goal.duckdb})' if value.type == UNKNOWN else sql

    def _check_constants(self, form: FunctionForm, values: Sequence[Typed]) -> None:
        """Refuse a literal pattern or path that the laptop does not read, before a row is read."""
        from lake_etl.adapters.local.athena import values_json, values_json_sql, values_regex
        pattern = values[1].text if len(values) > 1 else None
        if pattern is None or form.body is None:
            return
        try:
            if form.name.startswith('regexp_'):
                compiled = values_regex.regex(pattern)
                if form.name == 'regexp_replace' and len(values) > 2 and values[2].text is not None:
                    values_regex.replacement_parts(compiled, values[2].text)
            elif form.name in ('json_extract', 'json_extract_scalar', 'json_size'):
                values_json.path_steps(pattern)
            elif form.name in ('json_exists', 'json_value', 'json_query'):
                values_json_sql.sql_path(pattern)
        except ValueError as error:
            raise QueryError(f'{form.name}: {error}. Write it in another way, or run the query on Athena.') from error

    def _paren(self, node: exp.Paren) -> Typed:
        return self.expression(node.this)

    def _neg(self, node: exp.Neg) -> Typed:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return number_literal(f'-{node.this.this}')
        return self.operators.negative(self.expression(node.this))

    def _array(self, node: exp.Array) -> Typed:
        values = [self.expression(item) for item in node.expressions]
        element = self.common('ARRAY', values)
        items = ', '.join(self.convert(value, element) for value in values)
        return Typed(f'CAST([{items}] AS {element.duckdb}[])', array(element), is_exact=all(
            value.is_exact or 'varchar' not in str(value.type) for value in values))

    def _tuple(self, node: exp.Tuple) -> Typed:
        return self.call('row', [self.expression(item) for item in node.expressions])

    def _column(self, node: exp.Column) -> Typed:
        parts = [part.name.lower() for part in node.parts]
        if len(parts) == 1 and not node.this.args.get('quoted'):
            if parts[0] in WITHOUT_BRACKETS:
                return self.chosen(parts[0], [])
            if parts[0] in REFUSED_WORDS:
                raise QueryError(f'The laptop does not have {parts[0]}. Run the query on Athena.')
        return self._named(parts)

    def _identifier(self, node: exp.Identifier) -> Typed:
        return self._named([node.name.lower()])

    def _named(self, parts: Sequence[str]) -> Typed:
        for size in range(min(len(parts), 3), 0, -1):
            *qualifiers, name = parts[:size]
            relation = qualifiers[-1] if qualifiers else None
            found = self.scope.find(name, relation, qualifiers[0] if len(qualifiers) == 2 else None)
            if found is not None:
                for member in parts[size:]:
                    found = self._member(found, member)
                return found
        near = difflib.get_close_matches(parts[-1], self.scope.names(), 3, 0.6)
        hint = f'Did you mean {" or ".join(near)}?' if near else 'Correct the name.'
        raise QueryError(f"Column '{'.'.join(parts)}' is not in the tables of the query. {hint}")

    def _dot(self, node: exp.Dot) -> Typed:
        return self._member(self.expression(node.this), node.expression.name.lower())

    @staticmethod
    def _member(value: Typed, name: str) -> Typed:
        labels = [label.lower() if label else None for label in value.type.labels]
        if name not in labels:
            raise QueryError(f"A value of the type {value.type} has no field '{name}'. Correct the name.")
        place = labels.index(name)
        return Typed(f'struct_extract_at({value.sql}, {place + 1})', value.type.parts[place])

    def _bracket(self, node: exp.Bracket) -> Typed:
        if len(node.expressions) != 1:
            raise QueryError('One index is expected in the brackets. Correct the query.')
        return subscript(self, self.expression(node.this), self.expression(node.expressions[0]))

    def _dpipe(self, node: exp.DPipe) -> Typed:
        return concat(self, [self.expression(node.this), self.expression(node.expression)])

    def _attimezone(self, node: exp.AtTimeZone) -> Typed:
        zone = self.expression(node.args['zone'])
        if zone.text is None:
            raise QueryError("The zone of AT TIME ZONE is a literal such as 'America/New_York'; at_timezone takes a "
                             "column.")
        return self.operators.at_zone(self.expression(node.this), zone.sql)

    def _case(self, node: exp.Case) -> Typed:
        subject = self.expression(node.this) if node.this is not None else None
        conditions = []
        for branch in node.args['ifs']:
            value = self.expression(branch.this)
            conditions.append(self.operators.compare('=', subject, value) if subject else self.condition(value))
        results = [self.expression(branch.args['true']) for branch in node.args['ifs']]
        default = node.args.get('default')
        return self._choice(conditions, results, self.expression(default) if default is not None else None)

    def _if(self, node: exp.If) -> Typed:
        otherwise = node.args.get('false')
        return self._choice([self.condition(self.expression(node.this))], [self.expression(node.args['true'])],
                            self.expression(otherwise) if otherwise is not None else None)

    def _choice(self, conditions: Sequence[str], results: Sequence[Typed], otherwise: Typed | None) -> Typed:
        common = self.common('CASE', [*results, *([otherwise] if otherwise else [])])
        branches = ' '.join(f'WHEN {condition} THEN {self.convert(result, common)}'
                            for condition, result in zip(conditions, results, strict=True))
        last = f' ELSE {self.convert(otherwise, common)}' if otherwise else ''
        return Typed(f'CASE {branches}{last} END', common)

    def _cast(self, node: exp.Cast) -> Typed:
        target = parse_type(node.args['to'].sql('trino'))
        value = self.expression(node.this)
        return Typed(self.casts.cast(value.sql, value.type, target), target, is_exact=True)

    def _trycast(self, node: exp.TryCast) -> Typed:
        target = parse_type(node.args['to'].sql('trino'))
        value = self.expression(node.this)
        return Typed(self.casts.try_cast(value.sql, value.type, target), target, is_exact=True)

    def _subquery(self, node: exp.Subquery) -> Typed:
        query = self.queries.query(node, self.scope)
        if len(query.columns) != 1:
            raise QueryError(f'A query with one column is expected here, found {len(query.columns)}. Correct the '
                             f'query.')
        return Typed(f'({query.sql})', query.columns[0].type)

    def _exists(self, node: exp.Exists) -> Typed:
        return Typed(f'EXISTS ({self.queries.query(node.this, self.scope).sql})', BOOLEAN)


# What writes each kind of node.
HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Paren: Expressions._paren, exp.Neg: Expressions._neg, exp.Array: Expressions._array, exp.Tuple:
    Expressions._tuple, exp.Column: Expressions._column, exp.Identifier: Expressions._identifier, exp.Dot:
    Expressions._dot, exp.Bracket: Expressions._bracket, exp.DPipe: Expressions._dpipe, exp.AtTimeZone:
    Expressions._attimezone, exp.Case: Expressions._case, exp.If: Expressions._if, exp.Cast: Expressions._cast,
    exp.TryCast: Expressions._trycast, exp.Subquery: Expressions._subquery, exp.Exists: Expressions._exists,
    **LITERALS, **CONDITIONS, **CALLS}
