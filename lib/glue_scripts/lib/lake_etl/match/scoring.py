"""Scores pairs of rows at one level, by the scorer of its type; untrained scorers learn their weights first."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.config.block_rule import BlockPart, BlockRule
from lake_etl.config.match_specification import EntityMatchSpec, ExactMatchFields, Level
from lake_etl.config.match_weights import FieldShares, MatchWeights
from lake_etl.errors import LakeError
from lake_etl.match.fellegi_sunter import Numbers, agreement_levels, compared_operands, match_weight, probability
from lake_etl.match.probabilistic_estimation import (
    BlockedPairs, UntrainedField, estimate, frequent_values, stranger_shares)
from lake_etl.match.similarity import Columns, Operand, Pairs, operands, similarities
from lake_etl.match.similarity_measures import Similarities

# Weights such as 0.7 + 0.15 + 0.15 must reach a threshold of 1, and further decimals depend on the machine.
DECIMALS = 9


class Scorer(Protocol):
    """Scores pairs of rows at one level; it is sent to the workers of Spark, so it must be small and picklable."""

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns that it compares."""

    def score(self, pairs: Pairs) -> Similarities:
        """Return a score between 0 and 1 for each pair; equal pairs have equal scores."""


@runtime_checkable
class UntrainedScorer(Protocol):
    """A scorer that has to learn its weights from the data."""

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns that it learns from."""

    def trained(self, records: Columns, random: Pairs, candidates: Pairs, population: int) -> Scorer:
        """Return the trained scorer.

        records     primary rows, each once
        random      random pairs of a primary and an incoming row
        candidates  pairs that share a block of the level
        population  number of rows of the primary table, at least 1
        """


@dataclass(frozen=True)
class WeightedScorer:
    """Scores by the weighted average of the similarities of the fields."""

    level: Level

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of the level's fields."""
        return tuple(dict.fromkeys(operand for field in self.level.fields for operand in operands(field)))

    def score(self, pairs: Pairs) -> Similarities:
        """Return the weighted average of the similarities of each pair."""
        fields = [field for field in self.level.fields if field.weight]
        total = sum(field.weight for field in fields)
        weighted = sum((field.weight * similarities(field, pairs) for field in fields), start=np.zeros(1))
        return np.round(weighted / total, DECIMALS)


@dataclass(frozen=True)
class SourceKeyScorer:
    """Scores 1 if source system and source key are equal."""

    keys: ExactMatchFields

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of source key and source system."""
        return Operand(self.keys.source_primary_key, 'key'), Operand(self.keys.source_system_key, 'system')

    def score(self, pairs: Pairs) -> Similarities:
        """Return 1 or 0 for each pair; a missing key equals no other."""
        equal = [pc.fill_null(pc.equal(pairs.left[operand], pairs.right[operand]), False)
                 for operand in self.operands()]
        return np.asarray(pc.and_(*equal).to_numpy(zero_copy_only=False), dtype=np.float64)


def level_scorer(level: Level) -> Scorer | UntrainedScorer:
    """Return the scorer of a level, untrained if a probabilistic level has no weights."""
    if level.type == 'weighted':
        return WeightedScorer(level)
    return ProbabilisticScorer(level, level.weights) if level.weights else UntrainedProbabilisticScorer(level)


def level_scorers(spec: EntityMatchSpec) -> tuple[Scorer | UntrainedScorer, ...]:
    """Return the scorer of each level, in the order of the levels."""
    return tuple(map(level_scorer, spec.levels))


def require_trained(scorer: Scorer | UntrainedScorer, level: str) -> Scorer:
    """Return the scorer; raises LakeError if it is not trained."""
    if isinstance(scorer, UntrainedScorer):
        raise LakeError(f"Level '{level}' has no weights. Add weights to the level, or train the scorer first.")
    return scorer


@dataclass(frozen=True)
class ProbabilisticScorer:
    """Scores by the match probability under the given weights."""

    level: Level
    weights: MatchWeights

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of the level's fields, including columns that values may be swapped with."""
        return compared_operands(self.level.fields)

    def score(self, pairs: Pairs) -> Numbers:
        """Return the probability that the rows of each pair are about the same person."""
        levels = agreement_levels(self.level.fields, pairs)
        odds = match_weight(self.weights, levels, frequency_values(self.level, self.weights, pairs))
        return np.round(probability(odds), DECIMALS)


@dataclass(frozen=True)
class UntrainedProbabilisticScorer:
    """Learns the weights of a probabilistic level without weights."""

    level: Level

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of fields and of block rules."""
        blocks = (Operand(part.column, 'text') for rule in self.level.rules for part in rule.parts)
        return tuple(dict.fromkeys([*compared_operands(self.level.fields), *blocks]))

    def trained(self, records: Columns, random: Pairs, candidates: Pairs, population: int) -> ProbabilisticScorer:
        """Return the scorer with weights learned from primary rows, random pairs and candidate pairs.

        population  number of rows of the primary table
        """
        return ProbabilisticScorer(self.level, train_weights(self.level, records, random, candidates, population))


def train_weights(level: Level, records: Columns, random: Pairs, candidates: Pairs, population: int) -> MatchWeights:
    """Return the weights of a level, learned from random pairs and from pairs that share a block.

    records  primary rows, each once, for term frequencies; a repeated row would count as two people who agree in
             everything
    """
    fields = [UntrainedField(item.fieldname, item.agreement.level_count, item.agreement.shared_at_home)
              for item in level.fields]
    random_levels = agreement_levels(level.fields, random)
    values = [_texts(records[operands(item)[0]]) for item in level.fields]
    strangers = [stranger_shares(random_levels, field, column, values[column]) for column, field in enumerate(fields)]
    rules = level.rules
    pairs = BlockedPairs(agreement_levels(level.fields, candidates),
                         np.stack([in_same_block(rule, candidates) for rule in rules], axis=1),
                         tuple(blocked_columns(rule, level) for rule in rules))
    weights = estimate(fields, pairs, strangers, population)
    return replace(weights, fields=tuple(
        _with_frequencies(shares, values[column], level.fields[column].agreement.frequent_values)
        for column, shares in enumerate(weights.fields)))


def frequency_values(level: Level, weights: MatchWeights, pairs: Pairs) -> Sequence[Sequence[str | None]]:
    """Return the values of the fields with term frequencies, and nothing for the others."""
    return [_texts(pairs.left[operands(item)[0]]) if shares.rare is not None else ()
            for item, shares in zip(level.fields, weights.fields, strict=True)]


def blocked_columns(rule: BlockRule, level: Level) -> frozenset[int]:
    """Return the positions of the fields that a block rule holds equal, completely or partly."""
    held = {part.column for part in rule.parts}
    return frozenset(number for number, item in enumerate(level.fields) if held & set(item.columns()))


def in_same_block(rule: BlockRule, pairs: Pairs) -> NDArray[np.bool_]:
    """Tell which pairs share the block of a rule; a null or empty part matches nothing."""
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
