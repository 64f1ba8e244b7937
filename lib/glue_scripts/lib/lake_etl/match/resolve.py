"""Assigns every incoming entity its global id: a given, known, matched or new one."""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lake_etl.match.blocking import KNOWN, LEFT, RIGHT, RULE, block_key_rows, block_values, candidate_pairs, key_rows
from lake_etl.match.clustering import LINKS, LINKS_SQL, cluster_links, spanning_links
from lake_etl.match.comparison_values import ID, MatchRowCounts, count_rows, log_missing_values
from lake_etl.match.entity_keys import ENTITY, new_global_id
from lake_etl.match.match_plan import EXACT, MatchPlan
from lake_etl.match.scoring import require_trained
from lake_etl.match.similarity import ARROW_TYPES, Pairs
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.materialize import checkpointed

LOG = logging.getLogger(__name__)
GIVEN, NEW = 'given', 'new'
RESOLVED, REASON, GIVEN_ID, KNOWN_ID = map(hidden_name, ('resolved_id', 'reason', 'given_id', 'known_id'))


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
    values = checkpointed(block_values(_with_resolved_ids(incoming, known, global_id), ENTITY, plan,
                                       (RESOLVED, REASON)))
    counts = count_rows(values, RESOLVED, plan)
    resolved = values.where(F.col(RESOLVED).isNotNull()).select(
        F.col(ID).alias('entity'), F.col(RESOLVED).alias('global_id'), F.col(REASON).alias('level'),
        F.lit(None).cast('double').alias('score')).distinct()
    if not counts.unresolved:
        return checkpointed(resolved)
    log_missing_values(counts)
    links = _links(values, counts, primary, global_id, plan)
    return checkpointed(resolved.unionByName(_clustered(values.where(F.col(RESOLVED).isNull()), links, plan)))


def _with_resolved_ids(incoming: DataFrame, known: DataFrame | None, global_id: str) -> DataFrame:
    """Add the id of each entity that is known without a comparison, the smallest of several, and the reason."""
    rows = incoming.select('*', F.min(column(global_id)).over(Window.partitionBy(ENTITY)).alias(GIVEN_ID))
    if known is None:
        rows = rows.withColumn(KNOWN_ID, F.lit(None).cast('string'))
    else:
        smallest = known.groupBy(F.col('entity').alias(ENTITY)).agg(F.min('global_id').alias(KNOWN_ID))
        rows = rows.join(smallest, ENTITY, 'left')
    reason = F.when(F.col(GIVEN_ID).isNotNull(), F.lit(GIVEN)).when(F.col(KNOWN_ID).isNotNull(), F.lit(EXACT))
    return rows.select('*', F.coalesce(GIVEN_ID, KNOWN_ID).alias(RESOLVED), reason.alias(REASON))


def _links(values: DataFrame, counts: MatchRowCounts, primary: DataFrame | None, global_id: str, plan: MatchPlan
           ) -> DataFrame | None:
    """Return the links of unresolved rows, to known rows and among themselves, as `cluster_links` takes them."""
    if not plan.rules:
        return None
    unresolved = key_rows(values.where(F.col(RESOLVED).isNull()), plan)
    known = []
    if primary is not None:
        known.append(block_key_rows(primary.where(column(global_id).isNotNull()), global_id, plan))
    if counts.resolved:
        resolved = values.where(F.col(RESOLVED).isNotNull()).withColumn(ID, F.col(RESOLVED))
        known.append(key_rows(resolved, plan))
    # Different entities of a batch have different source keys, so the exact rules cannot match them.
    others = unresolved.where(~F.col(RULE).isin(*plan.exact_rules)) if plan.exact_rules else unresolved
    pairs = candidate_pairs(reduce(DataFrame.unionByName, known) if known else None, unresolved, plan,
                            counts.unresolved * len(plan.rules), others)
    return None if pairs is None else best_links(pairs.where(F.col(KNOWN) | (F.col('l_id') < F.col('r_id'))), plan)


def best_links(pairs: DataFrame, plan: MatchPlan) -> DataFrame:
    """Return the links of matching pairs: `a`, `b`, `level` (index in the plan), `score` and `known`.

    A row has one link to a known person at each level: that with the best score, then with the smallest id. Of the
    links between rows, those are left out that other links make unnecessary. Scores pairs in Arrow batches on the
    workers of Spark. Raises LakeError if a scorer is not trained.
    """
    matches = pairs.mapInArrow(_scoring(plan), LINKS_SQL)
    best = F.min(F.struct((-F.col('score')).alias('worse'), 'a')).alias('best')
    found = matches.groupBy('b', 'level', 'known', F.when(~F.col('known'), F.col('a')).alias('other')).agg(best)
    return found.select('best.a', 'b', 'level', (-F.col('best.worse')).alias('score'), 'known')


def _clustered(unresolved: DataFrame, links: DataFrame | None, plan: MatchPlan) -> DataFrame:
    """Return the ids of entities from their clusters; a new person gets the id of its smallest key."""
    entities = unresolved.select(F.col(ID).alias('entity')).distinct()
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
    named = block_key_rows(primary.where(column(global_id).isNotNull()), global_id, plan)
    pairs = candidate_pairs(named, block_key_rows(incoming, ENTITY, plan), plan, incoming_rows * len(plan.rules))
    if pairs is None:
        return None
    found = best_links(pairs, plan).groupBy('b').agg(F.min_by(F.struct('a', 'level', 'score'), 'level').alias('best'))
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


def _scoring(plan: MatchPlan) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    level_of_rule = np.array([rule.level for rule in plan.rules], dtype=np.int32)
    operands = plan.operands
    scorers = tuple(require_trained(level.scorer, level.name) for level in plan.levels)

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        among_rows = []
        for batch in batches:
            levels = level_of_rule[batch.column(RULE).to_numpy()]
            for level in np.unique(levels):
                found = _matches(batch.filter(pa.array(levels == level)), int(level))
                yield found.filter(found.column(KNOWN))
                among_rows.append(found.filter(pc.invert(found.column(KNOWN))))
        yield from spanning_links(among_rows)

    def _matches(batch: pa.RecordBatch, number: int) -> pa.RecordBatch:
        level, scorer = plan.levels[number], scorers[number]
        wanted = scorer.operands()
        left, right = ({operand: batch.column(f'{side}o{operands.index(operand)}').cast(ARROW_TYPES[operand.kind])
                        for operand in wanted} for side in (LEFT, RIGHT))
        scores = scorer.score(Pairs(left, right))
        found = pa.array(np.flatnonzero(scores >= level.threshold))
        columns = [batch.column(f'{side}id').take(found).cast(pa.string()) for side in (LEFT, RIGHT)]
        return pa.record_batch([*columns, pa.array(np.full(len(found), number, dtype=np.int32)),
                                pa.array(scores).take(found), batch.column(KNOWN).take(found)], schema=LINKS)
    return score
