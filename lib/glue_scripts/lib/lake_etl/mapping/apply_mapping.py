"""Applies a schema mapping to a frame, and tells log and lineage what became of each column."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame

from lake_etl.errors import DataError
from lake_etl.mapping.schema_mapping import ColumnRule, Resolution, resolve
from lake_etl.spark.columns import quoted

LOG = logging.getLogger(__name__)


def apply_mapping(df: DataFrame, rules: Sequence[ColumnRule], dataset: str, lineage: Any,
                  strict: bool = False) -> DataFrame:
    """Return the frame with the mapped columns in the order of the rules; columns without a rule are dropped.

    Raises DataError when `strict` is set and the column of an exact row is missing, or when no column is left.
    """
    resolution = resolve(rules, df.schema)
    _log(resolution)
    if lineage is not None:
        _record(resolution, rules, dataset, lineage, df)
    if resolution.required and strict:
        raise DataError(
            f'The source of {dataset} lacks mapped columns: {", ".join(resolution.required)}. It has: '
            f'{", ".join(df.columns)}. Correct the mapping file or the source, or set strict_schema_mapping to false. '
            'Nothing was replaced.')
    if not resolution.selected:
        raise DataError(
            f'No column of {dataset} matches its schema mapping. The source has: {", ".join(df.columns)}. Correct the '
            'SourceName entries of the mapping file. Nothing was replaced.')
    return df.selectExpr(*(f'{source} AS {quoted(destination)}' for source, destination in resolution.selected))


def mapping_notices(resolution: Resolution, rules: Sequence[ColumnRule]) -> list[str]:
    """Return what the owner of a source should know: columns that the mapping lacks, and columns that it lacks."""
    notices, missing = [], missing_columns(resolution, rules)
    if resolution.unmapped:
        notices.append(f'{len(resolution.unmapped)} source columns are not in the mapping and were dropped: '
                       f'{", ".join(resolution.unmapped)}. Map them, or map them to Null to drop them on purpose.')
    if missing:
        notices.append(f'{len(missing)} mapped columns are not in the source: {", ".join(missing)}.')
    return notices


def missing_columns(resolution: Resolution, rules: Sequence[ColumnRule]) -> list[str]:
    """Return the columns that the mapping keeps and the source lacks, without the optional ones."""
    return [rule.source for rule in rules
            if rule.source in resolution.missing and rule.destination and not rule.optional]


def _log(resolution: Resolution) -> None:
    for match in resolution.fuzzy:
        LOG.info("Mapped column '%s' to '%s' by likeness, score %.1f.", match.found, match.wanted, match.score)
    if resolution.missing:
        LOG.warning('%d mapped columns are not in the source: %s.', len(resolution.missing),
                    ', '.join(resolution.missing))
    if resolution.dropped:
        LOG.info('Dropped %d source columns that the mapping does not keep: %s.', len(resolution.dropped),
                 ', '.join(resolution.dropped))


def _record(resolution: Resolution, rules: Sequence[ColumnRule], dataset: str, lineage: Any, df: DataFrame) -> None:
    lineage.update_lineage(df, dataset, 'mapping', mapping=[
        {'sourcename': rule.source, 'destname': rule.destination or 'Null'} for rule in rules])
    if resolution.fuzzy:
        lineage.update_lineage(None, dataset, 'fuzzymapping', mapping=[
            {'sourcename': match.found, 'mappedname': match.wanted, 'score': match.score}
            for match in resolution.fuzzy])
    if resolution.dropped:
        lineage.update_lineage(None, dataset, 'dropped', columns=list(resolution.dropped))
