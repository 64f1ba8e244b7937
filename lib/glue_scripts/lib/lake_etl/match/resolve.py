"""Assigns every incoming entity its global id: a given, known, matched or new one."""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.match.blocking import LEFT, RIGHT, RULE, block_key_rows, candidate_pairs
from lake_etl.match.clustering import cluster_links, spanning_links
from lake_etl.match.comparison_values import count_rows, log_missing_values
from lake_etl.match.entity_keys import ENTITY, new_global_id
from lake_etl.match.match_plan import EXACT, MatchPlan
from lake_etl.match.scoring import require_trained
from lake_etl.match.similarity import ARROW_TYPES, Pairs
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.materialize import checkpointed

LOG = logging.getLogger(__name__)
GIVEN, NEW = 'given', 'new'
RESOLVED = hidden_name('resolved_id')
Named = tuple[DataFrame, str]
"""Rows, and the name of the column that identifies them."""
SCHEMA = 'left_id string, right_id string, level int, score double'
ARROW_SCHEMA = pa.schema([('left_id', pa.string()), ('right_id', pa.string()), ('level', pa.int32()),
                          ('score', pa.float64())])


def assign_global_ids(incoming: DataFrame, primary: DataFrame | None, known: DataFrame | None, global_id: str,
                      plan: MatchPlan) -> DataFrame:
    """Return `entity`, `global_id`, `level` and `score`, one row for each entity of the incoming rows.

    incoming   rows with their entity keys, and the column `global_id` as text
    primary    rows of known entities with their global ids, read once; None without any
    known      `entity` and `global_id` of entities that have been seen before; None without any

    `level` is given (a row has the id), exact (the source key is known), the level of the match, or new. Entities of
    the batch that match each other, and no known entity, share a new id, a hash of the smallest entity key. No level
    merges persons that are known or that an earlier level has formed.
    """
    resolved = checkpointed(_resolved_ids(incoming, known, global_id))
    ids = resolved.select(F.col('entity').alias(ENTITY), F.col('global_id').alias(RESOLVED))
    rows = checkpointed(incoming.join(ids, ENTITY, 'left'))
    counts = count_rows(rows, RESOLVED, plan)
    if not counts.unresolved:
        return resolved
    log_missing_values(counts)
    known_rows = [(primary.where(column(global_id).isNotNull()), global_id)] if primary is not None else []
    if counts.resolved:
        known_rows.append((rows.where(F.col(RESOLVED).isNotNull()), RESOLVED))
    unmatched = rows.where(F.col(RESOLVED).isNull())
    links = _links(unmatched, known_rows, plan, counts.unresolved)
    return checkpointed(resolved.unionByName(_clustered(unmatched, links, plan)))


def _resolved_ids(incoming: DataFrame, known: DataFrame | None, global_id: str) -> DataFrame:
    """Return the entities whose id is known without a comparison, the smallest of several ids."""
    given = incoming.groupBy(ENTITY).agg(F.min(column(global_id)).alias('given'))
    if known is None:
        found = given.withColumn('known', F.lit(None).cast('string'))
    else:
        smallest = known.groupBy('entity').agg(F.min('global_id').alias('known'))
        found = given.join(smallest.withColumnRenamed('entity', ENTITY), ENTITY, 'left')
    ids = found.where(F.coalesce('given', 'known').isNotNull())
    return ids.select(F.col(ENTITY).alias('entity'), F.coalesce('given', 'known').alias('global_id'),
                      F.when(F.col('given').isNotNull(), F.lit(GIVEN)).otherwise(F.lit(EXACT)).alias('level'),
                      F.lit(None).cast('double').alias('score'))


def _links(unmatched: DataFrame, known_rows: Sequence[Named], plan: MatchPlan, rows: int) -> DataFrame | None:
    """Return the links of unmatched rows, to known rows and among themselves, as `cluster_links` takes them."""
    if not plan.rules:
        return None
    keyed = checkpointed(block_key_rows(unmatched, ENTITY, plan))
    known = _scored(known_rows, keyed, plan, rows)
    found = [_best_links(known)] if known is not None else []
    # Different entities of a batch have different source keys, so the exact rules cannot match them.
    others = keyed.where(~F.col(RULE).isin(*plan.exact_rules)) if plan.exact_rules else keyed
    pairs = candidate_pairs(others, others, plan, rows * len(plan.rules), within=True)
    if pairs is not None:
        matches = scored_matches(pairs.where('l_id < r_id'), plan)
        found.append(spanning_links(matches.withColumnsRenamed({'left_id': 'a', 'right_id': 'b'})))
    return reduce(DataFrame.unionByName, found) if found else None


