"""The figures of a matched database: which level settled how many keys, how sure it was, and how large persons are."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.local_lake.showing.match_source import NEW, KnownKey

BINS = 20
STEPS = 20          # A distribution begins at a multiple of 1/20 below the threshold.
ROUNDING = 1e-9     # 0.85 lies at the beginning of its bin, not a hair before it.
NOT_SCORED = ('given', 'exact', NEW)


@dataclass(frozen=True)
class ScoreCounts:
    """The scores of a level: the number of keys in each of BINS equal parts of `lowest` to 1."""

    level: str
    lowest: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class MatchFigures:
    """What a report shows.

    keys      number of source keys
    persons   number of global ids
    levels    each level with the number of keys that it settled, in the order in which levels are tried
    sizes     each number of source keys that a person has, rising, with the number of such persons
    scores    for each level that scores, how its scores are distributed
    """

    keys: int
    persons: int
    levels: tuple[tuple[str, int], ...]
    sizes: tuple[tuple[int, int], ...]
    scores: tuple[ScoreCounts, ...]


def figures_of(known: Sequence[KnownKey], thresholds: Mapping[str, float]) -> MatchFigures:
    """Return the figures of a cross-reference; `thresholds` are those of the levels by id, in their order."""
    settled = Counter(key.level for key in known)
    order = dict.fromkeys(['given', 'exact', *thresholds, *sorted(set(settled) - {NEW}), NEW])
    sizes = Counter(Counter(key.global_id for key in known).values())
    scored = [name for name in order if name not in NOT_SCORED and settled[name]]
    return MatchFigures(
        keys=len(known), persons=sum(sizes.values()),
        levels=tuple((name, settled[name]) for name in order if settled[name]), sizes=tuple(sorted(sizes.items())),
        scores=tuple(_counted(name, thresholds.get(name, 0.0),
                              [key.score for key in known if key.level == name and key.score is not None])
                     for name in scored))


def _counted(level: str, threshold: float, scores: Sequence[float]) -> ScoreCounts:
    lowest = min(math.floor(threshold * STEPS) / STEPS, 1 - 1 / STEPS)
    width = (1 - lowest) / BINS
    bins = Counter(max(0, min(int((score - lowest) / width + ROUNDING), BINS - 1)) for score in scores)
    return ScoreCounts(level, lowest, tuple(bins[number] for number in range(BINS)))
