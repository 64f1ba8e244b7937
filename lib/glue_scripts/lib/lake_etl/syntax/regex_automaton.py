"""Builds the automaton of a regular expression of Java, which says in how many ways it can consume a text.

Its states are the places of characters in the pattern. Counted repetitions are written out where that is small, and
otherwise taken for unlimited ones.
"""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from lake_etl.syntax.java_regex import CLASS_PART, GROUP, REPETITION

MOST_STATES = 400
DEEPEST_NESTING = 100
MOST_COPIES_OF_VARIABLE_PARTS = 3
MOST_OPTIONAL_COPIES = 8
QUOTED = re.compile(r'\\Q(.*?)(?:\\E|\Z)|\\.', re.DOTALL)
COMMENT = re.compile(r'(\\.)|\s+|#[^\n]*', re.DOTALL)
FLAGS = re.compile(r'\(\?([a-zA-Z]+)')
ESCAPE = re.compile(
    r'\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|0[0-7]{1,3}|c.|[pPxN]\{[^}]*\}|[pP].|k<[^>]*>|\d+|.)', re.DOTALL)
SIMPLE_ESCAPE = re.compile(r'\\(?:[dwsDWSntrf]|[^a-zA-Z0-9])', re.DOTALL)
SIMPLE_CLASS = re.compile(r'\[\^?\]?(?:[^\[\]\\&]|\\(?:[dwsDWSntrf]|[^a-zA-Z0-9]))*\]', re.DOTALL)
PROPERTIES = {'L': '[^\\W\\d_]', 'IsAlphabetic': '[^\\W\\d_]', 'Alpha': '[a-zA-Z]', 'Digit': '[0-9]',
              'IsDigit': '\\d', 'Nd': '\\d', 'Alnum': '[a-zA-Z0-9]', 'Upper': '[A-Z]', 'Lower': '[a-z]',
              'Space': '\\s'}
ANCHORS = ('\\b', '\\B', '\\A', '\\z', '\\Z', '\\G')
SEVERAL_CHARACTERS = re.compile(r'\\(?:[RX]|[1-9]\d*|k<.*)')
SAMPLE = ''.join(map(chr, range(256))) + 'Ā漢😀'


class TooLarge(Exception):
    """The automaton has more states or pairs of states than is sensible to search."""


@dataclass
class _Part:
    """A part of the pattern: the states it can begin and end with, each with the number of ways.

    empty     number of ways to match the empty text
    variable  whether it can match in several ways
    """

    empty: int = 1
    first: Counter[int] = field(default_factory=Counter)
    last: Counter[int] = field(default_factory=Counter)
    variable: bool = False


