"""Block rules: the columns, or parts of columns, in which two rows must agree to be compared."""
from __future__ import annotations

import re
from dataclasses import dataclass

SLICE = re.compile(r'(?P<column>[^\[\]]+)\[(?P<start>-?\d+)?:(?P<stop>-?\d+)?\]', re.ASCII)


@dataclass(frozen=True)
class BlockPart:
    """A column, or the slice of its text from `start` to before `stop`, both with Python's meaning."""

    column: str
    start: int | None = None
    stop: int | None = None

    def __str__(self) -> str:
        if self.start is None and self.stop is None:
            return self.column
        ends = ('' if end is None else str(end) for end in (self.start, self.stop))
        return f'{self.column}[{":".join(ends)}]'


@dataclass(frozen=True)
class BlockRule:
    """The parts of two rows that must all be equal."""

    parts: tuple[BlockPart, ...]

    def __str__(self) -> str:
        return ' + '.join(map(str, self.parts))


def parse_block_part(text: str) -> BlockPart:
    """Return the part that a text such as `zip` or `lastname[0:3]` means.

    Raises ValueError with a message for the user when the text means no part.
    """
    if '[' not in text and ']' not in text:
        return BlockPart(text)
    match = SLICE.fullmatch(text)
    if match is None:
        raise ValueError(f"block '{text}' is not a slice; expected a column and two positions, such as lastname[0:3]")
    start, stop = (int(match[name]) if match[name] else None for name in ('start', 'stop'))
    if not _may_hold_letters(start, stop):
        raise ValueError(f"block '{text}' is always empty, because it ends before or where it begins")
    return BlockPart(match['column'], start, stop)


def _may_hold_letters(start: int | None, stop: int | None) -> bool:
    """Tell whether a text can have letters in the slice; positions that count from the same end must be in order."""
    first = 0 if start is None else start
    if stop is None:
        return True
    return stop > first if (first < 0) == (stop < 0) else first < 0 or stop < 0
