"""Estimates the parameters of the Fellegi-Sunter model from unlabelled pairs.

A *share* is the probability of a comparison level. The shares for strangers come from random pairs. Those for the same
person and for housemates come from the pairs that blocking finds, by expectation maximisation (Dempster, Laird and
Rubin, 1977): classify the pairs with the current shares, recount the shares from the classes, and repeat until they
converge. Within the pairs of a block rule, the fields that the rule holds equal are ignored.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lake_etl.config.match_weights import FieldShares, MatchWeights
from lake_etl.match.fellegi_sunter import MISSING, Levels, Numbers

MOST_ROUNDS, SETTLED = 300, 1e-6
FEWEST_PAIRS = 50
"""A block rule with fewer pairs in the sample is ignored."""
PRIOR_COUNT = 0.2
FIRST_AGREEMENT = 0.85
MOST_HOUSEMATES = 10.0
CLASSES = 3
SAME, HOUSEMATE, STRANGER = range(CLASSES)


@dataclass(frozen=True)
class UntrainedField:
    """A field of the model before estimation.

    level_count       number of comparison levels, at least 2
    shared_at_home    whether members of a household often agree on it
    """

    name: str
    level_count: int
    shared_at_home: bool = False


@dataclass(frozen=True)
class BlockedPairs:
    """Pairs that share a block.

    levels   comparison levels, a row for each pair and a column for each field
    rules    whether a pair satisfies a block rule, a row for each pair and a column for each rule
    held     columns of `levels` that each rule holds equal, completely or partly
    """

    levels: Levels
    rules: NDArray[np.bool_]
    held: tuple[frozenset[int], ...]


@dataclass
class _Rule:
    """The pairs of a block rule as counted patterns, the columns to estimate from them, and the class shares."""

    levels: Levels
    counts: Numbers
    columns: tuple[int, ...]
    shares: Numbers


def estimate(fields: Sequence[UntrainedField], pairs: BlockedPairs, strangers: Sequence[Numbers],
             population: float) -> MatchWeights:
    """Return the maximum likelihood weights for the pairs.

    strangers    for each field the shares of its levels among random pairs
    population   number of people that a record may be confused with

    A field that every rule with enough pairs holds equal keeps its initial values.
    """
    rules = _rules(pairs)
    same = [_mostly_equal(FIRST_AGREEMENT, item.level_count) for item in fields]
    at_home = any(item.shared_at_home for item in fields)
    home = [_mostly_equal(FIRST_AGREEMENT, item.level_count) if item.shared_at_home else np.array(strangers[column])
            for column, item in enumerate(fields)]
    if not at_home:
        for rule in rules:
            rule.shares = np.array([0.5, 0.0, 0.5])
    before = np.zeros(0)
    for _ in range(MOST_ROUNDS):
        counts = _expected_counts(fields, rules, same, home, strangers)
        same = [_shares(count[SAME], old) for count, old in zip(counts, same, strict=True)]
        if at_home:
            home = [_shares(count[HOUSEMATE], old) if item.shared_at_home else old
                    for count, old, item in zip(counts, home, fields, strict=True)]
        now = np.concatenate([rule.shares for rule in rules]) if rules else before
        if len(before) == len(now) and np.abs(now - before).max(initial=0.0) < SETTLED:
            break
        before = now
    learnt = tuple(FieldShares(name=item.name, same_person=tuple(same[column].tolist()),
                               stranger=tuple(strangers[column].tolist()),
                               housemate=tuple(home[column].tolist()) if at_home else ())
                   for column, item in enumerate(fields))
    return MatchWeights(fields=learnt, strangers=population, housemates=_housemates(rules) if at_home else 0.0)


def stranger_shares(random_levels: Levels, field: UntrainedField, column: int, values: Iterable[str | None]) -> Numbers:
    """Return the shares of a field's levels for two random people.

    Random pairs give the shares of all levels except the last, because two random people hardly ever have, for example,
    the same telephone. The last share is the probability that two of `values`, a sample of the records, are equal.
    """
    seen = random_levels[:, column]
    counts = np.bincount(seen[seen != MISSING], minlength=field.level_count)[:field.level_count] + PRIOR_COUNT
    value_counts = np.array(list(Counter(value for value in values if value is not None).values()), dtype=float)
    size = value_counts.sum()
    equal = ((value_counts * (value_counts - 1)).sum() + PRIOR_COUNT) / (max(size * (size - 1), 1.0) + PRIOR_COUNT)
    lower = counts[:-1] / counts[:-1].sum() * (1 - equal)
    return np.append(lower, equal)


def frequent_values(values: Iterable[str | None], at_most: int) -> tuple[dict[str, float], float]:
    """Return the share of each of the most frequent values, and the share of a typical other value.

    A frequent value occurs at least five times, so that its share is reliable.
    """
    counts = Counter(value for value in values if value is not None)
    total = sum(counts.values()) or 1
    frequent = {value: count / total for value, count in counts.most_common(at_most) if count >= 5}
    rest = [count for value, count in counts.items() if value not in frequent]
    # A record has a value with the frequency of the value, so this is the mean over records, not over values.
    rare = sum(count * count for count in rest) / sum(rest) / total if rest else min(frequent.values(), default=1.0)
    return frequent, rare


def _rules(pairs: BlockedPairs) -> list[_Rule]:
    rules = []
    for number, held in enumerate(pairs.held):
        columns = tuple(column for column in range(pairs.levels.shape[1]) if column not in held)
        levels = pairs.levels[pairs.rules[:, number]]
        if len(levels) >= FEWEST_PAIRS and len(columns) >= 2:
            patterns, counts = np.unique(levels, axis=0, return_counts=True)
            rules.append(_Rule(patterns, counts.astype(float), columns, np.array([0.4, 0.3, 0.3])))
    return rules


def _expected_counts(fields: Sequence[UntrainedField], rules: Sequence[_Rule], same: Sequence[Numbers],
                     home: Sequence[Numbers], strangers: Sequence[Numbers]) -> list[Numbers]:
    """Return the expected count of each class and level for each field, and update the class shares of each rule."""
    counts = [np.full((CLASSES, item.level_count), PRIOR_COUNT) for item in fields]
    for rule in rules:
        likelihood = np.tile(np.log(rule.shares + 1e-12), (len(rule.levels), 1))
        for column in rule.columns:
            known = rule.levels[:, column] != MISSING
            level = rule.levels[known, column]
            for number, shares in enumerate((same[column], home[column], strangers[column])):
                likelihood[known, number] += np.log(shares[level])
        guess = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        expected = guess / guess.sum(axis=1, keepdims=True) * rule.counts[:, None]
        rule.shares = expected.sum(axis=0) / rule.counts.sum()
        for column in rule.columns:
            known = rule.levels[:, column] != MISSING
            for number in range(CLASSES):
                counts[column][number] += np.bincount(rule.levels[known, column], expected[known, number],
                                                      fields[column].level_count)
    # A field without observations has only its prior counts.
    return [count if count.sum() > 2 * PRIOR_COUNT * count.size else np.zeros_like(count) for count in counts]


def _shares(counts: Numbers, otherwise: Numbers) -> Numbers:
    return counts / counts.sum() if counts.sum() else otherwise


def _mostly_equal(agreement: float, level_count: int) -> Numbers:
    return np.append(np.full(level_count - 1, (1 - agreement) / (level_count - 1)), agreement)


def _housemates(rules: Sequence[_Rule]) -> float:
    """Return the number of housemates per person, from the rule that finds most of them."""
    ratios = [rule.shares[HOUSEMATE] / rule.shares[SAME] for rule in rules if rule.shares[SAME] > 0.05]
    return float(min(max(ratios, default=1.0), MOST_HOUSEMATES))