class Automaton:
    """The automaton of a pattern.

    characters             for each state the characters it takes, as bits of a number
    follow                 for each pair of neighbouring states the number of ways from one to the other, 2 for more
    repeats_nothing_often  whether a part that can be empty is counted, as in `(a?){30}`
    """

    def __init__(self, pattern: str):
        self.flags = ''.join(FLAGS.findall(pattern))
        self.pattern = QUOTED.sub(_without_quotation, pattern)
        if 'x' in self.flags:
            self.pattern = COMMENT.sub(r'\1', self.pattern)
        self.bits = {character: 1 << place for place, character in enumerate(
            dict.fromkeys(SAMPLE + self.pattern + self.pattern.swapcase()))}
        self.characters: list[int] = []
        self.follow: Counter[tuple[int, int]] = Counter()
        self.repeats_nothing_often = False
        self.at = 0
        self.depth = 0
        self._alternatives()

    def _alternatives(self) -> _Part:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise TooLarge
        parts = [self._sequence()]
        while self._take('|'):
            parts.append(self._sequence())
        self.depth -= 1
        if len(parts) == 1:
            return parts[0]
        return _Part(sum(part.empty for part in parts), _added(*(part.first for part in parts)),
                     _added(*(part.last for part in parts)), True)

    def _sequence(self) -> _Part:
        whole = _Part()
        while self.at < len(self.pattern) and self.pattern[self.at] not in '|)':
            whole = self._joined(whole, self._repeated())
        return whole

    def _repeated(self) -> _Part:
        start = self.at
        part = self._atom()
        while (counts := self._counts()) is not None:
            part = self._repeat(part, *counts, start)
            # A repetition of a repetition is not written out.
            start = -1
        return part

    def _counts(self) -> tuple[int, int | None] | None:
        """Return how often the part before is repeated, and go on behind a lazy or possessive mark."""
        found: tuple[int, int | None] | None = None
        if counted := REPETITION.match(self.pattern, self.at):
            least, most = counted.groups()
            found = (int(least), int(least) if most is None else int(most) if most else None)
            self.at = counted.end()
        elif self.at < len(self.pattern) and self.pattern[self.at] in '?*+':
            found = {'?': (0, 1), '*': (0, None), '+': (1, None)}[self.pattern[self.at]]
            self.at += 1
        if found and not self._take('?'):
            self._take('+')
        return found

    def _repeat(self, part: _Part, least: int, most: int | None, start: int) -> _Part:
        if part.empty and max(least, most or 0) > MOST_COPIES_OF_VARIABLE_PARTS:
            self.repeats_nothing_often = True
        if (least, most) == (0, 1):
            return _optional(part)
        if most is None or start < 0 or self._is_large(part, least, most, start):
            for last, ways in part.last.items():
                for first, others in part.first.items():
                    self._connect(last, first, ways * others)
            repeated = _Part(part.empty, part.first, part.last, True)
            return repeated if least else _optional(repeated)
        return self._written_out(part, least, most, start)

    def _is_large(self, part: _Part, least: int, most: int, start: int) -> bool:
        """Tell whether a counted repetition is too large to be written out; what stands in it is at least its text."""
        return (part.variable and most > MOST_COPIES_OF_VARIABLE_PARTS or most - least > MOST_OPTIONAL_COPIES
                or most * (self.at - start) > MOST_STATES)

    def _written_out(self, part: _Part, least: int, most: int, start: int) -> _Part:
        """Return `x{2,4}` as `xx(x(x)?)?`."""
        end = self.at
        copies = [part]
        while len(copies) < most:
            self.at = start
            copies.append(self._atom())
        self.at = end
        whole = _Part()
        for number, copy in reversed(tuple(enumerate(copies[:most]))):
            whole = self._joined(copy, whole)
            if number >= least:
                whole = _optional(whole)
        return whole

    def _atom(self) -> _Part:
        character = self.pattern[self.at]
        if character == '(':
            return self._group()
        if character == '[':
            return self._state(self._class_characters())
        if character == '\\':
            return self._escape()
        self.at += 1
        if character in '^$':
            return _Part()
        if character == '.':
            return self._state(-1)
        return self._state(self._matching(re.escape(character)))

    def _group(self) -> _Part:
        head = GROUP.match(self.pattern, self.at)
        # A pattern that is no regular expression has been refused before.
        assert head is not None
        self.at = head.end()
        if head.group().endswith(')'):
            return _Part()
        inner = self._alternatives()
        self._take(')')
        # Look-around consumes nothing; what stands in it has been added as a pattern of its own.
        return _Part() if head.group(2) in ('=', '!', '<=', '<!') else inner

    def _escape(self) -> _Part:
        escape = ESCAPE.match(self.pattern, self.at)
        assert escape is not None
        self.at = escape.end()
        if escape[0] in ANCHORS:
            return _Part()
        if SEVERAL_CHARACTERS.fullmatch(escape[0]):
            state = self._state(-1)
            return _optional(self._repeat(state, 1, None, -1))
        name = escape[0][2:].strip('{}')
        if escape[0].startswith('\\p') and name in PROPERTIES:
            return self._state(self._matching(PROPERTIES[name]))
        return self._state(self._matching(escape[0]) if SIMPLE_ESCAPE.fullmatch(escape[0]) else -1)

    def _class_characters(self) -> int:
        start, depth = self.at, 0
        for piece in CLASS_PART.finditer(self.pattern, start):
            depth += piece.group().startswith('[') - (piece.group() == ']')
            if not depth:
                self.at = piece.end()
                break
        text = self.pattern[start:self.at]
        try:
            return self._matching(text) if SIMPLE_CLASS.fullmatch(text) else -1
        except re.error:  # Python is stricter than Java about hyphens next to escapes.
            return -1

    def _matching(self, pattern: str) -> int:
        """Return the characters that a simple pattern matches by the rules of Python, which are those of Java here."""
        matcher = re.compile(pattern, re.IGNORECASE if self.flags else re.ASCII)
        return sum(bit for character, bit in self.bits.items() if matcher.fullmatch(character))

    def _state(self, characters: int) -> _Part:
        self.characters.append(characters)
        if len(self.characters) > MOST_STATES:
            raise TooLarge
        state = len(self.characters) - 1
        return _Part(0, Counter({state: 1}), Counter({state: 1}))

    def _joined(self, left: _Part, right: _Part) -> _Part:
        for last, ways in left.last.items():
            for first, others in right.first.items():
                self._connect(last, first, ways * others)
        return _Part(min(2, left.empty * right.empty), _added(left.first, _times(right.first, left.empty)),
                     _added(right.last, _times(left.last, right.empty)), left.variable or right.variable)

    def _connect(self, origin: int, target: int, ways: int) -> None:
        self.follow[origin, target] = min(2, self.follow[origin, target] + ways)

    def _take(self, mark: str) -> bool:
        found = self.pattern.startswith(mark, self.at)
        self.at += len(mark) * found
        return found


def _without_quotation(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else re.escape(found[1])


def _optional(part: _Part) -> _Part:
    return _Part(min(2, part.empty + 1), part.first, part.last, True)


def _added(*counts: Counter[int]) -> Counter[int]:
    total: Counter[int] = Counter()
    for count in counts:
        for state, ways in count.items():
            total[state] = min(2, total[state] + ways)
    return total


def _times(counts: Counter[int], factor: int) -> Counter[int]:
    return Counter({state: ways * factor for state, ways in counts.items() if factor})
