"""The score of pairs of rows at one level, by the scorer that the level's type names."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow.compute as pc

from lake_etl.config.match_specification import EntityMatchSpec, ExactMatchFields, Level
from lake_etl.errors import LakeError
from lake_etl.match.probabilistic_scoring import LearningProbabilisticScorer, ProbabilisticScorer
from lake_etl.match.similarity import Columns, Operand, Pairs, operands, similarities
from lake_etl.match.text_measures import Similarities

DECIMALS = 9    # Weights such as 0.7 + 0.15 + 0.15 must be able to reach a threshold of 1.


class Scorer(Protocol):
    """Gives pairs of rows their score at one level. It is sent to Spark's workers, so it must be small and picklable.
    """

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns that it compares, in their form."""

    def score(self, pairs: Pairs) -> Similarities:
        """Return one score between 0 and 1 for each pair; the same pair always gets the same."""


@runtime_checkable
class LearningScorer(Protocol):
    """What becomes a scorer by taking its weights from the data."""

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns that it learns from, in their form."""

    def trained(self, records: Columns, random: Pairs, candidates: Pairs, population: int) -> Scorer:
        """Return a scorer with weights.

        records     primary rows, each once
        random      pairs of a primary and an incoming row put together by chance
        candidates  pairs that share a block of the level
        population  number of rows of the primary table, at least 1
        """


@dataclass(frozen=True)
class WeightedScorer:
    """Scores by the average of the fields' similarities, weighted."""

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
    """Scores 1 where source system and source key are the same."""

    keys: ExactMatchFields

    def operands(self) -> tuple[Operand, ...]:
        """Return the columns of both."""
        return Operand(self.keys.source_primary_key, 'key'), Operand(self.keys.source_system_key, 'system')

    def score(self, pairs: Pairs) -> Similarities:
        """Return 1 or 0 for each pair; a key that is missing equals nothing."""
        equal = [pc.fill_null(pc.equal(pairs.left[operand], pairs.right[operand]), False)
                 for operand in self.operands()]
        return np.asarray(pc.and_(*equal).to_numpy(zero_copy_only=False), dtype=np.float64)


def scorer_of(level: Level) -> Scorer | LearningScorer:
    """Return the scorer of a level; a probabilistic one without weights has to learn them before."""
    if level.type == 'weighted':
        return WeightedScorer(level)
    return ProbabilisticScorer(level, level.weights) if level.weights else LearningProbabilisticScorer(level)


def scorers_of(spec: EntityMatchSpec) -> tuple[Scorer | LearningScorer, ...]:
    """Return the scorer of each level, in the order of the levels."""
    return tuple(map(scorer_of, spec.levels))


def ready(scorer: Scorer | LearningScorer, level: str) -> Scorer:
    """Return the scorer when it can score; raises LakeError when it would have to learn its weights before."""
    if isinstance(scorer, LearningScorer):
        raise LakeError(f"Level '{level}' has no weights yet. Give it weights, or let it learn them first.")
    return scorer
