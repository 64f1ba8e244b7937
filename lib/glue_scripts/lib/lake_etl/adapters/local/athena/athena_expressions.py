"""Writes expressions of Athena for DuckDB and tells their types; refuses what it does not know."""
from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_dialect import TYPED_LITERAL
from lake_etl.adapters.local.athena.athena_type_text import parse_type
from lake_etl.adapters.local.athena.athena_types import (
    BIGINT, BOOLEAN, DAY_TO_SECOND, INTEGER, UNKNOWN, VARBINARY, VARCHAR, WITH_TIME_ZONE, YEAR_TO_MONTH, Type, array,
    common_type, converts, decimal)
from lake_etl.adapters.local.athena.casts import Casts
from lake_etl.adapters.local.athena.functions_groups import (
    NULLS_MATTER, WINDOW_FUNCTIONS, aggregate_forms, list_aggregates, window_forms)
from lake_etl.adapters.local.athena.functions_lists import list_forms
from lake_etl.adapters.local.athena.functions_numbers import number_forms
from lake_etl.adapters.local.athena.functions_text import text_forms
from lake_etl.adapters.local.athena.functions_times import time_forms
from lake_etl.adapters.local.athena.lambdas import LAMBDA_FUNCTIONS, regexp_replace
from lake_etl.adapters.local.athena.operators import Operators
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.signatures import FunctionForm, choose
from lake_etl.adapters.local.athena.special_functions import SPECIAL, concat, parse_json, subscript
from lake_etl.adapters.local.athena.special_times import SPECIAL_TIMES
from lake_etl.adapters.local.athena.typed import Scope, Typed, text
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.queries import QueryWriter

COMPARISONS: dict[type[exp.Expr], str] = {exp.EQ: '=', exp.NEQ: '<>', exp.LT: '<', exp.LTE: '<=', exp.GT: '>',
                                          exp.GTE: '>='}
ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: '+', exp.Sub: '-', exp.Mul: '*', exp.Div: '/', exp.Mod: '%'}
WITHOUT_BRACKETS = frozenset({'current_date', 'current_timestamp', 'localtime', 'localtimestamp'})
REFUSED_WORDS = frozenset({'current_time', 'current_user', 'current_catalog', 'current_schema', 'current_path'})
# The parts of a node that some handler reads; a node with another part is refused, never half understood.
KNOWN_PARTS = frozenset({
    'alias', 'db', 'default', 'distinct', 'end', 'end_side', 'escape', 'expression', 'expressions', 'false', 'form',
    'high',
    'ifs', 'is_string', 'kind', 'length', 'low', 'negate', 'option', 'json_query', 'order', 'over', 'partition_by',
    'path',
    'position', 'query', 'quoted', 'returning', 'safe', 'separator', 'spec', 'start', 'start_side', 'substr',
    'symmetric',
    'table', 'this', 'to', 'true', 'typed', 'unit', 'zone', 'with_', 'from_', 'joins', 'where', 'group', 'having',
    'limit',
    'offset', 'windows', 'nested', 'catalog'})
TIMESTAMP_LITERAL = re.compile(r'\d+-\d+-\d+(?: \d+:\d+(?::\d+(?:\.(\d+))?)?)?\s*(\S*)')
UNITS = {'DAY': 86_400_000, 'HOUR': 3_600_000, 'MINUTE': 60_000, 'SECOND': 1000}


def by_name(forms: Iterable[FunctionForm]) -> Mapping[str, tuple[FunctionForm, ...]]:
    """Group forms by the name of their function."""
    found: dict[str, list[FunctionForm]] = {}
    for form in forms:
        found.setdefault(form.name, []).append(form)
    return {name: tuple(items) for name, items in found.items()}


SCALARS = by_name(chain(number_forms(), text_forms(), time_forms(), list_forms()))
AGGREGATES = by_name(aggregate_forms())
LISTED = by_name(list_aggregates())
WINDOWS = by_name(window_forms())