def _scored(known_rows: Sequence[Named], keyed: DataFrame, plan: MatchPlan, rows: int) -> DataFrame | None:
    """Return the matches of rows with known rows; None when no row shares a block with one."""
    if not known_rows:
        return None
    known = reduce(DataFrame.unionByName, (block_key_rows(df, identity, plan) for df, identity in known_rows))
    pairs = candidate_pairs(known, keyed, plan, rows * len(plan.rules))
    return None if pairs is None else scored_matches(pairs, plan)


def _best_links(matches: DataFrame) -> DataFrame:
    """Return the known person with the best score, then the smallest id, for each entity and level."""
    best = F.min(F.struct((-F.col('score')).alias('worse'), 'left_id')).alias('best')
    found = matches.groupBy('right_id', 'level').agg(best)
    return found.select(F.col('best.left_id').alias('a'), F.col('right_id').alias('b'), 'level',
                        (-F.col('best.worse')).alias('score'), F.lit(True).alias('known'))


def _clustered(unmatched: DataFrame, links: DataFrame | None, plan: MatchPlan) -> DataFrame:
    """Return the ids of entities from their clusters; a new person gets the id of its smallest key."""
    entities = unmatched.select(F.col(ENTITY).alias('entity')).distinct()
    if links is None:
        return entities.select('entity', new_global_id(F.col('entity')).alias('global_id'), F.lit(NEW).alias('level'),
                               F.lit(None).cast('double').alias('score'))
    persons = entities.join(cluster_links(links), 'entity', 'left')
    root = F.coalesce('root', 'entity')
    is_first = F.col('global_id').isNull() & (root == F.col('entity'))
    return persons.select('entity', F.coalesce('global_id', new_global_id(root)).alias('global_id'),
                          F.when(is_first, F.lit(NEW)).otherwise(level_name(F.col('level'), plan)).alias('level'),
                          F.when(~is_first, F.col('score')).alias('score'))


def best_matches(incoming: DataFrame, primary: DataFrame, global_id: str, plan: MatchPlan, incoming_rows: int
                 ) -> DataFrame | None:
    """Return the best match of each incoming entity: of the first level with a match, by best score, then smallest id.

    None if no row shares a block with a known one. Incoming entities are not compared with each other.
    """
    named = primary.where(column(global_id).isNotNull())
    matches = _scored([(named, global_id)], block_key_rows(incoming, ENTITY, plan), plan, incoming_rows)
    if matches is None:
        return None
    found = _best_links(matches).groupBy('b').agg(F.min_by(F.struct('a', 'level', 'score'), 'level').alias('best'))
    return found.select(F.col('b').alias('entity'), F.col('best.a').alias('global_id'),
                        level_name(F.col('best.level'), plan).alias('level'), F.col('best.score').alias('score'))


def level_name(level: Column, plan: MatchPlan) -> Column:
    """Return the name of a level from its index."""
    return F.element_at(F.array(*(F.lit(item.name) for item in plan.levels)), level + 1)


def log_level_counts(assigned: DataFrame, levels: Sequence[str]) -> None:
    """Log how many entities each level has resolved; runs one Spark job."""
    counts = {row['level']: row['count'] for row in assigned.groupBy('level').count().collect()}
    order = [name for name in dict.fromkeys([GIVEN, EXACT, *levels, NEW]) if counts.get(name)]
    LOG.info('Of %d entities in the batch: %s.', sum(counts.values()),
             ', '.join(f'{counts[name]} {name}' for name in order) or 'none')


def scored_matches(pairs: DataFrame, plan: MatchPlan) -> DataFrame:
    """Return the matching pairs: `left_id`, `right_id`, `level` (index in the plan) and `score`.

    Scores pairs in Arrow batches on the workers of Spark. A pair that shares several blocks occurs once for each.
    Raises LakeError if a scorer is not trained.
    """
    return pairs.mapInArrow(_scoring(plan), SCHEMA)


def _scoring(plan: MatchPlan) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    level_of_rule = np.array([rule.level for rule in plan.rules], dtype=np.int32)
    operands = plan.operands
    scorers = tuple(require_trained(level.scorer, level.name) for level in plan.levels)

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
