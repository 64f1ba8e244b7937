"""How a field takes part in a probabilistic level: levels of agreement, and what its values tell."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_LEVELS = (0.85, 0.92)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How the similarity of a field becomes a level of agreement; below all levels is differing, above them equal.

    levels           similarities between 0 and 1, rising, at each of which a level begins
    shared_at_home   whether people of one household often agree on the field, as on address and telephone
    exchanged_with   column whose value may stand in this one and the other way round, as first and last name may; such
                     pairs have a level of their own
    frequent_values  number of the most frequent values whose own frequency counts: agreeing on one of them says less
    """

    levels: tuple[float, ...] = DEFAULT_LEVELS
    shared_at_home: bool = False
    exchanged_with: str | None = None
    frequent_values: int = 0

    @property
    def level_count(self) -> int:
        """Return the number of levels, the lowest and the highest included."""
        return len(self.levels) + 2 + (self.exchanged_with is not None)

    def names(self) -> tuple[str, ...]:
        """Return what to call each level, the lowest first."""
        exchanged = (f'exchanged with {self.exchanged_with}',) if self.exchanged_with else ()
        return ('differs', *(f'similar from {level:g}' for level in self.levels), *exchanged, 'equal')

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the levels."""
        if list(self.levels) != sorted(set(self.levels)) or any(not 0 < level < 1 for level in self.levels):
            yield 'levels must be numbers between 0 and 1 that rise, both ends excluded'
        if self.frequent_values < 0:
            yield f'frequent_values is {self.frequent_values}, expected 0 or more'
