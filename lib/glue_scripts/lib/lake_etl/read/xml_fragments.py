"""Cuts an XML text into the elements that make rows, piece by piece, and goes on behind one that is broken.

Only tags of row elements, comments and CDATA sections are looked at. So what lies between the rows may be anything, and
a row that is not well-formed costs no other row.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# A row that goes on for longer than this while another one begins in it is taken to lack its end.
LONG_ROW = 16 * 1024 * 1024
LONGEST_ROW = 256 * 1024 * 1024
LONGEST_MARK = 1024
COMMENT, CDATA = '<!--', '<![CDATA['
NAME_SPACE = re.compile(r'''\sxmlns:([\w.-]+)\s*=\s*("[^"<]*"|'[^'<]*')''')
TAG_NAME = re.compile(r'<[^\s/>]+')
TAG_REST = re.compile(r'''(?:[^<>"']++|"[^"<]*"|'[^'<]*')*+>''')


class RowTooLong(ValueError):
    """An element is longer than any row can be."""


def fragments(pieces: Iterable[str], row_tag: str) -> Iterator[str]:
    """Yield the text of each row element in order; name spaces that were declared around them are put into them.

    A name without prefix stands for elements of that name in any name space. An element without an end is yielded up
    to where the next one begins. Raises RowTooLong for one that would not fit into memory.
    """
    cutter = _Cutter(row_tag)
    for piece in pieces:
        cutter.text += piece
        yield from cutter.cut(final=False)
    yield from cutter.cut(final=True)


class _Cutter:
    """Where the cutting stands: the text not yet dealt with, and the row that is open in it.

    position  up to which the text was looked at
    start     of the row that is open, None between rows
    second    beginning of another row inside it, the first one if there are several
    depth     of row elements inside each other
    between   where the text before the next row begins
    """

    def __init__(self, row_tag: str):
        name = ('' if ':' in row_tag else r'(?:[\w.-]+:)?') + re.escape(row_tag)
        self._mark = re.compile(rf'<!--|<!\[CDATA\[|<{name}(?=[\s/>])|</{name}\s*>')
        self._name_spaces: dict[str, str] = {}
        self.text = ''
        self._position = 0
        self._await_row(0)

    def _await_row(self, position: int) -> None:
        self._between = position
        self._start: int | None = None
        self._second: int | None = None
        self._depth = 0

    def cut(self, final: bool) -> Iterator[str]:
        """Yield the rows that are complete; all of them when no text is to come."""
        yield from self._complete_rows(final)
        while self._start is not None and (final or len(self.text) - self._start > LONG_ROW):
            if self._second is None and not final:
                if len(self.text) > LONGEST_ROW:
                    raise RowTooLong
                break
            end = len(self.text) if self._second is None else self._second
            yield self._row(end)
            self._position = end
            yield from self._complete_rows(final)
        self._forget()

    def _complete_rows(self, final: bool) -> Iterator[str]:
        while match := self._mark.search(self.text, self._position):
            end = self._end_of(match)
            if end is None:
                if not final and len(self.text) - match.start() < LONG_ROW:
                    self._position = match.start()
                    return
                end = match.end()    # What has no end is no more than text, or a row that is broken at its beginning.
            self._position = end
            if self._closes_row(match, end):
                yield self._row(end)
        self._position = max(self._position, len(self.text) - LONGEST_MARK)

    def _end_of(self, match: re.Match[str]) -> int | None:
        """Return where the comment, section or tag ends that begins with the match; None when that is not there."""
        if match[0] in (COMMENT, CDATA):
            ending = '-->' if match[0] == COMMENT else ']]>'
            found = self.text.find(ending, match.end())
            return None if found < 0 else found + len(ending)
        if match[0].startswith('</'):
            return match.end()
        rest = TAG_REST.match(self.text, match.end())
        return rest.end() if rest else None

    def _closes_row(self, match: re.Match[str], end: int) -> bool:
        """Take note of a tag and tell whether a row is complete with it."""
        if match[0] in (COMMENT, CDATA):
            return False
        if match[0].startswith('</'):
            self._depth = max(0, self._depth - 1)
            return self._start is not None and self._depth == 0
        if self._start is None:
            self._start = match.start()
        elif self._second is None:
            self._second = match.start()
        if self.text[end - 2] == '/':
            return self._depth == 0
        self._depth += 1
        return False

    def _row(self, end: int) -> str:
        """Return the row that is open, up to `end`, and wait for the next one."""
        assert self._start is not None
        self._collect_name_spaces(self._start)
        row = self.text[self._start:end]
        self._await_row(end)
        name, tag = TAG_NAME.match(row), TAG_REST.match(row, 1)
        declared = row[:tag.end()] if tag else row
        missing = ''.join(f' xmlns:{prefix}={uri}' for prefix, uri in self._name_spaces.items()
                          if f'xmlns:{prefix}' not in declared)
        return row[:name.end()] + missing + row[name.end():] if name else row

    def _collect_name_spaces(self, end: int) -> None:
        self._name_spaces.update(NAME_SPACE.findall(self.text, self._between, end))

    def _forget(self) -> None:
        """Let go of the text that no row needs any more."""
        keep = self._start
        if keep is None:
            self._collect_name_spaces(len(self.text))
            keep = max(self._between, min(self._position, len(self.text) - LONGEST_MARK))
        self.text = self.text[keep:]
        self._position -= keep
        self._between = max(0, self._between - keep)
        if self._start is not None:
            self._start = 0
        if self._second is not None:
            self._second -= keep
