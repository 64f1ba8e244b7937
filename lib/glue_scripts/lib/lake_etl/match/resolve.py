"""Gives every incoming entity its global id: its own, the known one, that of its best match, or a new one."""
from __future__ import annotations

import logging
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.match.blocking import keyed_rows
from lake_etl.match.candidates import candidate_pairs
from lake_etl.match.clustering import components
from lake_etl.match.entity_key import ENTITY, new_global_id
from lake_etl.match.pair_scores import scored_matches
from lake_etl.match.plan import EXACT, MatchPlan, within_batch
from lake_etl.match.kept import kept
from lake_etl.transform.columns import column

LOG = logging.getLogger(__name__)
GIVEN, NEW = 'given', 'new'
ASSIGNED = ('entity', 'global_id', 'level', 'score')


def assign_global_ids(incoming: DataFrame, primary: DataFrame | None, known: DataFrame | None, global_id: str,
                      plan: MatchPlan) -> DataFrame:
    """Return `entity`, `global_id`, `level` and `score`, one row for each entity of the incoming rows.

    incoming   rows with their entity keys, and the column `global_id` as text
    primary    rows of known entities with their global ids, read once; None when there are none yet
    known      `entity` and `global_id` of entities that have been seen before; None when there are none yet

    `level` tells why: given (a row brought the id), exact (its source key is known), the level of its best match, or
    new. Entities of the batch that match each other, and no known one, share a new id, made of the smallest entity key.
    """
    settled = kept(_settled(incoming, known, global_id))
    unmatched = kept(incoming.join(settled.select(F.col('entity').alias(ENTITY)), ENTITY, 'left_anti'))
    count = unmatched.count()
    parts = [settled]
    if count and primary is not None and plan.rules:
        best = best_matches(unmatched, primary, global_id, plan, count)
        if best is not None:
            parts.append(found := kept(best))
            unmatched = kept(unmatched.join(found.select(F.col('entity').alias(ENTITY)), ENTITY, 'left_anti'))
            count = unmatched.count()
    if count:
        parts.append(new_entities(unmatched, within_batch(plan), count))
    assigned = parts[0]
    for part in parts[1:]:
        assigned = assigned.unionByName(part)
    return kept(assigned)


def _settled(incoming: DataFrame, known: DataFrame | None, global_id: str) -> DataFrame:
    """Return the entities whose id needs no comparison; of several ids the smallest counts."""
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


def best_matches(incoming: DataFrame, primary: DataFrame, global_id: str, plan: MatchPlan, incoming_rows: int
                 ) -> DataFrame | None:
    """Return the best match of each incoming entity: of the first level that has one, the best score, the smallest id.

    None when no row shares a block with a known one.
    """
    named = primary.where(column(global_id).isNotNull())
    right = keyed_rows(incoming, ENTITY, plan)
    pairs = candidate_pairs(keyed_rows(named, global_id, plan), right, plan, incoming_rows * len(plan.rules))
    if pairs is None:
        return None
    best = F.min(F.struct('level', (-F.col('score')).alias('worse'), 'left_id')).alias('best')
    found = scored_matches(pairs, plan).groupBy('right_id').agg(best)
    return found.select(F.col('right_id').alias('entity'), F.col('best.left_id').alias('global_id'),
                        level_name(F.col('best.level'), plan).alias('level'), (-F.col('best.worse')).alias('score'))


def level_name(level: Column, plan: MatchPlan) -> Column:
    """Return the name of a level by its index."""
    return F.element_at(F.array(*(F.lit(item.name) for item in plan.levels)), level + 1)


def new_entities(unmatched: DataFrame, plan: MatchPlan, rows: int) -> DataFrame:
    """Return new global ids for rows that match nothing known; those that match each other share one."""
    entities = unmatched.select(F.col(ENTITY).alias('entity')).distinct()
    keyed = keyed_rows(unmatched, ENTITY, plan) if plan.rules else None
    pairs = keyed and candidate_pairs(keyed, keyed, plan, rows * len(plan.rules), within=True)
    if pairs is None:
        return _named(entities.withColumn('root', F.col('entity')), None, plan)
    matches = kept(scored_matches(pairs.where('l_id < r_id'), plan))
    if len({rule.level for rule in plan.rules}) > 1:
        matches = kept(_of_first_level(matches))
    linked = components(matches.select(F.col('left_id').alias('a'), F.col('right_id').alias('b')))
    clustered = entities.join(linked.withColumnRenamed('member', 'entity'), 'entity', 'left')
    return _named(clustered.withColumn('root', F.coalesce('root', 'entity')), matches, plan)


def _of_first_level(matches: DataFrame) -> DataFrame:
    """Keep matches in which at least one of the two has none at a level before.

    So a level unites rows that are still unmatched with any row, but never two groups that earlier levels have made.
    """
    first = _both_ends(matches).groupBy('entity').agg(F.min('level').alias('first'))
    for side in ('left', 'right'):
        names = {'entity': f'{side}_id', 'first': f'{side}_first'}
        matches = matches.join(first.withColumnsRenamed(names), f'{side}_id')
    return matches.where('level = left_first OR level = right_first').drop('left_first', 'right_first')


def _both_ends(matches: DataFrame) -> DataFrame:
    ends = F.explode(F.array('left_id', 'right_id')).alias('entity')
    return matches.select(ends, 'level', 'score')


def _named(clustered: DataFrame, matches: DataFrame | None, plan: MatchPlan) -> DataFrame:
    """Return the ids of the clusters, and for all but the smallest member its best match."""
    level, score = F.lit(NEW), F.lit(None).cast('double')
    if matches is not None:
        best = F.min(F.struct('level', (-F.col('score')).alias('worse'))).alias('best')
        clustered = clustered.join(_both_ends(matches).groupBy('entity').agg(best), 'entity', 'left')
        joined = (F.col('root') != F.col('entity')) & F.col('best').isNotNull()
        level = F.when(joined, level_name(F.col('best.level'), plan)).otherwise(level)
        score = F.when(joined, -F.col('best.worse'))
    return clustered.select('entity', new_global_id(F.col('root')).alias('global_id'), level.alias('level'),
                            score.alias('score'))


def log_waterfall(assigned: DataFrame, levels: Sequence[str]) -> None:
    """Say how many entities each level has settled; one Spark job."""
    counts = {row['level']: row['count'] for row in assigned.groupBy('level').count().collect()}
    order = [name for name in dict.fromkeys([GIVEN, EXACT, *levels, NEW]) if counts.get(name)]
    LOG.info('Of %d entities in the batch: %s.', sum(counts.values()),
             ', '.join(f'{counts[name]} {name}' for name in order) or 'none')
