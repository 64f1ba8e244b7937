"""Gives all rows of delimited text one line end, and leaves the line breaks of quoted values as they are."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lake_etl.read.delimited_records import Dialect

LINE_FEED = '\n'
UTF_8_MARK = '\ufeff'.encode()


def line_ends(content: bytes) -> frozenset[str]:
    """Return the kinds of line ends in the content, inside quotes or not: line feed, carriage return, or both."""
    pairs, returns, feeds = content.count(b'\r\n'), content.count(b'\r'), content.count(b'\n')
    return frozenset(kind for kind, count in (('\r\n', pairs), ('\r', returns - pairs), ('\n', feeds - pairs)) if count)


def with_line_feeds(chunks: Iterable[bytes], dialect: Dialect) -> Iterator[bytes]:
    """Yield the text with a line feed after each row.

    A carriage return, alone or before a line feed, ends a row outside quotes. A quote opens a value only at the
    beginning of the value.
    """
    rows = _Rows(*(text.encode(dialect.encoding) for text in (dialect.delimiter, dialect.quote, dialect.escape)))
    pending, first = b'', True
    for chunk in chunks:
        pending += chunk
        # A carriage return at the end may be the first half of a line end.
        end = max(pending.rfind(b'\n'), pending.rfind(b'\r', 0, -1)) + 1
        if end:
            complete, pending = pending[:end], pending[end:]
            yield rows.converted(complete.removeprefix(UTF_8_MARK) if first else complete)
            first = False
    yield rows.converted(pending.removeprefix(UTF_8_MARK) if first else pending)


@dataclass
class _Rows:
    """Converts rows block by block; remembers whether the last block ended inside quotes."""

    delimiter: bytes
    quote: bytes
    escape: bytes
    inside: bool = field(default=False, init=False)

    def converted(self, block: bytes) -> bytes:
        """Return a block that begins and ends at a line end, with line feeds after its rows."""
        pieces = block.split(self.quote) if self.quote else [block]
        result: list[bytes] = []
        closed = False
        for position, piece in enumerate(pieces):
            result.append(piece if self.inside else piece.replace(b'\r\n', b'\n').replace(b'\r', b'\n'))
            if position == len(pieces) - 1:
                break
            if self.inside:
                closed = not self._escapes(piece)
                self.inside = not closed
            else:
                doubled = closed and not piece and self.escape == self.quote
                begins_row = position == 0 and not piece
                self.inside = doubled or begins_row or piece.endswith((self.delimiter, b'\n', b'\r'))
                closed = False
        return self.quote.join(result)

    def _escapes(self, piece: bytes) -> bool:
        """Tell whether a quote after this quoted text belongs to the text."""
        if self.escape in (b'', self.quote):
            return False
        return (len(piece) - len(piece.rstrip(self.escape))) // len(self.escape) % 2 == 1
