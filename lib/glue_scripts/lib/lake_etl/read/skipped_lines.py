"""Leaves out lines at the beginning and at the end of a file, chunk by chunk."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

# A carriage return at the end of a chunk may be the first half of a line end.
LINE_END = re.compile(rb'\r\n|\n|\r(?!\Z)')


def lines_of_text(lines: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Yield the text of lines that are not blank."""
    return (text for line in lines if (text := line.decode(encoding, 'replace').strip()))


def skip_last_lines(chunks: Iterable[bytes], count: int, footer: list[bytes] | None = None) -> Iterator[bytes]:
    """Yield the content without its last `count` lines and the blank lines around them.

    footer  gets the lines that are left out, once the content has been read
    """
    if not count:
        yield from chunks
        return
    pending: list[bytes] = []
    for chunk in chunks:
        # A line may go on in the next chunk, and a carriage return may be the first half of a line end.
        pending = (b''.join(pending) + chunk).splitlines(keepends=True)
        end = _start_of_last(pending, count + 1)
        yield b''.join(pending[:end])
        pending = pending[end:]
    end = _start_of_last(pending, count)
    yield b''.join(pending[:end])
    if footer is not None:
        footer += pending[end:]


def _start_of_last(lines: Sequence[bytes], count: int) -> int:
    """Return the position of the first of the last `count` lines that are not blank; 0 when there are fewer."""
    for position in range(len(lines) - 1, -1, -1):
        count -= bool(lines[position].strip())
        if not count:
            return position
    return 0


def skip_lines(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield the content after the first `count` lines; lines may end in any way."""
    chunks = iter(chunks)
    pending = b''
    for chunk in chunks:
        pending += chunk
        start = 0
        while count and (end := LINE_END.search(pending, start)):
            start, count = end.end(), count - 1
        pending = pending[start:]
        if not count:
            yield pending
            yield from chunks
