"""Tells the record type of each line of a file with several, and cuts out the values that records give to others."""
from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lake_etl.config.record_types import RecordsSection, RecordTypeSection
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect

# Longer values than this with a line break are taken for a quote that is never closed.
LONGEST_RECORD = 1_000_000
LONGEST_LINE = 64_000_000
# What old programs write behind the last line.
END_OF_FILE = '\x1a'


class Line(NamedTuple):
    """A record of a file: the number of its first line, its text, and its line end."""

    number: int
    text: str
    end: str = '\n'

    @property
    def is_blank(self) -> bool:
        """Tell whether there is nothing in the record."""
        return not self.text.strip() or self.text.strip() == END_OF_FILE


def numbered_lines(texts: Iterable[str], first: int, name: str) -> Iterator[Line]:
    """Yield the lines of a text that comes in pieces, whichever way each of them ends.

    first  number of the first line
    name   of the file, for messages

    Raises DataError when a line is too long to be one.
    """
    pending, number = '', first
    for text in texts:
        lines = list(io.StringIO(pending + text, newline=''))
        # The last line may go on in the next piece, and a carriage return may be the first half of a line end.
        pending = lines.pop() if lines else ''
        for line in lines:
            yield _line(number, line)
            number += 1
        if len(pending) > LONGEST_LINE:
            raise DataError(f'{name}: line {number} has more than {LONGEST_LINE:,} characters, so the file does not '
                            'consist of lines. Nothing was loaded; check the format, or land the file with line ends.')
    if pending:
        yield _line(number, pending)


def _line(number: int, text: str) -> Line:
    bare = text.rstrip('\r\n')
    return Line(number, bare, text[len(bare):])


class DelimitedLines:
    """Reads lines of delimited text."""

    def __init__(self, section: RecordsSection, dialect: Dialect):
        self._records, self._dialect = section, dialect
        self._pattern = re.compile(section.pattern) if section.pattern is not None else None
        quote, escape = re.escape(dialect.quote), re.escape(dialect.escape)
        if not dialect.quote:
            inside = ''
        elif dialect.escape == dialect.quote:
            inside = f'[^{quote}]*(?:{quote}{quote}[^{quote}]*)*'
        else:
            inside = f'(?:[^{quote}{escape}]|{escape}.)*' if escape else f'[^{quote}]*'
        delimiter = re.escape(dialect.delimiter)
        # A value in quotes, which may be followed by further text, or a value without.
        value = f'{quote}{inside}(?:{quote}|(?P<open>\\Z))(?:(?!{delimiter}).)*|' if dialect.quote else ''
        self._value = re.compile(f'(?:{value}(?:(?!{delimiter}).)*)(?:{delimiter}|\\Z)', re.DOTALL)

    def records(self, lines: Iterable[Line], name: str, joins: bool) -> Iterator[Line]:
        """Yield the records: lines, or several of them where a value in quotes contains line breaks.

        name   of the file, for messages
        joins  whether values may contain line breaks

        Raises DataError when a quote is never closed.
        """
        quote = self._dialect.quote
        if not quote or not joins:
            yield from (line for line in lines if not line.is_blank)
            return
        begun: Line | None = None
        for line in lines:
            if begun is None and quote not in line.text:
                if not line.is_blank:
                    yield line
                continue
            whole = line if begun is None else Line(begun.number, f'{begun.text}{begun.end}{line.text}', line.end)
            if quote in line.text and self._is_open(whole.text) or begun is not None and quote not in line.text:
                begun = whole
                if len(whole.text) > LONGEST_RECORD:
                    break
            else:
                begun = None
                if not whole.is_blank:
                    yield whole
        if begun is not None:
            raise DataError(f'{name}: a quote that opens a value in line {begun.number} is never closed. Nothing was '
                            'loaded. Correct the file, give "quote_character": "" if quotes have no meaning in it, or '
                            '"multiline": false in the input_spec to read each line on its own.')

    def type_of(self, text: str) -> str | None:
        """Return the value that tells the type of a record; None if there is none."""
        if self._pattern is not None:
            return pattern_value(self._pattern, text)
        place = self._records.field or 1
        if self._dialect.quote and self._dialect.quote in text:
            values = self.values(text)
        else:
            values = text.split(self._dialect.delimiter, place)
        if len(values) < place:
            return None
        value = values[place - 1].strip()
        quote = self._dialect.quote
        if quote and len(value) > 1 and value.startswith(quote) and value.endswith(quote):
            return value[len(quote):-len(quote)].strip()
        return value

    def values(self, text: str) -> list[str]:
        """Return the values of a record as they are written, with their quotes."""
        delimiter = self._dialect.delimiter
        if not self._dialect.quote or self._dialect.quote not in text:
            return text.split(delimiter)
        found, position = [], 0
        while True:
            match = self._value.match(text, position)
            assert match is not None  # The pattern matches an empty value too.
            ends = match[0].endswith(delimiter)
            found.append(match[0].removesuffix(delimiter) if ends else match[0])
            if not ends or match.end() == position:
                return found
            position = match.end()

    def _is_open(self, text: str) -> bool:
        position = 0
        while position <= len(text):
            match = self._value.match(text, position)
            if match is None or match.end() == position:
                return False
            if match['open'] is not None:
                return True
            if not match[0].endswith(self._dialect.delimiter):
                return False
            position = match.end()
        return False

    def given(self, text: str, places: Sequence[tuple[int, int]]) -> str:
        """Return the values at some positions, counted from 0, as text in front of another record."""
        values, delimiter = self.values(text), self._dialect.delimiter
        return ''.join(f'{values[place] if place < len(values) else ""}{delimiter}' for place, _ in places)

    def missing(self, places: Sequence[tuple[int, int]]) -> str:
        """Return the text in front of a record that gets no values."""
        return self._dialect.delimiter * len(places)

    def mark(self, text: str) -> str:
        """Return the text of a column of the lake's own in front of a record."""
        return text + self._dialect.delimiter

    def fits(self, text: str, section: RecordTypeSection) -> bool:
        """Tell whether a record has as many values as its type has columns."""
        return len(self.values(text)) == len(section.names)


