"""Weights of a probabilistic level, given in the specification instead of learned from the data."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isclose
from typing import Any

ROUNDING = 0.001


@dataclass(frozen=True, kw_only=True)
class FieldShares:
    """The shares of pairs at each level of agreement of a field, from differing to equal; each list adds up to 1.

    name         column of the field
    same_person  shares among pairs of records of one person
    stranger     shares among pairs of records of two random people
    housemate    shares among pairs of records of two people of one household; empty when households are not considered
    frequent     share of records with a frequent value, by value; it replaces the last share of `stranger` when both
                 records have that value, because agreement on Smith is weaker evidence than agreement on Zuckerli
    rare         share that replaces it for all other values; null when frequencies are not considered
    """

    name: str
    same_person: tuple[float, ...]
    stranger: tuple[float, ...]
    housemate: tuple[float, ...] = ()
    frequent: dict[str, Any] = field(default_factory=dict)
    rare: float | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems of the shares."""
        for name in ('same_person', 'stranger', 'housemate'):
            shares = getattr(self, name)
            if any(share <= 0 for share in shares):
                yield f'{name} holds a share that is not above 0; what was never observed is rare, not impossible'
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
    """The weights of the fields of a level.

    fields      the shares of each field of the level, in the same order
    strangers   number of people with whom a record may be confused: the number of rows of the primary table
    housemates  mean number of other people in a person's household; 0 when households are not considered
    """

    fields: tuple[FieldShares, ...]
    strangers: float
    housemates: float = 0.0

    def check(self) -> Iterator[str]:
        """Yield the problems that concern several parts."""
        if self.strangers < 1 or self.housemates < 0:
            yield 'strangers must be 1 or more, and housemates 0 or more'
        if self.housemates and any(not item.housemate for item in self.fields):
            yield 'housemates is above 0, so every field needs the shares housemate'
