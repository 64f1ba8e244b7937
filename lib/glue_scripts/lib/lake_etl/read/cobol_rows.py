"""Says where rows begin in the bytes of a block, and takes fields and elements of tables from them."""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

from lake_etl.read.cobol_decimals import Mask
from lake_etl.read.cobol_numbers import Bytes

Offset = int | NDArray[np.int64]
UNKNOWN = -1


@dataclass(frozen=True)
class RowPlaces:
    """Where rows begin in the bytes of a block, and where their records end.

    stride    bytes from one row to the next, if that is the same for all; otherwise None
    segments  index of the record type of each row; UNKNOWN if it is not described
    """

    content: Bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    stride: int | None = None
    segments: NDArray[np.int64] | None = None

    def moved(self, offset: Offset) -> RowPlaces:
        """Return the rows with later beginnings."""
        return replace(self, starts=self.starts + offset, stride=self.stride if isinstance(offset, int) else None)

    def taken(self, index: NDArray[np.int64]) -> RowPlaces:
        """Return some of the rows."""
        return replace(self, starts=self.starts[index], ends=self.ends[index], stride=None,
                       segments=None if self.segments is None else self.segments[index])

    def window(self, offset: Offset, size: int) -> Bytes:
        """Return the bytes at a place of each row, as a matrix."""
        if self.stride is not None and isinstance(offset, int) and len(self.starts):
            beginning = self.content[self.starts[0] + offset:]
            return as_strided(beginning, (len(self.starts), size), (self.stride, 1), writeable=False)
        places = np.minimum(self.starts + offset, len(self.content) - size)
        window: Bytes = sliding_window_view(self.content, size)[places]
        return window


def clipped_text(rows: RowPlaces, offset: Offset, size: int, blank: int) -> Bytes:
    """Return the bytes of a text field, with blanks for those behind the end of the record."""
    content = rows.window(offset, size)
    if rows.stride is not None:
        return content
    left = rows.ends - rows.starts - offset
    if (left >= size).all():
        return content
    content = content.copy()
    content[np.arange(size) >= left[:, None]] = blank
    return content


def element_places(rows: RowPlaces, counts: NDArray[np.int64], size: int
                   ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and the place of each element of one size."""
    parents = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    number = np.arange(len(parents), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    return parents, rows.starts[parents] + number * size


def element_counts(column: pa.Array) -> NDArray[np.int64]:
    """Return numbers of elements; UNKNOWN where there is none."""
    return np.asarray(pc.fill_null(column.cast(pa.int64()), UNKNOWN).to_numpy(zero_copy_only=False), dtype=np.int64)


def with_nulls(column: pa.Array, null: Mask) -> pa.Array:
    """Return a column with null in some rows."""
    return pc.if_else(pa.array(null), pa.scalar(None, column.type), column)
