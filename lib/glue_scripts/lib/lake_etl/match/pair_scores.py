"""Scores candidate pairs in Arrow batches on Spark's workers, and keeps those that reach their level's threshold."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from lake_etl.match.candidates import LEFT, RIGHT
from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.scoring import ready
from lake_etl.match.similarity import ARROW_TYPES, Pairs

SCHEMA = 'left_id string, right_id string, level int, score double'
ARROW_SCHEMA = pa.schema([('left_id', pa.string()), ('right_id', pa.string()), ('level', pa.int32()),
                          ('score', pa.float64())])


def scored_matches(pairs: DataFrame, plan: MatchPlan) -> DataFrame:
    """Return the pairs that match: `left_id`, `right_id`, `level` (index in the plan) and `score`.

    A pair that shares several blocks comes once for each. Raises LakeError when a scorer has to learn first.
    """
    return pairs.mapInArrow(_scoring(plan), SCHEMA)


def _scoring(plan: MatchPlan) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    level_of_rule = np.array([rule.level for rule in plan.rules], dtype=np.int32)
    operands = plan.operands
    scorers = tuple(ready(level.scorer, level.name) for level in plan.levels)

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            levels = level_of_rule[batch.column('rule').to_numpy()]
            for level in np.unique(levels):
                chosen = batch.filter(pa.array(levels == level))
                yield _matches(chosen, int(level))

    def _matches(batch: pa.RecordBatch, number: int) -> pa.RecordBatch:
        level, scorer = plan.levels[number], scorers[number]
        wanted = scorer.operands()
        left, right = ({operand: batch.column(f'{side}o{operands.index(operand)}').cast(ARROW_TYPES[operand.kind])
                        for operand in wanted} for side in (LEFT, RIGHT))
        scores = scorer.score(Pairs(left, right))
        found = pa.array(np.flatnonzero(scores >= level.threshold))
        columns = [batch.column(f'{side}id').take(found).cast(pa.string()) for side in (LEFT, RIGHT)]
        return pa.record_batch([*columns, pa.array(np.full(len(found), number, dtype=np.int32)),
                                pa.array(scores).take(found)], schema=ARROW_SCHEMA)
    return score
