"""The cross-reference table: under which keys a person has been seen, since when, and why a row was matched."""
from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.arguments import PARTITION_KEYS
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.match.entity_key import ENTITY, source_key
from lake_etl.spark.columns import column, has_column, quoted

SUFFIX = '_xref'
KEY = 'match_key'
SYSTEM, SOURCE_KEY = 'source_system', 'source_key'
DETAILS = ('first_seen', 'last_seen', 'level', 'score')


@dataclass(frozen=True)
class CrossReference:
    """The cross-reference of a primary table.

    rows       `match_key`, the global id, `source_system`, `source_key`, `first_seen`, `last_seen`, `level`, `score`
    global_id  name of the column with the global id
    """

    rows: DataFrame
    global_id: str

    def known(self) -> DataFrame:
        """Return `entity` and `global_id` of everything that has been seen."""
        return self.rows.select(F.col(KEY).alias('entity'), column(self.global_id).alias('global_id'))


def seen_keys(incoming: DataFrame, assigned: DataFrame, spec: EntityMatchSpec) -> DataFrame:
    """Return the cross-reference rows of a batch: one for each entity key, seen in the partitions of its rows."""
    keys = spec.exact_match_fields
    system, key = source_key(keys) if keys else (F.lit(None).cast('string'), F.lit(None).cast('string'))
    day = _day(incoming)
    seen = incoming.groupBy(ENTITY).agg(
        F.min(system).alias(SYSTEM), F.min(key).alias(SOURCE_KEY), F.min(day).alias('first_seen'),
        F.max(day).alias('last_seen'))
    joined = seen.withColumnRenamed(ENTITY, 'entity').join(assigned, 'entity')
    return joined.select(F.col('entity').alias(KEY), F.col('global_id').alias(spec.global_id_field), SYSTEM, SOURCE_KEY,
                         *DETAILS)


def changed_keys(seen: DataFrame, before: CrossReference | None) -> DataFrame:
    """Return the rows that must be written: new keys, and known ones seen earlier or later than before.

    A known key keeps the level and score by which it was matched at first, unless a row now brings another id.
    """
    if before is None:
        return seen
    global_id = before.global_id
    old = before.rows.join(seen.select(KEY), KEY, 'left_semi').select(
        KEY, column(global_id).alias('old_id'), *(F.col(name).alias(f'old_{name}') for name in DETAILS))
    joined = seen.join(old, KEY, 'left')
    moved = F.col('old_id').isNull() | (F.col('old_id') != column(global_id))
    first, last = F.least('old_first_seen', 'first_seen'), F.greatest('old_last_seen', 'last_seen')
    differs = moved | ~first.eqNullSafe(F.col('old_first_seen')) | ~last.eqNullSafe(F.col('old_last_seen'))
    first_match = {name: F.when(moved, F.col(name)).otherwise(F.col(f'old_{name}')).alias(name)
                   for name in ('level', 'score')}
    return joined.where(differs).select(KEY, column(global_id), SYSTEM, SOURCE_KEY, first.alias('first_seen'),
                                        last.alias('last_seen'), first_match['level'],
                                        first_match['score'])


def _day(df: DataFrame) -> Column:
    """Return the date of a row's partition; null where there is none."""
    names = [key.name for key in PARTITION_KEYS]
    if not all(has_column(df.schema, name) for name in names):
        return F.lit(None).cast('date')
    return F.expr(f"try_cast(concat_ws('-', {', '.join(map(quoted, names))}) AS date)")
