"""Applies a schema mapping: renames, reorders and drops the columns of a source file."""
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from datalineage import DataLineageGenerator
from lake_etl.errors import DataError
from lake_etl.schema_mapping import NULL_DESTINATION, Resolution, Rule, flatten_names, resolve

LOG = logging.getLogger(__name__)


def custommapping(df: DataFrame, field_mapping_list: Sequence[Mapping[str, Any]], args: Mapping[str, Any],
                  lineage: DataLineageGenerator | None, strict: bool = False) -> DataFrame:
    """Return the frame with the mapped columns in the order of the rows; columns without a row are dropped.

    Rows are dictionaries `{sourcename, destname, threshold?, scorer?}`; the destination `Null` drops the column. Raises
    DataError when a mapped column is missing and `strict` is set, or when no column is left.
    """
    rules = [_rule(row) for row in field_mapping_list]
    resolution = resolve(rules, df.schema)
    _report(resolution, args.get('source_key', ''), lineage, df, field_mapping_list)
    if resolution.missing and strict:
        raise DataError(
            f'The source of {args.get("source_key", "the data set")} lacks mapped columns: '
            f'{", ".join(resolution.missing)}. It has: {", ".join(df.columns)}. Correct the mapping file or the source, '
            'or set strict_schema_mapping to false. Nothing was replaced.')
    if not resolution.selected:
        raise DataError(
            f'No column of {args.get("source_key", "the data set")} matches its schema mapping. The source has: '
            f'{", ".join(df.columns)}. Correct the SourceName entries of the mapping file. Nothing was replaced.')
    return df.select(*[F.col(source).alias(destination) for source, destination in resolution.selected])


def custommapping_with_glue(dynamic_frame: Any, field_mapping_list: Sequence[Mapping[str, Any]],
                            args: Mapping[str, Any], lineage: DataLineageGenerator | None) -> Any:
    """Do as `custommapping` for an AWS Glue DynamicFrame and return a DynamicFrame."""
    mapped = custommapping(dynamic_frame.toDF(), field_mapping_list, args, lineage)
    return type(dynamic_frame).fromDF(mapped, dynamic_frame.glue_ctx, dynamic_frame.name)


def flatten_schema(schema: StructType, prefix: str = '') -> list[str]:
    """Return the names of all columns, members of structs as `a`.`b`, in the order of the schema."""
    return flatten_names(schema, prefix)


def _rule(row: Mapping[str, Any]) -> Rule:
    destination = row['destname']
    threshold = row.get('threshold')
    return Rule(
        row['sourcename'],
        None if destination is None or str(destination).strip().lower() == NULL_DESTINATION else str(destination),
        float(threshold) if threshold not in (None, '') else None,
        row.get('scorer') or None)


def _report(resolution: Resolution, dataset: str, lineage: DataLineageGenerator | None, df: DataFrame,
            rows: Sequence[Mapping[str, Any]]) -> None:
    for match in resolution.fuzzy:
        LOG.info("Mapped column '%s' to '%s' by likeness, score %.1f.", match.found, match.wanted, match.score)
    if resolution.missing:
        LOG.warning('%d mapped columns are not in the source: %s.', len(resolution.missing),
                    ', '.join(resolution.missing))
    if resolution.dropped:
        LOG.info('Dropped %d source columns that the mapping does not keep: %s.', len(resolution.dropped),
                 ', '.join(resolution.dropped))
    if lineage is None:
        return
    lineage.update_lineage(df, dataset, 'mapping', mapping=[dict(row) for row in rows])
    if resolution.fuzzy:
        lineage.update_lineage(None, dataset, 'fuzzymapping', mapping=[
            {'sourcename': match.found, 'mappedname': match.wanted, 'score': match.score} for match in resolution.fuzzy])
    if resolution.dropped:
        lineage.update_lineage(None, dataset, 'dropped', columns=list(resolution.dropped))