class Expressions:
    """Writes the expressions of one place of a query, where certain columns can be named."""

    def __init__(self, scope: Scope, functions: PythonFunctions, casts: Casts, queries: QueryWriter,
                 windows: Mapping[str, exp.Expr] | None = None):
        self.scope = scope
        self._functions = functions
        self._casts = casts
        self._queries = queries
        self._windows = windows or {}

    @cached_property
    def operators(self) -> Operators:
        """Return what writes operators."""
        return Operators(self._functions, self._casts)

    def expression(self, node: exp.Expr) -> Typed:
        """Return the expression for DuckDB; raises QueryError for one that is not known."""
        kind = type(node)
        unknown = [name for name, value in node.args.items() if value and name not in KNOWN_PARTS]
        if unknown:
            raise QueryError(f'The laptop does not know {", ".join(unknown)} of {node.key.upper()}. Write it in '
                             f'another way.')
        if kind in COMPARISONS:
            return self._comparison(node)
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
        return self._casts.cast(value.sql, value.type, target)

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
        arguments = [self._argument(value, goal) for value, goal in zip(values, goals, strict=True)]
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
        names = [self._queries.new_name('variable') for _ in kinds]
        inner = {variable.name.lower(): Typed(name, kind)
                 for variable, name, kind in zip(node.expressions, names, kinds, strict=True)}
        inside = Expressions(self.scope.with_variables(inner), self._functions, self._casts, self._queries)
        return names, inside.expression(node.this)

    def _argument(self, value: Typed, goal: Type) -> str:
        sql = self._casts.cast(value.sql, value.type, goal)
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

    # Values

    def _literal(self, node: exp.Literal) -> Typed:
        value = str(node.this)
        return text(value) if node.is_string else _number(value)

    def _null(self, node: exp.Null) -> Typed:
        return Typed('NULL', UNKNOWN)

    def _boolean(self, node: exp.Boolean) -> Typed:
        return Typed('true' if node.this else 'false', BOOLEAN)

    def _hexstring(self, node: exp.HexString) -> Typed:
        digits = re.sub(r'\s', '', str(node.this))
        if len(digits) % 2 or re.search('[^0-9A-Fa-f]', digits):
            raise QueryError("A literal of bytes has an even number of hexadecimal digits, such as X'00FF'.")
        return Typed(f"from_hex('{digits}')", VARBINARY)

    def _paren(self, node: exp.Paren) -> Typed:
        return self.expression(node.this)

    def _neg(self, node: exp.Neg) -> Typed:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return _number(f'-{node.this.this}')
        return self.operators.negative(self.expression(node.this))

    def _array(self, node: exp.Array) -> Typed:
        values = [self.expression(item) for item in node.expressions]
        element = self.common('ARRAY', values)
        items = ', '.join(self.convert(value, element) for value in values)
        return Typed(f'CAST([{items}] AS {element.duckdb}[])', array(element), is_exact=all(
            value.is_exact or 'varchar' not in str(value.type) for value in values))

    def _tuple(self, node: exp.Tuple) -> Typed:
        return self.call('row', [self.expression(item) for item in node.expressions])

    def _interval(self, node: exp.Interval) -> Typed:
        negative = isinstance(node.this, exp.Neg)
        literal = node.this.this if negative else node.this
        unit = node.args['unit'].sql().upper()
        months, millis = _interval_value(str(literal.this).strip(), unit)
        sign = -1 if negative else 1
        if months is not None:
            return Typed(f'CAST({sign * months} AS INTEGER)', Type(YEAR_TO_MONTH))
        return Typed(f'CAST({sign * (millis or 0)} AS BIGINT)', Type(DAY_TO_SECOND))

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

    # Operators

    def _comparison(self, node: exp.Expr) -> Typed:
        sign = COMPARISONS[type(node)]
        if isinstance(node.expression, exp.Any | exp.All):
            return self._quantified(sign, node)
        return Typed(self.operators.compare(sign, self.expression(node.this), self.expression(node.expression)),
                     BOOLEAN)

    def _quantified(self, sign: str, node: exp.Expr) -> Typed:
        word = 'ANY' if isinstance(node.expression, exp.Any) else 'ALL'
        value, kind, query = self._against_query(self.expression(node.this), node.expression.this)
        if kind.name in ('real', 'double'):
            raise QueryError(f'The laptop does not compare doubles with {word}. Write it with EXISTS.')
        return Typed(f'({value} {sign} {word} ({query}))', BOOLEAN)

    def _against_query(self, value: Typed, node: exp.Expr) -> tuple[str, Type, str]:
        query = self._queries.query(node, self.scope)
        if len(query.columns) != 1:
            raise QueryError(f'A query with one column is expected, found {len(query.columns)}. Correct the query.')
        column = query.columns[0]
        kind = self.operators.comparable(value, Typed('', column.type))
        if kind.parts or kind.name in ('char', WITH_TIME_ZONE):
            raise QueryError(f'The laptop does not compare {kind} with the rows of a query. Use a join.')
        inner = self._queries.new_name('r')
        wanted = self._casts.cast(f'{inner}.{column.sql}', column.type, kind)
        return self.convert(value, kind), kind, f'SELECT {wanted} FROM ({query.sql}) AS {inner}'

    def _not(self, node: exp.Not) -> Typed:
        return Typed(f'(NOT {self.condition(self.expression(node.this))})', BOOLEAN)

    def _and(self, node: exp.And) -> Typed:
        return self._logical('AND', node)

    def _or(self, node: exp.Or) -> Typed:
        return self._logical('OR', node)

    def _logical(self, word: str, node: exp.Expr) -> Typed:
        left, right = self.condition(self.expression(node.this)), self.condition(self.expression(node.expression))
        return Typed(f'({left} {word} {right})', BOOLEAN)

    def _is(self, node: exp.Is) -> Typed:
        if not isinstance(node.expression, exp.Null):
            raise QueryError('Athena knows IS NULL and IS DISTINCT FROM. Correct the query.')
        return Typed(f'({self.expression(node.this).sql} IS NULL)', BOOLEAN)

    def _nullsafeneq(self, node: exp.NullSafeNEQ) -> Typed:
        return Typed(self.operators.distinct(self.expression(node.this), self.expression(node.expression)), BOOLEAN)

    def _nullsafeeq(self, node: exp.NullSafeEQ) -> Typed:
        return Typed(f'(NOT {self._nullsafeneq(exp.NullSafeNEQ(this=node.this, expression=node.expression)).sql})',
                     BOOLEAN)

    def _between(self, node: exp.Between) -> Typed:
        value, low, high = (self.expression(part) for part in (node.this, node.args['low'], node.args['high']))
        if node.args.get('symmetric'):
            raise QueryError('Athena does not have BETWEEN SYMMETRIC. Correct the query.')
        return Typed(f"({self.operators.compare('>=', value, low)} AND {self.operators.compare('<=', value, high)})",
                     BOOLEAN)

    def _in(self, node: exp.In) -> Typed:
        value = self.expression(node.this)
        query = node.args.get('query')
        values = node.expressions
        if query is None and len(values) == 1 and isinstance(values[0], exp.Query | exp.Values):
            query = values[0]
        if query is not None:
            left, kind, sql = self._against_query(value, query)
            if kind.name in ('real', 'double'):
                raise QueryError('The laptop does not look up doubles in a query. Use a join, or convert to decimal.')
            return Typed(f'({left} IN ({sql}))', BOOLEAN)
        if not values or node.args.get('unnest') or node.args.get('field'):
            raise QueryError('IN takes a list of values or a query. Correct the query.')
        return Typed(f"({' OR '.join(self.operators.compare('=', value, self.expression(item)) for item in values)})",
                     BOOLEAN)

    def _like(self, node: exp.Like) -> Typed:
        return self._likeness(node, None)

    def _unicodestring(self, node: exp.UnicodeString) -> Typed:
        if node.args.get('escape'):
            raise QueryError('A literal U&… takes no UESCAPE on the laptop. Use the backslash.')
        return text(re.sub(r'\\(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4})|(\\))', lambda found: found[3] or chr(
            int(found[1] or found[2], 16)), str(node.this)))

    def _escape(self, node: exp.Escape) -> Typed:
        if not isinstance(node.this, exp.Like):
            raise QueryError('ESCAPE follows LIKE only. Correct the query.')
        return self._likeness(node.this, self.expression(node.expression))

    def _likeness(self, node: exp.Like, escape: Typed | None) -> Typed:
        value, pattern = self.expression(node.this), self.expression(node.expression)
        if any(item.type.name not in ('varchar', 'unknown') for item in (value, pattern)):
            raise QueryError(f'LIKE takes two texts, not {value.type} and {pattern.type}. Convert them with CAST.')
        mark = f' ESCAPE {escape.sql}' if escape else ''
        if escape and (escape.text is None or len(escape.text) != 1):
            raise QueryError('The ESCAPE of LIKE is a text of one character. Correct the query.')
        negation = 'NOT ' if node.args.get('negate') else ''
        return Typed(f'({self._argument(value, VARCHAR)} {negation}LIKE {self._argument(pattern, VARCHAR)}{mark})',
                     BOOLEAN)

    def _dpipe(self, node: exp.DPipe) -> Typed:
        return concat(self, [self.expression(node.this), self.expression(node.expression)])

    def _attimezone(self, node: exp.AtTimeZone) -> Typed:
        zone = self.expression(node.args['zone'])
        if zone.text is None:
            raise QueryError("The zone of AT TIME ZONE is a literal such as 'America/New_York'; at_timezone takes a "
                             "column.")
        return self.operators.at_zone(self.expression(node.this), zone.sql)

    # Cases and casts

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
        return Typed(self._casts.cast(value.sql, value.type, target), target, is_exact=True)

    def _trycast(self, node: exp.TryCast) -> Typed:
        target = parse_type(node.args['to'].sql('trino'))
        value = self.expression(node.this)
        return Typed(self._casts.try_cast(value.sql, value.type, target), target, is_exact=True)

    def _typed_literal(self, node: exp.Anonymous) -> Typed:
        literal, kind = node.expressions
        value, target = str(literal.this), kind.sql('trino')
        name = target.lower()
        if name.startswith('decimal'):
            return _number(value if '.' in value else f'{value}.')
        if name == 'json':
            return parse_json(self, [text(value)])
        if name.startswith('timestamp'):
            found = TIMESTAMP_LITERAL.fullmatch(value.strip())
            digits = len(found[1] or '') if found else 0
            target = f'timestamp({digits})' + (' with time zone' if found and found[2] else '')
        if name.startswith('time') and not name.startswith('timestamp'):
            return self._time_literal(value)
        if name == 'char':
            target = f'char({len(value)})'
        goal = parse_type(target)
        given = text(value)
        return Typed(self._casts.cast(given.sql, given.type, goal), goal, is_exact=True)

    @staticmethod
    def _time_literal(value: str) -> Typed:
        from lake_etl.adapters.local.athena.values import time_from_text
        digits = len(value.partition('.')[2])
        try:
            moment = time_from_text(value, digits)
        except ValueError as error:
            raise QueryError(f"'{value}' is not a time on the laptop, such as 10:30:00. Correct the query.") from error
        return Typed(f"(TIME '00:00:00' + to_microseconds({round(moment.total_seconds() * 1_000_000)}))", Type('time',
                                                                                                               (digits,
                                                                                                                )))

    # QueryWriter inside

    def _jsonvalue(self, node: exp.JSONValue) -> Typed:
        return self._json_path_call('json_value', node, node.args.get('path'), node.args.get('returning'))

    def _jsonextract(self, node: exp.JSONExtract) -> Typed:
        option = node.args.get('option')
        if not node.args.get('json_query') or option is not None:
            raise QueryError('json_query takes no WRAPPER or QUOTES on the laptop. Use json_extract.')
        return self._json_path_call('json_query', node, node.expression, None)

    def _json_path_call(self, name: str, node: exp.Expr, path: exp.Expr | None,
                        returning: exp.Expr | None) -> Typed:
        value = self.expression(node.this)
        if value.type.name != 'varchar' or not isinstance(path, exp.Literal):
            raise QueryError(f'{name} takes a text and a literal path on the laptop. Use json_extract for other '
                             f'values.')
        found = self.call(name, [value, text(str(path.this))])
        if not returning:
            return found
        target = parse_type(returning.sql('trino'))
        if target.name not in ('varchar', 'bigint', 'integer', 'double', 'boolean') or target.arguments:
            raise QueryError(f'json_value does not return {target} on the laptop. Convert its text with CAST.')
        return Typed(self._casts.try_cast(found.sql, found.type, target), target)

    def _subquery(self, node: exp.Subquery) -> Typed:
        query = self._queries.query(node, self.scope)
        if len(query.columns) != 1:
            raise QueryError(f'A query with one column is expected here, found {len(query.columns)}. Correct the '
                             f'query.')
        return Typed(f'({query.sql})', query.columns[0].type)

    def _exists(self, node: exp.Exists) -> Typed:
        return Typed(f'EXISTS ({self._queries.query(node.this, self.scope).sql})', BOOLEAN)

    # Calls

    def _anonymous(self, node: exp.Anonymous) -> Typed:
        name = str(node.this).lower()
        if name == TYPED_LITERAL:
            return self._typed_literal(node)
        if name == 'grouping':
            items = ', '.join(self.expression(item).sql for item in node.expressions)
            return Typed(f'CAST(grouping({items}) AS INTEGER)', INTEGER)
        if name in ('current_timestamp', 'localtimestamp', 'localtime') and node.expressions:
            raise QueryError(f'{name} has 3 digits of a second on the laptop. Leave the number in brackets out.')
        if name in AGGREGATES or name in LISTED or name in WINDOW_FUNCTIONS or name in ('reduce_agg',
                                                                                        'approx_percentile'):
            return self._group(node)
        if name in LAMBDA_FUNCTIONS:
            return LAMBDA_FUNCTIONS[name](self, node.expressions)
        if name == 'regexp_replace' and len(node.expressions) == 3 and isinstance(node.expressions[2], exp.Lambda):
            return regexp_replace(self, node.expressions)
        if any(isinstance(item, exp.Lambda) for item in node.expressions):
            raise QueryError(f'{name} does not take a lambda on the laptop. Write it in another way.')
        return self.call(name, [self.expression(item) for item in node.expressions])

    def _extract(self, node: exp.Extract) -> Typed:
        field = str(node.this.name).lower()
        name = {'dow': 'day_of_week', 'doy': 'day_of_year', 'yow': 'year_of_week'}.get(field, field)
        if name not in ('year', 'quarter', 'month', 'week', 'day', 'day_of_month', 'day_of_week', 'day_of_year',
                        'year_of_week', 'hour', 'minute', 'second', 'timezone_hour', 'timezone_minute'):
            raise QueryError(f'Athena does not extract {field}. Correct the query.')
        value = self.expression(node.expression)
        if value.type.name == 'date' and name in ('hour', 'minute', 'second'):
            raise QueryError(f'Athena does not extract {field} from a date. Convert it to a timestamp.')
        return self.chosen(name, [value])

    def _strposition(self, node: exp.StrPosition) -> Typed:
        return self.chosen('strpos', [self.expression(node.this), self.expression(node.args['substr'])])

    def _substring(self, node: exp.Substring) -> Typed:
        parts = [node.this, node.args.get('start'), node.args.get('length')]
        return self.chosen('substr', [self.expression(part) for part in parts if part is not None])

    def _trim(self, node: exp.Trim) -> Typed:
        name = {'LEADING': 'ltrim', 'TRAILING': 'rtrim'}.get(str(node.args.get('position') or '').upper(), 'trim')
        parts = [node.this, node.args.get('expression')]
        return self.chosen(name, [self.expression(part) for part in parts if part is not None])

    def _normalize(self, node: exp.Normalize) -> Typed:
        form = node.args.get('form')
        return self.chosen('normalize', [self.expression(node.this), text(form.name.upper() if form else 'NFC')])

    # Groups and windows

    def _group(self, node: exp.Expr, filtered: str = '', window: str = '', nulls: str = '') -> Typed:
        return self._queries.groups.write(self, node, filtered, window, nulls)

    def _groupconcat(self, node: exp.GroupConcat) -> Typed:
        return self._group(node)

    def _filter(self, node: exp.Filter) -> Typed:
        condition = self.condition(self.expression(node.expression.this))
        return self._group(node.this, f' FILTER (WHERE {condition})')

    def _window(self, node: exp.Window) -> Typed:
        called, nulls, filtered = node.this, '', ''
        if isinstance(called, exp.IgnoreNulls | exp.RespectNulls):
            nulls = ' IGNORE NULLS' if isinstance(called, exp.IgnoreNulls) else ''
            called = called.this
        if isinstance(called, exp.Filter):
            filtered = f' FILTER (WHERE {self.condition(self.expression(called.expression.this))})'
            called = called.this
        if nulls and str(called.this).lower() not in NULLS_MATTER:
            raise QueryError('IGNORE NULLS follows lag, lead, first_value, last_value and nth_value only.')
        return self._group(called, filtered, f' OVER ({self._queries.groups.window(self, node, self._windows)})', nulls)


