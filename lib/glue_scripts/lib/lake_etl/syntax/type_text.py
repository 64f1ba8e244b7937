"""Reads the text of a Spark type, such as `array<struct<name:string,share:decimal(5,4)>>`, without Spark."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.syntax.records import suggestion

ALIASES = {
    'byte': 'tinyint', 'short': 'smallint', 'integer': 'int', 'long': 'bigint', 'real': 'float', 'dec': 'decimal',
    'numeric': 'decimal', 'character': 'char', 'timestamp_ltz': 'timestamp',
}
WHOLE_TYPES = ('tinyint', 'smallint', 'int', 'bigint')
NUMBERS = (*WHOLE_TYPES, 'float', 'double', 'decimal')
SIMPLE = ('boolean', *WHOLE_TYPES, 'float', 'double', 'string', 'binary', 'date', 'timestamp', 'timestamp_ntz')
NESTED = ('array', 'map', 'struct')
KNOWN = (*SIMPLE, *NESTED, *ALIASES, 'decimal', 'char', 'varchar')
LARGEST_PRECISION = 38
DEEPEST = 50
LONGEST_NUMBER = 9
TOKEN = re.compile(r'`(?:[^`]|``)+`|[A-Za-z0-9_]+|[<>(),:]')
WORD = re.compile(r'[A-Za-z0-9_]+')


class TypeTextError(ValueError):
    """A text is not the text of a type; says what was found and expected."""


@dataclass(frozen=True)
class TypeText:
    """A type: its name in catalog spelling, its numbers (`decimal(16,2)`), and its members by name.

    An array has the member `element`, a map has `key` and `value`.
    """

    name: str
    numbers: tuple[int, ...] = ()
    members: tuple[tuple[str, TypeText], ...] = ()

    def __str__(self) -> str:
        """Return the type as Spark SQL, struct members quoted."""
        if self.name == 'struct':
            inside = ','.join(f'`{name.replace("`", "``")}`:{kind}' for name, kind in self.members)
            return f'struct<{inside}>'
        if self.members:
            return f'{self.name}<{",".join(str(kind) for _, kind in self.members)}>'
        return f'{self.name}({",".join(map(str, self.numbers))})' if self.numbers else self.name


def parse_type(text: str) -> TypeText:
    """Return the type that the text names, in any case of letters.

    Types are those a catalog can hold: no intervals, no variant. Raises TypeTextError.
    """
    return _Parser(text).parse()


def type_problems(text: str) -> Iterator[str]:
    """Yield why the text is not the text of a type; nothing when it is."""
    try:
        parse_type(text)
    except TypeTextError as error:
        yield str(error)


def decimal_problems(text: str) -> Iterator[str]:
    """Yield why the text is not `precision,scale` of a decimal, such as `16,2`; nothing when it is."""
    if re.fullmatch(r'\s*\d+\s*,\s*\d+\s*', text):
        yield from type_problems(f'decimal({text})')
    else:
        yield f"expected 'precision,scale' such as '16,2', got {text!r}"


class _Parser:
    """Reads one type from left to right."""

    def __init__(self, text: str):
        self.text = text
        self.tokens = TOKEN.findall(text)
        self.position = 0
        self.depth = 0

    def parse(self) -> TypeText:
        if TOKEN.sub('', self.text).strip():
            raise self._error('it holds characters that need back-ticks around the name')
        kind = self._type()
        if self._peek():
            raise self._error(f"nothing was expected after '{kind}', found '{self._peek()}'")
        return kind

    def _type(self) -> TypeText:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error(f'it has more than {DEEPEST} types inside each other')
        kind = self._type_here()
        self.depth -= 1
        return kind

    def _type_here(self) -> TypeText:
        word = self._next('a type')
        name = ALIASES.get(word.lower(), word.lower())
        if name == 'array':
            return TypeText(name, members=self._nested(('element',)))
        if name == 'map':
            return TypeText(name, members=self._nested(('key', 'value')))
        if name == 'struct':
            return TypeText(name, members=self._struct_members())
        if name == 'decimal':
            return TypeText(name, self._decimal_numbers())
        if name in ('char', 'varchar'):
            return TypeText(name, self._numbers(1))
        if name not in SIMPLE:
            raise self._error(f"'{word}' is unknown", suggestion(word, KNOWN))
        return TypeText(name)

    def _nested(self, names: tuple[str, ...]) -> tuple[tuple[str, TypeText], ...]:
        self._expect('<')
        members = []
        for index, name in enumerate(names):
            if index:
                self._expect(',')
            members.append((name, self._type()))
        self._expect('>')
        return tuple(members)

    def _struct_members(self) -> tuple[tuple[str, TypeText], ...]:
        self._expect('<')
        members = [self._struct_member()]
        while self._peek() == ',':
            self._expect(',')
            members.append(self._struct_member())
        self._expect('>')
        return tuple(members)

    def _struct_member(self) -> tuple[str, TypeText]:
        name = self._next('a member name')
        if name.startswith('`'):
            name = name[1:-1].replace('``', '`')
        elif not WORD.fullmatch(name):
            raise self._error(f"expected a member name, found '{name}'")
        if self._peek() == ':':
            self._expect(':')
        return name, self._type()

    def _decimal_numbers(self) -> tuple[int, ...]:
        if self._peek() != '(':
            return 10, 0
        numbers = self._numbers(2)
        precision, scale = numbers if len(numbers) == 2 else (numbers[0], 0)
        if not (1 <= precision <= LARGEST_PRECISION and scale <= precision):
            raise self._error(f'a decimal has 1 to {LARGEST_PRECISION} digits and no more of them after the point, '
                              f'found {precision} and {scale}')
        return precision, scale

    def _numbers(self, most: int) -> tuple[int, ...]:
        self._expect('(')
        numbers = [self._number()]
        while self._peek() == ',' and len(numbers) < most:
            self._expect(',')
            numbers.append(self._number())
        self._expect(')')
        return tuple(numbers)

    def _number(self) -> int:
        word = self._next('a number')
        if not (word.isascii() and word.isdigit() and len(word) <= LONGEST_NUMBER):
            raise self._error(f"expected a number, found '{word}'")
        return int(word)

    def _expect(self, wanted: str) -> None:
        found = self._next(f"'{wanted}'")
        if found != wanted:
            raise self._error(f"expected '{wanted}', found '{found}'")

    def _next(self, wanted: str) -> str:
        if not self._peek():
            raise self._error(f'expected {wanted} at its end')
        self.position += 1
        return str(self.tokens[self.position - 1])

    def _peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ''

    def _error(self, reason: str, hint: str = '') -> TypeTextError:
        hint = f', {hint}' if hint else ''
        return TypeTextError(f'{self.text!r} is no Spark type: {reason}{hint}')
