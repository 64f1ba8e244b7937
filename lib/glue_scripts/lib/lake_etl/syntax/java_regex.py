"""Finds mistakes in regular expressions of Java, which Spark's column functions use, without a Java machine."""
from __future__ import annotations

import re
from collections.abc import Iterator

PROPERTY = re.compile(r'\\[pPxN]\{[^}]*\}|\\k<[^>]*>|\\.', re.DOTALL)
REPETITION = re.compile(r'\{(\d{1,9})(?:,(\d{0,9}))?\}')
GROUP = re.compile(r'\((?:\?(?:<([a-zA-Z][a-zA-Z0-9]*)>|([:=!>]|<[=!])|([a-zA-Z]*(?:-[a-zA-Z]*)?[:)]))|(?!\?))')
CLASS_PART = re.compile(r'\[\^?\]?|\]|\\.', re.DOTALL)
# One range of a class. After an escape such as \d a hyphen is a character of its own; before one Java refuses it.
RANGE = re.compile(r'\[\^?\]?|\\[a-zA-Z0-9]|(\\.|[^\\])-(\\.|[^\\\]])|.', re.DOTALL)
REFERENCE = re.compile(r'\\(.?)|\$(?:\{(\w*)\}|(\d)?)', re.DOTALL)
LITERAL_START, LITERAL_END = r'\Q', r'\E'


class RegexError(ValueError):
    """A text is not a regular expression of Java; says what is wrong and where."""


def capture_groups(pattern: str) -> tuple[str, ...]:
    """Return the names of the pattern's capturing groups in order, empty text for a group without a name.

    Catches what is commonly mistyped, not all that Java refuses. Raises RegexError.
    """
    return _Scanner(pattern).scan()


def regex_problems(pattern: str, groups: int = 0) -> Iterator[str]:
    """Yield why the pattern cannot be used, or has fewer capturing groups than needed; nothing when it is sound."""
    try:
        found = capture_groups(pattern)
    except RegexError as error:
        yield str(error)
        return
    if len(found) < groups:
        yield f'pattern {pattern!r} has no group, expected parentheses around the part to take'


def replacement_problems(replacement: str, pattern: str) -> Iterator[str]:
    """Yield which references (`$1`, `${name}`) of a replacement the pattern has no group for.

    A pattern that is no regular expression is reported by `regex_problems`, not here.
    """
    try:
        groups = capture_groups(pattern)
    except RegexError:
        return
    for reference in REFERENCE.finditer(replacement):
        escaped, name, digit = reference.groups()
        if escaped == '':
            yield f'replacement {replacement!r} ends in a single backslash; write two for one'
        elif escaped is None and name is None and digit is None:
            yield fr'replacement {replacement!r} has $ without a group number; write \$ for a dollar sign'
        elif digit is not None and int(digit) > len(groups):
            yield f'replacement {replacement!r} uses ${digit}, but the pattern has {len(groups)} groups'
        elif name is not None and (not name or name not in groups):
            yield f'replacement {replacement!r} uses ${{{name}}}, but the pattern has no group of that name'


class _Scanner:
    """Walks through a pattern once, keeping count of groups and of what a repetition may follow."""

    def __init__(self, pattern: str):
        self.pattern = pattern
        self.position = 0
        self.open_groups = 0
        self.names: list[str] = []
        self.repeatable = False
        self.has_comments = False

    def scan(self) -> tuple[str, ...]:
        handlers = {'\\': self._escape, '[': self._class, '(': self._open, ')': self._close, '{': self._repetition,
                    '*': self._repetition, '+': self._repetition, '?': self._repetition, '|': self._branch}
        while self.position < len(self.pattern):
            handlers.get(self.pattern[self.position], self._letter)()
        if self.open_groups:
            raise self._error('a ( is not closed')
        return tuple(self.names)

    def _letter(self) -> None:
        """Take one letter; under the flag x, a # begins a comment up to the end of the line."""
        if self.has_comments and self.pattern[self.position] == '#':
            end = self.pattern.find('\n', self.position)
            self.position = len(self.pattern) if end < 0 else end + 1
        else:
            self.position += 1
            self.repeatable = True

    def _branch(self) -> None:
        self.position += 1
        self.repeatable = False

    def _escape(self) -> None:
        if self.pattern.startswith(LITERAL_START, self.position):
            end = self.pattern.find(LITERAL_END, self.position)
            self.position = len(self.pattern) if end < 0 else end + len(LITERAL_END)
        else:
            found = PROPERTY.match(self.pattern, self.position)
            if found is None:
                raise self._error('it ends in a single backslash')
            self.position = found.end()
        self.repeatable = True

    def _class(self) -> None:
        """Skip a character class, classes inside it included; a ] that comes first stands for itself."""
        start = self.position
        depth = 0
        for part in CLASS_PART.finditer(self.pattern, start):
            depth += part.group().startswith('[') - (part.group() == ']')
            if not depth:
                if _has_wrong_range(self.pattern[start:part.end()]):
                    raise self._error('a range between [ and ] must go from a lower to a higher character; '
                                      'write a hyphen of its own last')
                self.position = part.end()
                self.repeatable = True
                return
        raise self._error('a [ is not closed')

    def _open(self) -> None:
        head = GROUP.match(self.pattern, self.position)
        if head is None:
            raise self._error('what follows (? is unknown; a named group is written (?<name>…)')
        name, _, flags = head.groups('')
        if name or head.group() == '(':
            self.names.append(name)
        self.has_comments = self.has_comments or 'x' in flags.split('-')[0]
        self.open_groups += not flags.endswith(')')
        self.position = head.end()
        self.repeatable = False

    def _close(self) -> None:
        if not self.open_groups:
            raise self._error('a ) was not opened')
        self.open_groups -= 1
        self._letter()

    def _repetition(self) -> None:
        """Skip a repetition with its lazy or possessive mark; after {n} another {n} is allowed."""
        counted = REPETITION.match(self.pattern, self.position)
        if not self.repeatable:
            raise self._error(f'{self.pattern[self.position]} repeats nothing')
        if self.pattern[self.position] == '{':
            if counted is None or (counted.group(2) and int(counted.group(1)) > int(counted.group(2))):
                raise self._error(r'a { is no repetition such as {2,4}; write \{ for a brace')
            self.position = counted.end()
        else:
            self.position += 1
        if self.pattern[self.position:self.position + 1] in ('?', '+'):
            self.position += 1
        self.repeatable = counted is not None and self.pattern[self.position:self.position + 1] == '{'

    def _error(self, reason: str) -> RegexError:
        return RegexError(f'pattern {self.pattern!r} is no regular expression: {reason} '
                          f'(at character {self.position + 1})')


def _has_wrong_range(text: str) -> bool:
    """Tell whether a class without classes inside it has a range from a higher to a lower character, or to none."""
    simple = '[' not in text[1:] and '&&' not in text
    ranges = ((_literal(low), _literal(high)) for low, high in RANGE.findall(text))
    return simple and any(low and (not high or low > high) for low, high in ranges)


def _literal(text: str) -> str:
    """Return the character that a part of a class stands for, or an empty text for classes such as \\d."""
    return '' if text[:1] == '\\' and text[1].isalnum() else text[-1:]