# What writes each kind of node.
HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Literal: Expressions._literal, exp.Null: Expressions._null, exp.Boolean: Expressions._boolean,
    exp.HexString: Expressions._hexstring, exp.Paren: Expressions._paren, exp.Neg: Expressions._neg, exp.Array:
    Expressions._array, exp.Tuple: Expressions._tuple, exp.Interval: Expressions._interval, exp.Column:
    Expressions._column, exp.Identifier: Expressions._identifier, exp.Dot: Expressions._dot, exp.Bracket:
    Expressions._bracket, exp.Not: Expressions._not, exp.And: Expressions._and, exp.Or: Expressions._or, exp.Is:
    Expressions._is, exp.NullSafeNEQ: Expressions._nullsafeneq, exp.NullSafeEQ: Expressions._nullsafeeq,
    exp.Between: Expressions._between, exp.In: Expressions._in, exp.Like: Expressions._like, exp.UnicodeString:
    Expressions._unicodestring, exp.Escape: Expressions._escape, exp.DPipe: Expressions._dpipe, exp.AtTimeZone:
    Expressions._attimezone, exp.Case: Expressions._case, exp.If: Expressions._if, exp.Cast: Expressions._cast,
    exp.TryCast: Expressions._trycast, exp.JSONValue: Expressions._jsonvalue, exp.JSONExtract:
    Expressions._jsonextract, exp.Subquery: Expressions._subquery, exp.Exists: Expressions._exists, exp.Anonymous:
    Expressions._anonymous, exp.Extract: Expressions._extract, exp.StrPosition: Expressions._strposition,
    exp.Substring: Expressions._substring, exp.Trim: Expressions._trim, exp.Normalize: Expressions._normalize,
    exp.GroupConcat: Expressions._groupconcat, exp.Filter: Expressions._filter, exp.Window: Expressions._window}


