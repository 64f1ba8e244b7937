"""Scores pairs at a probabilistic level: the probability that both rows are about the same person."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.config.block_rule import BlockPart, BlockRule
from lake_etl.config.match_specification import Level
from lake_etl.config.match_weights import FieldShares, MatchWeights
from lake_etl.match.agreement import agreement_levels, compared_operands
from lake_etl.match.probabilistic import Numbers, match_odds, probability
from lake_etl.match.probabilistic_estimation import (
    BlockedPairs, FieldToLearn, estimate, frequent_values, stranger_shares)
from lake_etl.match.similarity import Columns, Operand, Pairs, operands

DECIMALS = 9    # As many as other scores have; what lies beyond depends on the machine's arithmetic.


@dataclass(frozen=True)
class ProbabilisticScorer:
    """Scores by the given weights."""

    level: Level
    weights: MatchWeights

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of the level's fields, with those that values may be exchanged with."""
        return compared_operands(self.level.fields)

    def score(self, pairs: Pairs) -> Numbers:
        """Return the probability that the rows of each pair are about the same person."""
        levels = agreement_levels(self.level.fields, pairs)
        odds = match_odds(self.weights, levels, frequency_values(self.level, self.weights, pairs))
        return np.round(probability(odds), DECIMALS)


@dataclass(frozen=True)
class LearningProbabilisticScorer:
    """Learns the weights of a level that gives none."""

    level: Level

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of fields and of block rules, which tell what a pair was found by."""
        blocks = (Operand(part.column, 'text') for rule in self.level.rules for part in rule.parts)
        return tuple(dict.fromkeys([*compared_operands(self.level.fields), *blocks]))

    def trained(self, records: Columns, random: Pairs, candidates: Pairs, population: int) -> ProbabilisticScorer:
        """Return the scorer with weights learnt from primary rows, each once, and both kinds of pairs.

        population  rows of the primary table
        """
        return ProbabilisticScorer(self.level, learnt_weights(self.level, records, random, candidates, population))


def learnt_weights(level: Level, records: Columns, random: Pairs, candidates: Pairs, population: int) -> MatchWeights:
    """Return the weights of a level that pairs put together by chance and pairs that share a block teach.

    records  primary rows, each once: they tell how frequent values are, for which a row that is there twice would count
             as two people who agree in everything
    """
    fields = [FieldToLearn(item.fieldname, item.agreement.level_count, item.agreement.shared_at_home)
              for item in level.fields]
    random_levels = agreement_levels(level.fields, random)
    values = [_texts(records[operands(item)[0]]) for item in level.fields]
    strangers = [stranger_shares(random_levels, field, column, values[column]) for column, field in enumerate(fields)]
    rules = level.rules
    pairs = BlockedPairs(agreement_levels(level.fields, candidates),
                         np.stack([fulfilled(rule, candidates) for rule in rules], axis=1),
                         tuple(held_columns(rule, level) for rule in rules))
    weights = estimate(fields, pairs, strangers, population)
    return replace(weights, fields=tuple(
        _with_frequencies(shares, values[column], level.fields[column].agreement.frequent_values)
        for column, shares in enumerate(weights.fields)))


def frequency_values(level: Level, weights: MatchWeights, pairs: Pairs) -> Sequence[Sequence[str | None]]:
    """Return the values of the fields whose frequencies are looked at, and nothing for the others."""
    return [_texts(pairs.left[operands(item)[0]]) if shares.rare is not None else ()
            for item, shares in zip(level.fields, weights.fields, strict=True)]


def held_columns(rule: BlockRule, level: Level) -> frozenset[int]:
    """Return the positions of the fields that a block rule holds equal, wholly or in part."""
    held = {part.column for part in rule.parts}
    return frozenset(number for number, item in enumerate(level.fields) if held & set(item.columns()))


def fulfilled(rule: BlockRule, pairs: Pairs) -> NDArray[np.bool_]:
    """Tell which pairs share the block of a rule; a null or an empty part shares nothing."""
    result = np.ones(len(next(iter(pairs.left.values()))), dtype=bool)
    for part in rule.parts:
        operand = Operand(part.column, 'text')
        left, right = _sliced(pairs.left[operand], part), _sliced(pairs.right[operand], part)
        equal = pc.and_(pc.equal(left, right), pc.greater(pc.utf8_length(left), 0))
        result &= np.asarray(pc.fill_null(equal, False).to_numpy(zero_copy_only=False), dtype=bool)
    return result


def _sliced(values: pa.Array, part: BlockPart) -> pa.Array:
    if part.start is None and part.stop is None:
        return values
    chosen = slice(part.start, part.stop)
    return pa.array([None if text is None else text[chosen] for text in values.to_pylist()], pa.string())


def _with_frequencies(shares: FieldShares, values: Sequence[str | None], at_most: int) -> FieldShares:
    if not at_most:
        return shares
    frequent, rare = frequent_values(values, at_most)
    return replace(shares, frequent=frequent, rare=rare)


def _texts(values: pa.Array) -> list[str | None]:
    texts: list[str | None] = values.cast(pa.string()).to_pylist()
    return texts
