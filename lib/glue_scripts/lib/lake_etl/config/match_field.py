"""A field of a match level: the column to compare, how to compare it, and with which weight."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal

DEFAULT_LEVELS = (0.85, 0.92)
FieldType = Literal['exact', 'string', 'numeric', 'date', 'geographic']
DISTANCES = ('linear', 'step', 'exp', 'gauss', 'squared')
METHODS: Mapping[FieldType, tuple[str, ...]] = MappingProxyType({
    'exact': (),
    'string': ('levenshtein', 'jarowinkler', 'jaro', 'damerau_levenshtein', 'qgram', 'cosine', 'smith_waterman', 'lcs'),
    'numeric': DISTANCES,
    'date': (),
    'geographic': DISTANCES,
})
OTHER_NAMES = MappingProxyType({
    'jaro_winkler': 'jarowinkler', 'jw': 'jarowinkler', 'dameraulevenshtein': 'damerau_levenshtein',
    'dl': 'damerau_levenshtein', 'q_gram': 'qgram', 'smithwaterman': 'smith_waterman', 'sw': 'smith_waterman',
    'longest_common_substring': 'lcs', 'lin': 'linear', 'exponential': 'exp', 'gaussian': 'gauss'})
SWAPPED_MONTHS = ((6.0, 7.0, 0.5), (7.0, 6.0, 0.5), (9.0, 10.0, 0.5), (10.0, 9.0, 0.5))
KEYS_OF_TYPE: Mapping[FieldType, tuple[str, ...]] = MappingProxyType({
    'exact': (), 'string': ('method',), 'numeric': ('method', 'offset', 'scale', 'origin'),
    'date': ('swap_month_day', 'swap_months'), 'geographic': ('method', 'offset', 'scale', 'origin', 'longitude')})


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The levels of agreement of a field in a probabilistic match level.

    levels           ascending similarities between 0 and 1, at each of which a level of agreement begins; values below
                     all of them differ, and values above all of them are equal
    shared_at_home   whether people of one household often agree on the field, as on address and telephone
    exchanged_with   column whose value may be exchanged with this one, as first and last name may be; such pairs have
                     a level of their own
    frequent_values  number of most frequent values that get weights of their own, because agreement on one of them is
                     weaker evidence
    """

    levels: tuple[float, ...] = DEFAULT_LEVELS
    shared_at_home: bool = False
    exchanged_with: str | None = None
    frequent_values: int = 0

    @property
    def level_count(self) -> int:
        """Return the number of levels, including the lowest and the highest."""
        return len(self.levels) + 2 + (self.exchanged_with is not None)

    def names(self) -> tuple[str, ...]:
        """Return the names of the levels, from the lowest to the highest."""
        exchanged = (f'exchanged with {self.exchanged_with}',) if self.exchanged_with else ()
        return ('differs', *(f'similar from {level:g}' for level in self.levels), *exchanged, 'equal')

    def check(self) -> Iterator[str]:
        """Yield the problems of the levels."""
        if list(self.levels) != sorted(set(self.levels)) or any(not 0 < level < 1 for level in self.levels):
            yield 'levels must be ascending numbers above 0 and below 1'
        if self.frequent_values < 0:
            yield f'frequent_values is {self.frequent_values}, expected 0 or more'


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column to compare; the similarity of two values is between 0 and 1.

    fieldname       column to compare; for the type geographic, the column with the latitude in degrees
    type            how to compare its values
    weight          its share in the score of the level
    method          for string, numeric and geographic: the measure; levenshtein and linear when left out
    threshold       a similarity of at least this counts as 1, any lower one as 0
    missing_value   similarity when a value is null
    offset          for numeric and geographic: distances up to this one count as 0
    scale           for numeric and geographic: distance beyond the offset at which the similarity is one half
    origin          for numeric and geographic: the distance that counts as 0
    longitude       for geographic: column with the longitude in degrees
    swap_month_day  for date: similarity when month and day are exchanged
    swap_months     for date: a month, another month that it is confused with, and the similarity in that case
    comparison      for probabilistic levels: the levels of agreement
    """

    fieldname: str
    type: FieldType
    weight: float = 1.0
    method: str | None = None
    threshold: float | None = None
    missing_value: float = 0.0
    offset: float = 0.0
    scale: float = 1.0
    origin: float = 0.0
    longitude: str | None = None
    swap_month_day: float = 0.5
    swap_months: tuple[tuple[float, ...], ...] = SWAPPED_MONTHS
    comparison: Comparison | None = None

    @property
    def measure(self) -> str:
        """Return the main name of the method, or of the type's default; empty for a type without methods."""
        methods = METHODS[self.type]
        if self.method is None:
            return methods[0] if methods else ''
        return OTHER_NAMES.get(self.method, self.method)

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns to compare."""
        return (self.fieldname, self.longitude) if self.longitude else (self.fieldname,)

    @property
    def agreement(self) -> Comparison:
        """Return the comparison; by default an exact field has two levels, and any other field has DEFAULT_LEVELS."""
        return self.comparison or Comparison(levels=() if self.type == 'exact' else DEFAULT_LEVELS)

    def check(self) -> Iterator[str]:
        """Yield the problems of the weight, the method and the keys of the type."""
        if self.weight < 0:
            yield f'weight is {self.weight}, expected 0 or more'
        methods = METHODS[self.type]
        if methods and self.measure not in methods:
            yield f"method '{self.method}' is not known for type {self.type}; expected one of {', '.join(methods)}"
        for item in fields(self):
            belongs = [kind for kind, keys in KEYS_OF_TYPE.items() if item.name in keys]
            if belongs and self.type not in belongs and getattr(self, item.name) != item.default:
                yield f'{item.name} has no effect for type {self.type}; it is for {" and ".join(belongs)}'
        if self.type == 'geographic' and not self.longitude:
            yield 'type geographic needs longitude, the column with the other coordinate'
        if self.scale <= 0 or self.offset < 0:
            yield 'scale must be above 0, and offset 0 or more'
        if any(len(item) != 3 for item in self.swap_months):
            yield 'swap_months expects lists of three numbers: a month, the other month, and a similarity'
