"""Weights of a probabilistic level that are given in the specification instead of learnt from the data."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isclose
from typing import Any

ROUNDING = 0.001


@dataclass(frozen=True, kw_only=True)
class FieldShares:
    """How often a field compares at each level, from differing to equal; the shares of a list add up to 1.

    name         column of the field
    same_person  shares among pairs of records about one person
    stranger     shares among pairs about two people taken at random
    housemate    shares among pairs about two people of one household; empty when households are not looked at
    frequent     share of records that hold a frequent value, by value; it takes the place of the last share of
                 `stranger` where both records hold that value, since agreeing on Smith says less than on Zuckerli
    rare         share that takes that place for all other values; null when frequencies are not looked at
    """

    name: str
    same_person: tuple[float, ...]
    stranger: tuple[float, ...]
    housemate: tuple[float, ...] = ()
    frequent: dict[str, Any] = field(default_factory=dict)
    rare: float | None = None

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the shares."""
        for name in ('same_person', 'stranger', 'housemate'):
            shares = getattr(self, name)
            if any(share <= 0 for share in shares):
                yield f'{name} holds a share that is not above 0; something never seen is rare, not impossible'
            elif shares and not isclose(sum(shares), 1, abs_tol=ROUNDING):
                yield f'{name} adds up to {sum(shares):g}, expected 1'
            if len(shares) not in (len(self.same_person), 0 if name == 'housemate' else -1):
                yield f'{name} has {len(shares)} shares and same_person {len(self.same_person)}'
        given = [*self.frequent.values(), *([] if self.rare is None else [self.rare])]
        if not all(isinstance(share, (int, float)) and 0 < share <= 1 for share in given):
            yield 'frequent and rare must be shares above 0 and up to 1'
        if self.frequent and self.rare is None:
            yield 'frequent needs rare, the share of all other values'


@dataclass(frozen=True, kw_only=True)
class MatchWeights:
    """What was learnt about the fields of a level.

    fields      the shares of each field of the level, in the same order
    strangers   number of people with whom a record may be confused: the rows of the primary table
    housemates  mean number of other people in a person's household; 0 when households are not looked at
    """

    fields: tuple[FieldShares, ...]
    strangers: float
    housemates: float = 0.0

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the parts taken together."""
        if self.strangers < 1 or self.housemates < 0:
            yield 'strangers must be 1 or more, and housemates 0 or more'
        if self.housemates and any(not item.housemate for item in self.fields):
            yield 'housemates is above 0, so every field needs the shares housemate'
