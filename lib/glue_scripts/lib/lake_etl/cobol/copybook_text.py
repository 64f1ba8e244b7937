"""Splits the text of a copybook into its entries: fixed or free format, comments, continued lines, literals."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE_COLUMNS, LAST_COLUMN, TAB = 6, 72, 8
INDICATORS = ' *-/dD$'
COMMENT_INDICATORS = '*/dD$'
LEVEL_NUMBER = re.compile(r'\s*\d{1,2}(\s|$)')
# Columns 1 to 6 hold a number, a mark, or nothing.
SEQUENCE = re.compile(r' *\S* *')
# Listing controls and compiler directives are lines of their own.
LISTING = re.compile(r'\s*(EJECT|SKIP[123]|TITLE\b.*|>>.*|\$.*)\s*\.?\s*', re.IGNORECASE)
TOKEN = re.compile(r"""[A-Za-z]{0,2}'(?:[^']|'')*'|[A-Za-z]{0,2}"(?:[^"]|"")*"|[^\s'"]+|['"]""")
QUOTES = '\'"'


@dataclass(frozen=True)
class Word:
    """A word or literal of a copybook, with the number of its line."""

    text: str
    line: int

    @property
    def upper(self) -> str:
        """Return the word in capital letters."""
        return self.text.upper()


@dataclass(frozen=True)
class CopybookEntry:
    """The words of one entry, without the period that ends it.

    ended  whether there is such a period
    """

    words: tuple[Word, ...]
    ended: bool = True


def entries(text: str) -> Iterator[CopybookEntry]:
    """Yield the entries of a copybook."""
    words: list[Word] = []
    for line, content in _code_lines(text):
        for match in TOKEN.finditer(content):
            token = match[0]
            if token[-1] in QUOTES and len(token) > 1:
                words.append(Word(token, line))
                continue
            plain = token.rstrip('.,;')
            if plain:
                words.append(Word(plain, line))
            if '.' in token[len(plain):] and words:
                yield CopybookEntry(tuple(words))
                words = []
    if words:
        yield CopybookEntry(tuple(words), ended=False)


def _code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and code of each line without comments; continued lines are one line."""
    lines = [line.expandtabs(TAB).rstrip() for line in text.splitlines()]
    fixed = all(_may_be_fixed(line) for line in lines)
    pending: tuple[int, str] | None = None
    for number, line in enumerate(lines, 1):
        indicator = line[SEQUENCE_COLUMNS:SEQUENCE_COLUMNS + 1] if fixed else ''
        code = line[SEQUENCE_COLUMNS + 1:LAST_COLUMN] if fixed else line
        if (indicator and indicator in COMMENT_INDICATORS) or code.lstrip().startswith('*') or LISTING.fullmatch(code):
            continue
        code = _without_comment(code)
        if indicator == '-' and pending:
            pending = pending[0], _continued(pending[1], code)
            continue
        if pending:
            yield pending
        pending = number, code
    if pending:
        yield pending


def _may_be_fixed(line: str) -> bool:
    """Tell whether a line can be in fixed format: columns 1 to 6 hold no code, and column 7 an indicator."""
    if line.lstrip().startswith('*>') or not line.strip():
        return True
    area, indicator = line[:SEQUENCE_COLUMNS], line[SEQUENCE_COLUMNS:SEQUENCE_COLUMNS + 1]
    return indicator in INDICATORS and bool(SEQUENCE.fullmatch(area)) and not LEVEL_NUMBER.match(area)


def _without_comment(code: str) -> str:
    """Return a line without a comment that `*>` begins outside a literal."""
    quote = ''
    for position, character in enumerate(code):
        if quote:
            quote = '' if character == quote else quote
        elif character in QUOTES:
            quote = character
        elif code.startswith('*>', position):
            return code[:position]
    return code


def _continued(code: str, continuation: str) -> str:
    """Return two lines as one; a literal that the first leaves open goes on behind the quote of the second."""
    rest = continuation.lstrip()
    is_open = any(token[0] in QUOTES and len(token) == 1 for token in TOKEN.findall(code))
    return code + (rest[1:] if is_open and rest[:1] in QUOTES else rest)
