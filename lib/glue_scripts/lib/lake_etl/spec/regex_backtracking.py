"""Finds regular expressions that could keep a job busy for ever: matching takes time exponential in the value's length.

A backtracking matcher tries every way in which a pattern can consume a text. The number of ways grows exponentially
exactly if some state of the pattern's automaton can return to itself by two ways over the same text. Here such states
are searched for in the automaton of Glushkov, whose states are the characters of the pattern. What the automaton
cannot express (possessive repetitions, look-around, references) is replaced by something that consumes at least as
much, so no such pattern is overlooked, and a few harmless ones are refused.
"""
from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from lake_etl.spec.java_regex import CLASS_PART, GROUP, LITERAL_END, LITERAL_START, PROPERTY, REPETITION

MOST_STATES = 400
MOST_PAIRS = 200_000
MOST_COPIES_OF_VARIABLE_PARTS = 3
# Look-around consumes nothing, and whatever it contains is a pattern of its own.
LOOK_AROUND = re.compile(r'\(\?<?[=!]')
SIMPLE_ESCAPE = re.compile(r'\\(?:[dwsDWS]|[^a-zA-Z0-9])', re.DOTALL)
SIMPLE_CLASS = re.compile(r'\[\^?\]?(?:[^\[\]\\&]|\\(?:[dwsDWSntrf]|[^a-zA-Z0-9]))*\]', re.DOTALL)
LONGER_ESCAPE = re.compile(r'\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|x\{[^}]*\}|0[0-7]{1,3}|c.)', re.DOTALL)
ANCHORS = ('\\b', '\\B', '\\A', '\\z', '\\Z', '\\G')
SEVERAL_CHARACTERS = ('\\R', '\\X')
EVERYWHERE = ''.join(map(chr, range(256))) + 'Ā漢😀'


def backtracking_problems(pattern: str) -> Iterator[str]:
    """Yield why a pattern, which is known to be a regular expression of Java, may take exponential time."""
    try:
        dangerous = _Automaton(pattern).is_dangerous()
    except _TooLarge:
        yield f'pattern {pattern!r} is too large to be checked for endless backtracking'
        return
    if dangerous:
        yield (f'pattern {pattern!r} can be matched in more and more ways the longer a value is, so that a job could '
               'stand still; let no repetition stand directly inside another, and begin the alternatives inside '
               'repetitions with different characters')


class _TooLarge(Exception):
    """The automaton has more states or pairs of states than is sensible to search."""


@dataclass
class _Part:
    """A part of the pattern: which states it can begin and end with, each with the number of ways.

    empty     number of ways to match the empty text
    variable  whether it can match texts of several lengths, or in several ways
    """

    empty: int = 1
    first: Counter[int] = field(default_factory=Counter)
    last: Counter[int] = field(default_factory=Counter)
    variable: bool = False