def _number(value: str) -> Typed:
    digits = value.lstrip('-')
    if 'e' in digits.lower():
        return Typed(f"CAST('{value}' AS DOUBLE)", Type('double'), number=0)
    if '.' not in digits:
        number = int(value)
        if not -2 ** 63 <= number < 2 ** 63:
            raise QueryError(f'{value} is too large for a whole number in Athena. Write it as a decimal.')
        kind = INTEGER if -2 ** 31 <= number < 2 ** 31 else BIGINT
        return Typed(f'CAST({number} AS {kind.duckdb})', kind, number=number)
    whole, _, fraction = digits.partition('.')
    precision = len(whole.lstrip('0')) + len(fraction)
    kind = decimal(max(precision, 1), len(fraction))
    return Typed(f"CAST('{'-' * value.startswith('-')}{whole or '0'}.{fraction or '0'}' AS {kind.duckdb})", kind,
                 number=0)


def _interval_value(value: str, unit: str) -> tuple[int | None, int | None]:
    negative = value.startswith('-')
    value = value.lstrip('+-')
    sign = -1 if negative else 1
    if unit in ('YEAR', 'MONTH') and value.isdigit():
        return sign * int(value) * (12 if unit == 'YEAR' else 1), None
    if unit in UNITS and value.isdigit():
        return None, sign * int(value) * UNITS[unit]
    if unit == 'SECOND' and (found := re.fullmatch(r'(\d+)\.(\d{1,3})', value)):
        return None, sign * (int(found[1]) * 1000 + int(found[2].ljust(3, '0')))
    if unit == 'YEAR TO MONTH' and (found := re.fullmatch(r'(\d+)-(\d+)', value)):
        return sign * (int(found[1]) * 12 + int(found[2])), None
    if unit == 'DAY TO SECOND' and (found := re.fullmatch(r'(\d+) (\d+):(\d+):(\d+)(?:\.(\d{1,3}))?', value)):
        days, hours, minutes, seconds, thousandths = found.groups()
        return None, sign * (int(days) * 86_400_000 + int(hours) * 3_600_000 + int(minutes) * 60_000
                             + int(seconds) * 1000 + int((thousandths or '').ljust(3, '0')))
    raise QueryError(f"INTERVAL '{value}' {unit} is not read on the laptop. Use one unit of {', '.join(UNITS)}, "
                     f"MONTH, YEAR.")
