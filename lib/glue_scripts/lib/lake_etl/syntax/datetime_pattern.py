"""Finds mistakes in Spark datetime patterns, without Spark."""
from __future__ import annotations

import re
from collections.abc import Iterator

# How many times a letter may stand in a row when text is read, from Spark's "Datetime Patterns for Formatting and
# Parsing" and the Java formatter behind it.
LENGTHS = {
    'G': range(1, 5), 'y': range(1, 7), 'M': range(1, 5), 'L': range(1, 5), 'd': range(1, 3), 'D': range(1, 4),
    'a': range(1, 2), 'h': range(1, 3), 'k': range(1, 3), 'K': range(1, 3), 'H': range(1, 3), 'm': range(1, 3),
    's': range(1, 3), 'S': range(1, 10), 'V': (2,), 'z': range(1, 5), 'O': (1, 4), 'X': range(1, 6), 'x': range(1, 6),
    'Z': range(1, 6),
}
INSTEAD = {
    'Y': 'a week-based year cannot be read; the calendar year is y',
    'u': 'the year is y',
    'W': 'weeks cannot be read', 'w': 'weeks cannot be read',
    'e': 'weekdays cannot be read', 'c': 'weekdays cannot be read', 'E': 'weekdays cannot be read',
    'F': 'weeks cannot be read',
    'Q': 'quarters cannot be read', 'q': 'quarters cannot be read',
    'n': 'the fraction of a second is S', 'N': 'the fraction of a second is S', 'A': 'the hour of the day is H',
    'T': "a letter that stands for itself is quoted: 'T'",
}
QUOTED = re.compile("'[^']*'")
RUN = re.compile(r'([A-Za-z])\1*')
RESERVED = re.compile(r'[{}#]')


def datetime_pattern_problems(pattern: str) -> Iterator[str]:
    """Yield what keeps Spark 3 and 4 from reading text by this pattern; nothing when it is sound."""
    if not pattern.strip():
        yield 'the datetime pattern is empty, expected one such as yyyy-MM-dd'
        return
    outside = QUOTED.sub(' ', pattern)
    if "'" in outside:
        yield f'datetime pattern {pattern!r} opens a quote and does not close it'
        return
    for run in RUN.finditer(outside):
        yield from _run_problems(run.group(1), len(run.group()), pattern)
    for character in RESERVED.findall(outside):
        yield f'datetime pattern {pattern!r} has {character}, which needs quotes'
    if _closes_before_it_opens(outside):
        yield f'datetime pattern {pattern!r} has ] without [ before it'


def _run_problems(letter: str, length: int, pattern: str) -> Iterator[str]:
    if letter not in LENGTHS:
        hint = INSTEAD.get(letter, f'known letters are {" ".join(LENGTHS)}; other text is put in single quotes')
        yield f'datetime pattern {pattern!r} has {letter}, which Spark does not read: {hint}'
    elif length not in LENGTHS[letter]:
        allowed = ' or '.join(letter * count for count in LENGTHS[letter])
        yield f'datetime pattern {pattern!r} has {letter * length}, expected {allowed}'


def _closes_before_it_opens(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == '[') - (character == ']')
        if depth < 0:
            return True
    return False
