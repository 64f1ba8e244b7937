"""Plans a match: its levels with their scorers, all block rules, and the columns to read."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lake_etl.config.block_rule import BlockPart, BlockRule
from lake_etl.config.match_specification import EntityMatchSpec, Level
from lake_etl.match.scoring import Scorer, SourceKeyScorer, UntrainedScorer, level_scorers
from lake_etl.match.similarity import Operand
from lake_etl.match.standardization import Use

EXACT = 'exact'


@dataclass(frozen=True)
class PlannedLevel:
    """A level with the name that its matches record, its threshold and its scorer."""

    name: str
    threshold: float
    scorer: Scorer | UntrainedScorer


@dataclass(frozen=True)
class PlannedRule:
    """A block rule of a level.

    level         index of the level in the plan
    divide_by     column of the next field of the level, which divides blocks that are too large; None without any
    uses          use of the values of each part, which determines their placeholders
    """

    level: int
    rule: BlockRule
    divide_by: Operand | None
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class MatchPlan:
    """Everything that comparing rows needs; it is sent to the workers of Spark.

    default_values   placeholders for missing values, in addition to the built-in ones
    max_block_pairs  maximum number of pairs of one block
    """

    levels: tuple[PlannedLevel, ...]
    rules: tuple[PlannedRule, ...]
    default_values: tuple[str, ...]
    max_block_pairs: int

    @property
    def exact_rules(self) -> tuple[int, ...]:
        """Return the positions of the rules by which source keys are compared."""
        return tuple(number for number, rule in enumerate(self.rules) if self.levels[rule.level].name == EXACT)

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Return every column that a scorer compares, in a stable order."""
        divisors = {rule.divide_by for rule in self.rules if rule.divide_by}
        return tuple(sorted({operand for level in self.levels for operand in level.scorer.operands()} | divisors))


def build_plan(spec: EntityMatchSpec, scorers: Sequence[Scorer | UntrainedScorer] | None = None, exact: bool = True
               ) -> MatchPlan:
    """Return the plan of a specification.

    scorers  one for each level; by default those of the specification, without training
    exact    whether source keys are compared as the first level
    """
    levels: list[PlannedLevel] = []
    rules: list[PlannedRule] = []
    if exact and spec.exact_match_fields:
        keys = spec.exact_match_fields
        levels.append(PlannedLevel(EXACT, 1.0, SourceKeyScorer(keys)))
        rule = BlockRule((BlockPart(keys.source_primary_key), BlockPart(keys.source_system_key)))
        rules.append(PlannedRule(0, rule, None, ('key', 'system')))
    block: Use = 'block'
    for level, scorer in zip(spec.levels, level_scorers(spec) if scorers is None else scorers, strict=True):
        rules += [PlannedRule(len(levels), rule, _divisor(level, rule), (block,) * len(rule.parts))
                  for rule in level.rules]
        levels.append(PlannedLevel(str(level.id), level.threshold, scorer))
    return MatchPlan(tuple(levels), tuple(rules), spec.default_values, spec.max_block_pairs)


def _divisor(level: Level, rule: BlockRule) -> Operand | None:
    """Return the first column of the level's fields that the rule does not use."""
    used = {part.column for part in rule.parts if part == BlockPart(part.column)}
    return next((Operand(name, 'text') for field in level.fields for name in field.columns() if name not in used), None)
