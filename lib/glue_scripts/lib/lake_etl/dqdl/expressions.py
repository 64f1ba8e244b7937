"""Reads numeric expressions: numbers, arithmetic, and functions of earlier values of the metric."""
from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import cast

from lake_etl.dqdl.lexer import KEYWORDS, Token
from lake_etl.dqdl.syntax_tree import Arithmetic, ArithmeticOperator, Call, Number, NumericExpression
from lake_etl.dqdl.token_reader import TokenReader
from lake_etl.syntax.records import suggestion

OPERATORS = ('+', '-', '*', '/')
SUMS = ('+', '-')
MOST_DIGITS = 38
MOST_OPERATIONS = 50
# More than the operations, because each of them may print in parentheses.
DEEPEST_NESTING = 100
AGGREGATES = ('avg', 'average', 'std', 'min', 'max', 'median', 'sum')
# What each argument is: earlier values, one number, a whole number, or a share between 0 and 1.
FUNCTIONS = {
    'last': ('whole number',), 'abs': ('number',), 'index': ('values', 'whole number'),
    'percentile': ('values', 'share'), **dict.fromkeys(AGGREGATES, ('values',)),
}
EXAMPLES = {'last': 'last(10)', 'abs': 'abs(avg(last(10)))', 'index': 'index(last(10), 1)',
            'percentile': 'percentile(last(10), 0.9)'}


class ExpressionReader:
    """Reads one expression and limits its length, so that no later step runs out of stack."""

    def __init__(self, reader: TokenReader):
        self.reader = reader
        self.operations = 0
        self.nesting = 0

    def expression(self) -> NumericExpression:
        """Return the expression that comes next, a single number; raises Unreadable when there is none."""
        start = self.reader.next
        found = self._chain()
        if _gives_values(found):
            self.reader.problem(start.offset, f'{found} gives several values where one number is needed',
                                f'take one of {", ".join(AGGREGATES)} of them')
        return found

    def _chain(self) -> NumericExpression:
        """Return operands joined by operators from left to right, whatever the operators are."""
        reader = self.reader
        left = self._operand()
        previous: Token | None = None
        while operator := reader.take_if(*OPERATORS):
            self._count(operator)
            if previous and (previous.kind in SUMS) != (operator.kind in SUMS):
                reader.warning(operator.offset, f'{previous.kind} and {operator.kind} are computed from left to right, '
                               'as if everything before were in parentheses', 'write the parentheses')
            start = reader.next
            right = self._operand()
            self._check_operands(left, operator, right, start)
            left, previous = Arithmetic(left, cast(ArithmeticOperator, operator.kind), right), operator
        return left

    def _check_operands(self, left: NumericExpression, operator: Token, right: NumericExpression, start: Token) -> None:
        if any(_gives_values(side) for side in (left, right)):
            self.reader.problem(operator.offset, f'{operator.kind} needs a number on each side, and last(…) gives '
                                'several values', f'take one of {", ".join(AGGREGATES)} of them')
        if operator.kind == '/' and isinstance(right, Number) and not right.value:
            self.reader.problem(start.offset, 'division by zero')

    def _operand(self) -> NumericExpression:
        reader, token = self.reader, self.reader.next
        if token.kind == '(':
            self._enter(reader.take())
            inner = self._chain()
            self._leave()
            return replace(inner, grouped=True) if isinstance(inner, Arithmetic) else inner
        if token.kind == 'name' and reader.after_next.kind == '(':
            return self._call()
        if token.kind == 'constant':
            reader.fail(f'the constant {token} cannot be used here', 'constants are parameters of rules, or follow '
                        'in and not in')
        negative = reader.take_if('-') is not None
        number = reader.take_if('integer', 'decimal')
        if number is None:
            reader.fail(f'expected {"a number" if negative else "something to compare with"}, found {reader.next}',
                        _hint(reader.next))
        if len(number.text) > MOST_DIGITS:
            reader.fail(f'a number has at most {MOST_DIGITS} digits', token=number)
        value = Decimal(number.text)
        return Number(-value if negative else value)

    def _call(self) -> Call:
        reader, name = self.reader, self.reader.take()
        self._count(name)
        self._enter(reader.take())
        arguments = [] if reader.next.kind == ')' else [self._chain()]
        while reader.take_if(','):
            arguments.append(self._chain())
        self._leave()
        call = Call(name.text, tuple(arguments))
        if name.text not in FUNCTIONS:
            reader.problem(name.offset, f'function {name} is unknown',
                           suggestion(name.text, FUNCTIONS) or f'functions: {", ".join(FUNCTIONS)}')
        elif not _fits(call):
            reader.problem(name.offset, f'{name}(…) takes {" and ".join(FUNCTIONS[name.text])}, found {call}',
                           f'write for example {EXAMPLES.get(name.text, f"{name}(last(10))")}')
        return call

    def _enter(self, opening: Token) -> None:
        self.nesting += 1
        if self.nesting > DEEPEST_NESTING:
            self.reader.fail(f'parentheses are nested more than {DEEPEST_NESTING} deep', token=opening)

    def _leave(self) -> None:
        self.reader.expect(')', 'an operator or the closing )')
        self.nesting -= 1

    def _count(self, operation: Token) -> None:
        self.operations += 1
        if self.operations > MOST_OPERATIONS:
            self.reader.fail(f'an expression has at most {MOST_OPERATIONS} operators and functions', token=operation)


def _gives_values(expression: NumericExpression) -> bool:
    """Tell whether an expression is earlier values; a single one counts as a number."""
    return isinstance(expression, Call) and expression.name == 'last' and expression.arguments != (Number(Decimal(1)),)


def _fits(call: Call) -> bool:
    """Tell whether a known function has the arguments it needs; an index lies within the values that it counts."""
    expected = FUNCTIONS[call.name]
    if len(call.arguments) != len(expected) or not all(map(_is, call.arguments, expected)):
        return False
    values, *rest = call.arguments
    return call.name != 'index' or not isinstance(values, Call) or _value(rest[0]) <= _value(values.arguments[0])


def _is(argument: NumericExpression, expected: str) -> bool:
    if expected == 'values':
        return isinstance(argument, Call) and argument.name == 'last'
    if expected == 'number':
        return not _gives_values(argument)
    value = _value(argument)
    return 0 <= value <= 1 if expected == 'share' else value == int(value) and 0 < value < 10 ** 4


def _value(expression: NumericExpression) -> Decimal:
    """Return the value of a plain number, -1, which is right nowhere, of anything else."""
    return expression.value if isinstance(expression, Number) else Decimal(-1)


def _hint(found: Token) -> str:
    if found.kind == 'name' and found.text[0] in '.0123456789':
        return 'numbers are written like 5, 0.5 and -3'
    if found.kind == 'name':
        return suggestion(found.text, KEYWORDS) or 'write texts in double quotes'
    return ''
