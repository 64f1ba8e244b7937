"""Lets scorers without weights learn them: samples pairs of rows in Spark, of a size that does not grow with the data."""
from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.match.blocking import ID, keyed_rows, operand_name
from lake_etl.match.candidates import LEFT, RIGHT, candidate_pairs
from lake_etl.match.plan import MatchPlan, plan_of
from lake_etl.match.scoring import LearningScorer, Scorer, scorers_of
from lake_etl.match.scratch import Scratch
from lake_etl.match.similarity import ARROW_TYPES, Operand, Pairs
from lake_etl.spec.entity_match import EntityMatchSpec
from lake_etl.transform.columns import column

LOG = logging.getLogger(__name__)
KNOWN_ROWS, BATCH_ROWS = 20_000, 4_000
RANDOM_PAIRS, CANDIDATE_PAIRS = 100_000, 100_000
FEW_PAIRS = 1_000
SEED = 1


def trained_scorers(spec: EntityMatchSpec, incoming: DataFrame, primary: DataFrame | None, identity: str,
                    scratch: Scratch) -> tuple[Scorer, ...]:
    """Return the scorer of each level; those without weights learn them from the rows, the same from the same rows.

    primary   known entities; None when there are none, and the rows of the batch are compared among themselves
    identity  column of the incoming rows that tells them apart

    Starts no Spark job when every level has its weights; otherwise one that counts the known rows, one for each of two
    samples, and a few for the candidate pairs of each level that learns.
    """
    scorers = scorers_of(spec)
    if not any(isinstance(scorer, LearningScorer) for scorer in scorers):
        return tuple(scorer for scorer in scorers if isinstance(scorer, Scorer))
    known, known_identity = (incoming, identity) if primary is None else (primary, spec.global_id_field)
    population = max(known.count(), 1)
    trained: list[Scorer] = []
    for level, scorer in zip(spec.levels, scorers, strict=True):
        if not isinstance(scorer, LearningScorer):
            trained.append(scorer)
            continue
        operands = scorer.operands()
        batch = scratch.keep(_sample(incoming, identity, BATCH_ROWS))
        alone = EntityMatchSpec(primary_entity_table=spec.primary_entity_table, global_id_field=spec.global_id_field,
                                levels=(level,), default_values=spec.default_values,
                                max_block_pairs=spec.max_block_pairs)
        plan = plan_of(alone, [_Columns(operands)], exact=False)
        right = scratch.keep(keyed_rows(batch, identity, plan))
        pairs = candidate_pairs(keyed_rows(known, known_identity, plan), right, plan, BATCH_ROWS * len(plan.rules),
                                scratch)
        different = pairs.where('l_id <> r_id') if primary is None else pairs
        found = _ordered(different, CANDIDATE_PAIRS).toPandas()
        if len(found) < FEW_PAIRS:
            LOG.warning("Level '%s' learns its weights from %d pairs only; weights in the specification, learnt from "
                        'more rows, would be surer.', level.id, len(found))
        by_chance = _by_chance(_values(_sample(known, known_identity, KNOWN_ROWS), operands), _values(batch, operands))
        trained.append(scorer.trained(by_chance, _pairs_of(found, plan, operands), population))
        LOG.info("Level '%s' has learnt its weights from %d pairs that share a block.", level.id, len(found))
    return tuple(trained)
