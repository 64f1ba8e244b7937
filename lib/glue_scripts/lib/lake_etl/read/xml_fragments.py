"""Splits XML text into its row elements, chunk by chunk, and continues after a row that is not well-formed.

The splitter recognizes only the tags of row elements, comments and CDATA sections. So anything may stand between rows,
and a row that is not well-formed does not affect other rows.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# A row longer than this that contains the beginning of another row is assumed to lack its end tag.
LONG_ROW = 16 * 1024 * 1024
LONGEST_ROW = 256 * 1024 * 1024
LONGEST_TAG = 1024
COMMENT, CDATA = '<!--', '<![CDATA['
NAMESPACE = re.compile(r'''\sxmlns:([\w.-]+)\s*=\s*("[^"<]*"|'[^'<]*')''')
TAG_NAME = re.compile(r'<[^\s/>]+')
TAG_REST = re.compile(r'''(?:[^<>"']++|"[^"<]*"|'[^'<]*')*+>''')


class RowTooLong(ValueError):
    """A row element is longer than LONGEST_ROW."""


def fragments(chunks: Iterable[str], row_tag: str) -> Iterator[str]:
    """Yield the text of each row element in order, with the namespaces that are declared outside it added to it.

    A row tag without a prefix matches elements of that name in any namespace. An element without an end tag ends where
    the next row element begins. Raises RowTooLong for an element that would not fit into memory.
    """
    splitter = _Splitter(row_tag)
    for chunk in chunks:
        splitter.text += chunk
        yield from splitter.split(final=False)
    yield from splitter.split(final=True)


class _Splitter:
    """The text that is not yet split, and the open row in it.

    position  up to which the text has been scanned
    start     of the open row; None between rows
    second    start of the first other row inside the open row
    depth     of nested row elements
    between   start of the text before the next row
    """

    def __init__(self, row_tag: str):
        name = ('' if ':' in row_tag else r'(?:[\w.-]+:)?') + re.escape(row_tag)
        self._markup = re.compile(rf'<!--|<!\[CDATA\[|<{name}(?=[\s/>])|</{name}\s*>')
        self._namespaces: dict[str, str] = {}
        self.text = ''
        self._position = 0
        self._await_row(0)

    def _await_row(self, position: int) -> None:
        self._between = position
        self._start: int | None = None
        self._second: int | None = None
        self._depth = 0

    def split(self, final: bool) -> Iterator[str]:
        """Yield the complete rows of the text; with `final`, when no more text follows, all rows."""
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
        self._discard_text()

    def _complete_rows(self, final: bool) -> Iterator[str]:
        while match := self._markup.search(self.text, self._position):
            end = self._match_end(match)
            if end is None:
                if not final and len(self.text) - match.start() < LONG_ROW:
                    self._position = match.start()
                    return
                end = match.end()    # Markup without an end is text, or the broken beginning of a row.
            self._position = end
            if self._closes_row(match, end):
                yield self._row(end)
        self._position = max(self._position, len(self.text) - LONGEST_TAG)

    def _match_end(self, match: re.Match[str]) -> int | None:
        """Return the end of the comment, section or tag that begins with the match; None when it is not there yet."""
        if match[0] in (COMMENT, CDATA):
            ending = '-->' if match[0] == COMMENT else ']]>'
            found = self.text.find(ending, match.end())
            return None if found < 0 else found + len(ending)
        if match[0].startswith('</'):
            return match.end()
        rest = TAG_REST.match(self.text, match.end())
        return rest.end() if rest else None

    def _closes_row(self, match: re.Match[str], end: int) -> bool:
        """Update the open row with a tag, and tell whether the tag completes it."""
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
        """Return the open row up to `end`, and start to wait for the next one."""
        assert self._start is not None
        self._collect_namespaces(self._start)
        row = self.text[self._start:end]
        self._await_row(end)
        name, tag = TAG_NAME.match(row), TAG_REST.match(row, 1)
        declared = row[:tag.end()] if tag else row
        missing = ''.join(f' xmlns:{prefix}={uri}' for prefix, uri in self._namespaces.items()
                          if f'xmlns:{prefix}' not in declared)
        return row[:name.end()] + missing + row[name.end():] if name else row

    def _collect_namespaces(self, end: int) -> None:
        self._namespaces.update(NAMESPACE.findall(self.text, self._between, end))

    def _discard_text(self) -> None:
        """Discard text that no row needs anymore."""
        keep = self._start
        if keep is None:
            self._collect_namespaces(len(self.text))
            keep = max(self._between, min(self._position, len(self.text) - LONGEST_TAG))
        self.text = self.text[keep:]
        self._position -= keep
        self._between = max(0, self._between - keep)
        if self._start is not None:
            self._start = 0
        if self._second is not None:
            self._second -= keep
