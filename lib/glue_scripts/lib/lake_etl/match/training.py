"""Trains scorers that have no weights, on samples of a fixed size."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.config.match_specification import EntityMatchSpec, Level
from lake_etl.match.blocking import LEFT, RIGHT, block_key_rows, candidate_pairs
from lake_etl.match.comparison_values import ID, comparison_rows
from lake_etl.match.match_plan import MatchPlan, build_plan
from lake_etl.match.scoring import Scorer, UntrainedScorer, level_scorers
from lake_etl.match.similarity import ARROW_TYPES, Operand, Pairs
from lake_etl.spark.columns import column
from lake_etl.spark.materialize import checkpointed

LOG = logging.getLogger(__name__)
KNOWN_ROWS, BATCH_ROWS = 20_000, 4_000
RANDOM_PAIRS, CANDIDATE_PAIRS = 100_000, 100_000
FEW_PAIRS = 1_000
SEED = 1


def trained_scorers(spec: EntityMatchSpec, incoming: DataFrame, identity: str, primary: DataFrame | None
                    ) -> tuple[Scorer, ...]:
    """Return the scorer of each level; untrained ones learn from the rows, with equal results from equal rows.

    identity  column that identifies the incoming rows
    primary   known entities; None without any: the rows of the batch are compared with each other then

    Runs a few Spark jobs for each untrained scorer, none if all have weights. The driver collects samples of a fixed
    size.
    """
    return tuple(_trained(scorer, level, spec, incoming, identity, primary) if isinstance(scorer, UntrainedScorer)
                 else scorer for scorer, level in zip(level_scorers(spec), spec.levels, strict=True))


def _trained(scorer: UntrainedScorer, level: Level, spec: EntityMatchSpec, incoming: DataFrame, identity: str,
             primary: DataFrame | None) -> Scorer:
    known, known_identity = (incoming, identity) if primary is None else (primary, spec.global_id_field)
    operands = scorer.operands()
    plan = build_plan(replace(spec, levels=(level,)), exact=False)
    batch = checkpointed(incoming.orderBy(F.xxhash64(column(identity))).limit(BATCH_ROWS))
    right = checkpointed(block_key_rows(batch, identity, plan))
    pairs = candidate_pairs(block_key_rows(known, known_identity, plan), right, plan, BATCH_ROWS * len(plan.rules))
    candidates, count = _candidates(pairs, [f'o{plan.operands.index(operand)}' for operand in operands], operands)
    records = _sample(known, known_identity, plan, operands, KNOWN_ROWS)
    by_chance = _by_chance(records, _sample(batch, identity, plan, operands, BATCH_ROWS), operands)
    LOG.log(logging.WARNING if count < FEW_PAIRS else logging.INFO,
            "Level '%s' learns its weights from %d pairs that share a block%s.", level.id, count,
            ', which are few; weights in the specification are more reliable' if count < FEW_PAIRS else '')
    return scorer.trained(_columns(records, operands), by_chance, candidates, max(known.count(), 1))


def _candidates(pairs: DataFrame | None, names: Sequence[str], operands: Sequence[Operand]) -> tuple[Pairs, int]:
    """Return distinct pairs of different rows, and their number; `pairs` None means no pairs."""
    if pairs is None:
        empty = {operand: pa.array([], ARROW_TYPES[operand.kind]) for operand in operands}
        return Pairs(empty, empty), 0
    ends = [F.col(f'{side}{ID}') for side in (LEFT, RIGHT)]
    different = pairs.where(ends[0] != ends[1]).dropDuplicates([f'{side}{ID}' for side in (LEFT, RIGHT)])
    found: pd.DataFrame = different.orderBy(F.xxhash64(*ends)).limit(CANDIDATE_PAIRS).toPandas()
    sides = ({operand: _array(found[f'{side}{name}'], operand) for operand, name in zip(operands, names, strict=True)}
             for side in (LEFT, RIGHT))
    return Pairs(*sides), len(found)


def _sample(df: DataFrame, identity: str, plan: MatchPlan, operands: Sequence[Operand], at_most: int) -> pd.DataFrame:
    ordered = df.orderBy(F.xxhash64(column(identity))).limit(at_most)
    return comparison_rows(ordered, None, operands, (), plan.default_values).toPandas()


def _by_chance(known: pd.DataFrame, batch: pd.DataFrame, operands: Sequence[Operand]) -> Pairs:
    random = np.random.default_rng(SEED)
    count = RANDOM_PAIRS if len(known) and len(batch) else 0
    sides = [table.iloc[random.integers(0, max(len(table), 1), count)] for table in (known, batch)]
    return Pairs(*(_columns(side, operands) for side in sides))


def _columns(table: pd.DataFrame, operands: Sequence[Operand]) -> dict[Operand, pa.Array]:
    return {operand: _array(table[f'o{number}'], operand) for number, operand in enumerate(operands)}


def _array(values: pd.Series, operand: Operand) -> pa.Array:
    return pa.array(values, ARROW_TYPES[operand.kind], from_pandas=True)
