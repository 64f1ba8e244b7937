"""The plan of a match: its levels with their scorers, all block rules, and the columns that must be read for them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lake_etl.match.scoring import Scorer, WeightedScorer, scorers_of
from lake_etl.match.similarity import Operand
from lake_etl.spec.block_rule import BlockPart, BlockRule
from lake_etl.spec.entity_match import EntityMatchSpec, ExactMatchFields, Level
from lake_etl.spec.match_field import Field

EXACT = 'exact'


@dataclass(frozen=True)
class PlannedLevel:
    """A level ready to be used: the name that matches are traced to, its threshold and its scorer."""

    name: str
    threshold: float
    scorer: Scorer


@dataclass(frozen=True)
class PlannedRule:
    """A block rule of a level.

    level         index of the level in the plan
    divide_by     column of the level's next field, by which a block that is too large is divided; None: there is none
    placeholders  whether values that stand for a missing one must not make a block
    """

    level: int
    rule: BlockRule
    divide_by: Operand | None
    placeholders: bool = True


@dataclass(frozen=True)
class MatchPlan:
    """Everything that comparing rows needs; it is sent to Spark's workers.

    default_values   texts that stand for a missing value, beside the usual ones
    max_block_pairs  most pairs that one block may lead to
    """

    levels: tuple[PlannedLevel, ...]
    rules: tuple[PlannedRule, ...]
    default_values: tuple[str, ...]
    max_block_pairs: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Return every column that a scorer compares, in a lasting order."""
        divisors = {rule.divide_by for rule in self.rules if rule.divide_by}
        return tuple(sorted({operand for level in self.levels for operand in level.scorer.operands()} | divisors))


def plan_of(spec: EntityMatchSpec, scorers: Sequence[Scorer] | None = None, exact: bool = True) -> MatchPlan:
    """Return the plan of a specification.

    scorers  one for each level, where the specification's own would not do
    exact    whether the keys of the source systems are the first level
    """
    levels: list[PlannedLevel] = []
    rules: list[PlannedRule] = []
    if exact and spec.exact_match_fields:
        level = _exact_level(spec.exact_match_fields)
        levels.append(PlannedLevel(EXACT, level.threshold, WeightedScorer(level)))
        rules += [PlannedRule(0, rule, None, placeholders=False) for rule in level.rules]
    for level, scorer in zip(spec.levels, scorers or scorers_of(spec), strict=True):
        rules += [PlannedRule(len(levels), rule, _divisor(level, rule)) for rule in level.rules]
        levels.append(PlannedLevel(str(level.id), level.threshold, scorer))
    return MatchPlan(tuple(levels), tuple(rules), spec.default_values, spec.max_block_pairs)


def within_batch(plan: MatchPlan) -> MatchPlan:
    """Return the plan for the rows of one batch among themselves, whose source keys have been compared before."""
    return MatchPlan(plan.levels, tuple(rule for rule in plan.rules if plan.levels[rule.level].name != EXACT),
                     plan.default_values, plan.max_block_pairs)


def _exact_level(keys: ExactMatchFields) -> Level:
    names = (keys.source_primary_key, keys.source_system_key)
    return Level(id=EXACT, blocks=names, fields=tuple(Field(fieldname=name, type='exact') for name in names),
                 threshold=1.0)


def _divisor(level: Level, rule: BlockRule) -> Operand | None:
    """Return the first column of the level's fields that the rule does not look at."""
    used = {part.column for part in rule.parts if part == BlockPart(part.column)}
    return next((Operand(name, 'text') for field in level.fields for name in field.columns() if name not in used), None)
