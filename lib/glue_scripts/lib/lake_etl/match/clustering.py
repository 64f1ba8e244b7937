"""Connected components: which rows belong together when each pair of a list does."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

LABELS = pa.schema([('member', pa.string()), ('root', pa.string())])


def components(pairs: DataFrame) -> DataFrame:
    """Return `member` and `root`, the smallest member of its component, for the pairs in the columns `a` and `b`.

    Each task reduces its pairs to at most one for each member, one more task joins what is left: the driver sees none.
    """
    linked = pairs.select('a', 'b').mapInArrow(_contracted, 'member string, root string')
    return linked.coalesce(1).mapInArrow(_contracted, 'member string, root string')


def _contracted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield each member of the pairs in the two columns of these batches with the smallest member linked to it."""
    found = [batch for batch in batches if batch.num_rows]
    if found:
        table = pa.Table.from_batches(found)
        members, roots = smallest_members(*(column.combine_chunks().cast(pa.string()) for column in table.columns))
        yield pa.record_batch([members, roots], schema=LABELS)


def smallest_members(one: pa.Array, other: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return all members of the pairs, and for each the smallest member of its component."""
    members = pc.unique(pa.concat_arrays([one, other]))
    members = members.take(pc.sort_indices(members))
    left, right = (pc.index_in(side, members).to_numpy(zero_copy_only=False) for side in (one, other))
    return members, members.take(pa.array(_lowest(left, right, len(members))))


def _lowest(left: NDArray[np.int32], right: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the lowest number in the component of each number below `count`.

    Labels sink along the pairs and along the labels themselves, so the steps are few even for long chains: the
    algorithm of Zhang, Azad and Hu (FastSV, 2020).
    """
    labels = np.arange(count)
    while True:
        before = labels.copy()
        lowest = np.minimum(before[left], before[right])
        for end in (left, right):
            np.minimum.at(labels, before[end], lowest)
            np.minimum.at(labels, end, lowest)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]
        if np.array_equal(before, labels):
            return labels
