"""Explains a pair of rows level by level: how each field agrees, what it contributes, and whether the level matches."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from lake_etl.config.match_specification import EntityMatchSpec, Level
from lake_etl.config.match_weights import MatchWeights
from lake_etl.match.fellegi_sunter import MISSING, agreement_levels, household_match_weights, partial_match_weights
from lake_etl.match.scoring import ProbabilisticScorer, UntrainedScorer, frequency_values, in_same_block, level_scorer
from lake_etl.match.similarity import ARROW_TYPES, Operand, OperandKind, Pairs, similarities
from lake_etl.match.standardization import DATES, Use, is_missing, nfc

Row = Mapping[str, object]


@dataclass(frozen=True)
class FieldComparison:
    """The comparison of one field of a pair.

    agreement          how its values compare, in words
    contribution       its part of the score; at a probabilistic level the match weight against a stranger, in bits that
                       each double the odds; None if weights are learned from each batch
    against_housemate  match weight against another member of the household; None without households
    """

    field: str
    left: str | None
    right: str | None
    agreement: str
    contribution: float | None
    against_housemate: float | None = None


@dataclass(frozen=True)
class LevelExplanation:
    """The comparison of a pair at one level.

    blocks  block rules that both rows share; without any they are not compared
    prior   prior match weights in bits, against strangers and against housemates; empty if scores are not
            probabilities
    score   None if the level learns its weights from each batch
    """

    level: str
    is_probabilistic: bool
    blocks: tuple[str, ...]
    fields: tuple[FieldComparison, ...]
    prior: tuple[float, ...]
    score: float | None
    threshold: float

    @property
    def matches(self) -> bool:
        """Tell whether the level matches the pair."""
        return bool(self.blocks) and self.score is not None and self.score >= self.threshold


@dataclass(frozen=True)
class PairExplanation:
    """The comparison of a pair at every level, in order."""

    levels: tuple[LevelExplanation, ...]

    @property
    def deciding(self) -> LevelExplanation | None:
        """Return the first level that matches the pair, or None."""
        return next((level for level in self.levels if level.matches), None)


def explain(spec: EntityMatchSpec, left: Row, right: Row) -> PairExplanation:
    """Explain a pair of rows, given as values by lower-case column name.

    This explains only the pair: in a job a row takes the best of all its candidates, and blocks that are too large are
    skipped.
    """
    return PairExplanation(tuple(_explained(level, spec.default_values, left, right) for level in spec.levels))


def _compared(level: Level, defaults: Sequence[str], left: Row, right: Row) -> Pairs:
    """Return the values that the fields of a level compare."""
    return Pairs(*({operand: pa.array([_value(row.get(operand.column.lower()), operand.kind, defaults)],
                                      ARROW_TYPES[operand.kind]) for operand in level_scorer(level).operands()}
                   for row in (left, right)))


def _in_blocks(level: Level, defaults: Sequence[str], left: Row, right: Row) -> Pairs:
    """Return the values that the block rules of a level use."""
    names = dict.fromkeys(part.column for rule in level.rules for part in rule.parts)
    return Pairs(*({Operand(name, 'text'): pa.array([_text(row.get(name.lower()), 'block', defaults)], pa.string())
                    for name in names} for row in (left, right)))


def _value(value: object, kind: OperandKind, defaults: Sequence[str]) -> object:
    """Return a value as it is compared; None if it is missing or a placeholder."""
    if value is None:
        return None
    if kind not in ('number', 'date'):
        return _text(value, 'comparison', defaults)
    try:
        if kind == 'number':
            return float(str(value))
        day = date.fromisoformat(str(value)[:10])
        return None if day in DATES else day
    except ValueError:
        return None


def _text(value: object, use: Use, defaults: Sequence[str]) -> str | None:
    """Return a value as text; None if it is missing or a placeholder."""
    if value is None:
        return None
    text = nfc(value.isoformat(' ') if isinstance(value, datetime) else str(value))
    return None if is_missing(text, use, defaults) else text


def _explained(level: Level, defaults: Sequence[str], left: Row, right: Row) -> LevelExplanation:
    pair, in_blocks = (values(level, defaults, left, right) for values in (_compared, _in_blocks))
    scorer = level_scorer(level)
    blocks = tuple(str(rule) for rule in level.rules if in_same_block(rule, in_blocks)[0])
    is_probabilistic = level.type == 'probabilistic'
    score: float | None = None
    prior: tuple[float, ...] = ()
    if isinstance(scorer, UntrainedScorer):
        fields = tuple(_agreements(level, pair))
    elif isinstance(scorer, ProbabilisticScorer):
        fields = tuple(_weighted(level, scorer.weights, pair))
        against = [scorer.weights.strangers, *([scorer.weights.housemates] if scorer.weights.housemates else [])]
        prior = tuple(float(-np.log2(number)) for number in against)
        score = float(scorer.score(pair)[0])
    else:
        fields = tuple(_similarity_scores(level, pair))
        score = float(scorer.score(pair)[0])
    return LevelExplanation(str(level.id), is_probabilistic, blocks, fields, prior, score, level.threshold)


def _similarity_scores(level: Level, pair: Pairs) -> Iterable[FieldComparison]:
    total = sum(field.weight for field in level.fields)
    for field in level.fields:
        unjudged = float(similarities(replace(field, threshold=None), pair)[0])
        counted = float(similarities(field, pair)[0])
        words = f'similarity {unjudged:.3f}'
        if field.threshold is not None:
            words = f'{words}, {"at least" if counted else "below"} {field.threshold:g}'
        left, right = _shown(next(operand for operand in pair.left if operand.column == field.fieldname), pair)
        if left is None or right is None:
            words = 'missing'
        yield FieldComparison(field.fieldname, left, right, words, counted * field.weight / total)


def _agreements(level: Level, pair: Pairs) -> Iterable[FieldComparison]:
    for field, reached in zip(level.fields, agreement_levels(level.fields, pair)[0], strict=True):
        operand = next(operand for operand in pair.left if operand.column == field.fieldname)
        left, right = _shown(operand, pair)
        words = field.agreement.names()[reached]
        if reached == MISSING:
            words = 'missing' if left is None or right is None else 'counted with the field it is exchanged with'
        yield FieldComparison(field.fieldname, left, right, words, None)


def _weighted(level: Level, weights: MatchWeights, pair: Pairs) -> Iterable[FieldComparison]:
    levels = agreement_levels(level.fields, pair)
    stranger = partial_match_weights(weights, levels, frequency_values(level, weights, pair))[0]
    housemate = household_match_weights(weights, levels)[0] if weights.housemates else None
    for column, evidence in enumerate(_agreements(level, pair)):
        at_home = None if housemate is None else float(housemate[column])
        yield replace(evidence, contribution=float(stranger[column]), against_housemate=at_home)


def _shown(operand: Operand, pair: Pairs) -> tuple[str | None, str | None]:
    left, right = (side[operand][0].as_py() for side in (pair.left, pair.right))
    return None if left is None else str(left), None if right is None else str(right)
