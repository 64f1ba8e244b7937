"""Entity keys: what makes a row the same entity as an earlier one without any comparison."""
from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.arguments import RESERVED_COLUMNS
from lake_etl.config.match_specification import EntityMatchSpec, ExactMatchFields
from lake_etl.match.stand_ins import Use, usable_sql
from lake_etl.spark.columns import column, has_column, quoted
from lake_etl.spark.helper_names import hidden_name

ENTITY = hidden_name('entity')
LENGTH = 32    # 128 bits


def with_entity_key(df: DataFrame, spec: EntityMatchSpec) -> DataFrame:
    """Add the entity key of each row as a hidden column.

    It is a hash of source system and source key; of all values where one of these is empty or a stand-in, so that rows
    without keys are the same only when they are identical. The partition and the execution do not count.
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
    """Return source system and source key as text; null where they are empty or stand for a missing one."""
    return _usable(keys.source_system_key, 'system'), _usable(keys.source_primary_key, 'key')


def _usable(name: str, use: Use) -> Column:
    return F.expr(usable_sql(f'CAST({quoted(name)} AS string)', use))


def new_global_id(entity: Column) -> Column:
    """Return the global id that a new entity with this smallest key gets: a hash in the form of a UUID."""
    digits = F.sha2(F.concat(F.lit('entity '), entity), 256)
    ends = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return F.concat_ws('-', *(F.substring(digits, start, length) for start, length in ends))


def _content(names: Sequence[str], spec: EntityMatchSpec) -> list[Column]:
    left_out = {*RESERVED_COLUMNS, spec.global_id_field.lower(), ENTITY}
    return [column(name).alias(name.lower()) for name in sorted(names, key=str.lower) if name.lower() not in left_out]


def _hashed(kind: str, *values: Column) -> Column:
    """Return a hash of named values; JSON keeps them apart, whatever letters they hold, and leaves nulls out."""
    return F.substring(F.sha2(F.concat(F.lit(kind), F.to_json(F.struct(*values))), 256), 1, LENGTH)
