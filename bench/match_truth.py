"""Measures the quality of a match: precision, recall and F1, over pairs of rows."""
from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.match_data import ROW, TRUTH


@dataclass(frozen=True)
class Quality:
    """Counts of pairs: claimed to be one person, truly so, and both."""

    claimed: int
    true: int
    right: int

    @property
    def precision(self) -> float:
        """Return the share of claimed pairs that are right."""
        return self.right / self.claimed if self.claimed else 0.0

    @property
    def recall(self) -> float:
        """Return the share of true pairs that are claimed."""
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        return 2 * self.right / (self.claimed + self.true) if self.claimed + self.true else 0.0


def of_links(links: pd.DataFrame, primary: pd.DataFrame, incoming: pd.DataFrame) -> Quality:
    """Judge links from incoming rows to primary rows.

    links  columns `incoming` and `primary`, numbers of rows, at most one link for each incoming row
    """
    persons = links['incoming'].map(incoming.set_index(ROW)[TRUTH])
    found = links['primary'].map(primary.set_index(ROW)[TRUTH])
    true = int(incoming[TRUTH].isin(set(primary[TRUTH])).sum())
    return Quality(len(links), true, int((persons.to_numpy() == found.to_numpy()).sum()))


def of_groups(groups: pd.Series, truth: pd.Series) -> Quality:
    """Judge groups of rows: every two rows of one group are claimed to be one person."""
    both = pd.Series(list(zip(groups, truth, strict=True)))
    return Quality(*(_pairs(values) for values in (groups, truth, both)))


def best_links(scored: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Return the best link of each incoming row that reaches the threshold; of equals the smallest primary row."""
    enough = scored[scored['score'] >= threshold]
    ordered = enough.sort_values(['incoming', 'score', 'primary'], ascending=[True, False, True])
    return ordered.drop_duplicates('incoming')[['incoming', 'primary']]


def _pairs(values: pd.Series) -> int:
    counts = values.value_counts().to_numpy()
    return int((counts * (counts - 1) // 2).sum())