class FixedLines:
    """Reads lines with columns of fixed width.

    encoding  whose bytes the widths count; None if they count characters
    width     of a column of the lake's own, in characters
    """

    def __init__(self, section: RecordsSection, encoding: str | None, width: int):
        self._pattern = re.compile(section.pattern) if section.pattern is not None else None
        first, last = section.positions or (1, 1)
        self._place = first - 1, last - first + 1
        self._encoding, self._width = encoding, width

    def records(self, lines: Iterable[Line], name: str, joins: bool) -> Iterator[Line]:
        """Yield the lines that are not blank; each is a record."""
        yield from (line for line in lines if not line.is_blank)

    def type_of(self, text: str) -> str | None:
        """Return the value that tells the type of a record; None if there is none."""
        if self._pattern is not None:
            return pattern_value(self._pattern, text)
        return self._cut(text, *self._place).strip()

    def _cut(self, text: str, start: int, width: int) -> str:
        if self._encoding is None:
            return text[start:start + width]
        return text.encode(self._encoding, 'replace')[start:start + width].decode(self._encoding, 'replace')

    def given(self, text: str, places: Sequence[tuple[int, int]]) -> str:
        """Return the values at some places, each a start and a width, as text in front of another record."""
        return ''.join(self._filled(self._cut(text, *place), place[1]) for place in places)

    def _filled(self, text: str, width: int) -> str:
        if self._encoding is None:
            return text.ljust(width)
        blanks = width - len(text.encode(self._encoding, 'replace'))
        return text + ' ' * (blanks // len(' '.encode(self._encoding)))

    def missing(self, places: Sequence[tuple[int, int]]) -> str:
        """Return the text in front of a record that gets no values."""
        return ''.join(self._filled('', width) for _, width in places)

    def mark(self, text: str) -> str:
        """Return the text of a column of the lake's own in front of a record."""
        return text.ljust(self._width)

    def fits(self, text: str, section: RecordTypeSection) -> bool:
        """Tell whether a line has nothing but blanks behind its last column; it may be shorter, as programs trim it."""
        return not self._cut(text, sum(section.widths.values()), LONGEST_LINE).strip()


def pattern_value(pattern: re.Pattern[str], text: str) -> str | None:
    """Return the first group of a pattern in a text, or its whole match, without blanks; None if it is missing."""
    match = pattern.search(text)
    if match is None:
        return None
    found = match[1] if pattern.groups else match[0]
    return None if found is None else found.strip()
