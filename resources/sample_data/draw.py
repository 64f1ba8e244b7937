"""Draws choices from a seed, the same ones on every machine and Python version."""
from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar('Choice')


class Draw:
    """A sequence of random decisions that depends on nothing but the words of its seed.

    Only `Random.random` is used: it is the one method whose sequence Python promises to keep between versions.
    """

    def __init__(self, *seed: object):
        self._fraction = random.Random(':'.join(str(word) for word in seed)).random

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self._fraction() < probability

    def whole(self, lowest: int, highest: int) -> int:
        """Return a whole number, both ends included."""
        return lowest + int(self._fraction() * (highest - lowest + 1))

    def mostly_small(self, lowest: int, highest: int) -> int:
        """Return a whole number that is near the lowest most of the time, as sizes and losses are."""
        return lowest + int(self._fraction() ** 4 * (highest - lowest + 1))

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices, each equally likely."""
        return choices[int(self._fraction() * len(choices))]

    def commonly(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices, the first ones more often, as names are common and rare."""
        return choices[int(self._fraction() ** 2 * len(choices))]
