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
    fuzzy = {match.wanted: {'match': match.found, 'score': match.score} for match in resolution.fuzzy}
    rows: list[dict[str, Any]] = []
    for rule in rules:
        row: dict[str, Any] = {'sourcename': rule.source, 'destname': rule.destination or 'Null'}
        if rule.threshold is not None:
            row |= {'threshold': rule.threshold, 'scorer': rule.scorer, **fuzzy.get(rule.source, {})}
        rows.append(row)
    named = {row['sourcename'] for row in rows}
    rows += [{'sourcename': name, 'destname': 'Null'} for name in resolution.dropped if name not in named]
    lineage.update_lineage(df, dataset, 'mapping', map=rows)
