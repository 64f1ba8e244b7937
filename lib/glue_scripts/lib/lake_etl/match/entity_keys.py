"""Entity keys, and the cross-reference table that records the global id of each key."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.arguments import PARTITION_KEYS, RESERVED_COLUMNS
from lake_etl.config.match_specification import EntityMatchSpec, ExactMatchFields
from lake_etl.match.standardization import Use, present_or_null_sql
from lake_etl.publish.match_history import REFERENCE_KEY
from lake_etl.spark.columns import column, has_column, quoted
from lake_etl.spark.helper_names import hidden_name

ENTITY = hidden_name('entity')
LENGTH = 32    # 128 bits
KEY = REFERENCE_KEY
SYSTEM, SOURCE_KEY = 'source_system', 'source_key'
DETAILS = ('first_seen', 'last_seen', 'level', 'score')


def with_entity_key(df: DataFrame, spec: EntityMatchSpec) -> DataFrame:
    """Add the entity key of each row as a hidden column.

    It is a hash of source system and source key. If one of these is empty or a placeholder, it is a hash of all values
    except partition and execution, so that rows without keys are the same entity only if they are identical.
    """
    return df.withColumn(ENTITY, entity_key(df, spec))


def entity_key(df: DataFrame, spec: EntityMatchSpec) -> Column:
    """Return the entity key of a frame's rows."""
    content = _hashed('row', *_content(df.columns, spec))
    keys = spec.exact_match_fields
    if keys is None or not all(has_column(df.schema, name) for name in (keys.source_primary_key,
                                                                        keys.source_system_key)):
        return content
    system, key = source_key(keys)
    return F.when(system.isNotNull() & key.isNotNull(), _hashed('key', system.alias('system'), key.alias('key'))
                  ).otherwise(content)


def source_key(keys: ExactMatchFields) -> tuple[Column, Column]:
    """Return source system and source key as text; null if they are empty or a placeholder."""
    return _usable(keys.source_system_key, 'system'), _usable(keys.source_primary_key, 'key')


def _usable(name: str, use: Use) -> Column:
    return F.expr(present_or_null_sql(f'CAST({quoted(name)} AS string)', use))


def new_global_id(entity: Column) -> Column:
    """Return the global id of a new entity with this smallest key: a hash in the form of a UUID."""
    digits = F.sha2(F.concat(F.lit('entity '), entity), 256)
    ends = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return F.concat_ws('-', *(F.substring(digits, start, length) for start, length in ends))


def _content(names: Sequence[str], spec: EntityMatchSpec) -> list[Column]:
    left_out = {*RESERVED_COLUMNS, spec.global_id_field.lower(), ENTITY}
    return [column(name).alias(name.lower()) for name in sorted(names, key=str.lower) if name.lower() not in left_out]


def _hashed(kind: str, *values: Column) -> Column:
    """Return a hash of named values; JSON separates them unambiguously and omits nulls."""
    return F.substring(F.sha2(F.concat(F.lit(kind), F.to_json(F.struct(*values))), 256), 1, LENGTH)


@dataclass(frozen=True)
class CrossReference:
    """The cross-reference of a primary table.

    rows       `match_key`, the global id, `source_system`, `source_key`, `first_seen`, `last_seen`, `level`, `score`
    global_id  name of the column with the global id
    """

    rows: DataFrame
    global_id: str

    def known(self) -> DataFrame:
        """Return `entity` and `global_id` of all entity keys that have been seen."""
        return self.rows.select(F.col(KEY).alias('entity'), column(self.global_id).alias('global_id'))


def cross_reference_rows(incoming: DataFrame, assigned: DataFrame, spec: EntityMatchSpec) -> DataFrame:
    """Return the cross-reference rows of a batch, one for each entity key, dated by the partitions of its rows."""
    keys = spec.exact_match_fields
    system, key = source_key(keys) if keys else (F.lit(None).cast('string'), F.lit(None).cast('string'))
    day = _day(incoming)
    seen = incoming.groupBy(ENTITY).agg(
        F.min(system).alias(SYSTEM), F.min(key).alias(SOURCE_KEY), F.min(day).alias('first_seen'),
        F.max(day).alias('last_seen'))
    joined = seen.withColumnRenamed(ENTITY, 'entity').join(assigned, 'entity')
    return joined.select(F.col('entity').alias(KEY), F.col('global_id').alias(spec.global_id_field), SYSTEM, SOURCE_KEY,
                         *DETAILS)


def changed_references(seen: DataFrame, keys: DataFrame, before: CrossReference) -> DataFrame:
    """Return the rows to write: new keys, and known keys seen earlier or later than before.

    seen    cross-reference rows of a batch
    keys    their `match_key`
    before  the cross-reference as it was

    A known key keeps the level and score of its first match, unless it has another global id now.
    """
    global_id = before.global_id
    old = before.rows.join(keys, KEY, 'left_semi').select(
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
    """Return the date of a row's partition, or null without one."""
    names = [key.name for key in PARTITION_KEYS]
    if not all(has_column(df.schema, name) for name in names):
        return F.lit(None).cast('date')
    return F.expr(f"try_cast(concat_ws('-', {', '.join(map(quoted, names))}) AS date)")
