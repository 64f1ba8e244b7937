"""Connected components: which numbers belong together when each pair of a list does."""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def lowest_of_each(left: Numbers, right: Numbers, count: int) -> Numbers:
    """Return the lowest number in the component of each number below `count`, for the pairs of `left` and `right`.

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
