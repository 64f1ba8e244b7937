"""Tells for quarantined rows which file and record they come from, and the text of the values that rules looked at."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.column_lineage.rule_sources import ColumnOrigins, mapped_origins
from lake_etl.dqdl.syntax_tree import AnyRule
from lake_etl.quality.protection import Protection, protect_texts
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.source_rows import (
    BLOCK, POSITION, RAW_VALUES, Block, RawColumn, count_blocks, file_names, known_blocks, number_blocks, place_in_file,
    raw_columns)
from lake_etl.transform.registry import AnyTransform

FILE_COLUMN, ROW_COLUMN, RAW_COLUMN = 'source_file', 'source_row', 'raw_values'


@dataclass(frozen=True)
class TrackedRows:
    """The rows of a load as they were read, with the columns that track them."""

    read: DataFrame

    @property
    def files(self) -> frozenset[str]:
        """Return the names of the collected files."""
        return frozenset(file_names(self.read).values()) or frozenset(block.file for block in known_blocks(self.read))

    @property
    def raw_columns(self) -> tuple[RawColumn, ...]:
        """Return the columns whose text rows carry."""
        return raw_columns(self.read)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks of the files; runs a query that counts lines if no query before it has done so.

        Nothing is to be counted if one task reads one file.
        """
        known, names = known_blocks(self.read), file_names(self.read)
        if known:
            return known
        if len(names) == 1 and self.read._jdf.queryExecution().toRdd().getNumPartitions() == 1:
            return (Block(0, 1, *names.values()),)
        counted, _ = count_blocks(self.read.select(POSITION, BLOCK))
        return number_blocks(counted, names)


@dataclass(frozen=True)
class StageOrigin:
    """How the rows of one stage relate to those that were read.

    source_file  path of the file in the bucket that it was collected in
    rows         as they were read; None where rows are not tracked
    origins      of the columns that rules may look at
    protection   of mapped columns
    transforms   by name
    """

    source_file: str
    rows: TrackedRows | None = None
    origins: ColumnOrigins = field(default_factory=lambda: mapped_origins(()))
    protection: Protection = Protection()
    transforms: Mapping[str, AnyTransform] = field(default_factory=dict)

    def protect(self, rows: DataFrame, failed_column: str, args: Mapping[str, Any]) -> DataFrame:
        """Return the rows with tracking columns only where they fail, and protected text of their values."""
        failed = F.size(column(failed_column)) > 0
        if POSITION in rows.columns:
            rows = rows.withColumn(POSITION, F.when(failed, column(POSITION)))
        if RAW_VALUES not in rows.columns or self.rows is None:
            return rows
        texts = [hidden_name(f'raw_{index}') for index, _ in enumerate(self.rows.raw_columns)]
        known = F.when(failed, column(RAW_VALUES))
        opened = rows.withColumns({name: known[index] for index, name in enumerate(texts)})
        named = [(item.column, name) for item, name in zip(self.rows.raw_columns, texts, strict=True)]
        protected = protect_texts(opened, named, self.protection, self.transforms, args)
        together = F.array(*(column(name).cast('string') for name in texts)).cast('array<string>')
        return protected.withColumn(RAW_VALUES, F.when(known.isNotNull(), together)).drop(*texts)

    def columns(self, df: DataFrame, failed_column: str, rules: Sequence[AnyRule], empty: bool) -> dict[str, Column]:
        """Return the columns that tell the origin of failing rows, by name.

        rules  to which the indexes in `failed_column` point
        empty  whether there are no rows, so that nothing needs to be counted
        """
        file, number, raw = (F.lit(None).cast(kind) for kind in ('string', 'bigint', 'map<string,string>'))
        if self.rows is not None and len(self.rows.files) == 1:
            file = F.lit(self.source_file)
        if self.rows is not None and POSITION in df.columns and not empty:
            place = place_in_file([replace(block, file=self._path(block.file)) for block in self.rows.blocks])
            file, number = F.coalesce(place['file'], file), place['number']
        if self.rows is not None and RAW_VALUES in df.columns:
            raw = self._raw_values(self.rows.raw_columns, failed_column, rules)
        return {FILE_COLUMN: file, ROW_COLUMN: number, RAW_COLUMN: raw}

    def _path(self, address: str) -> str:
        """Return the path of a collected file in its bucket; all files of a load are in one folder."""
        folder, slash, _ = self.source_file.rpartition('/')
        return f'{folder}{slash}{address.rpartition("/")[2]}'

    def _raw_values(self, columns: Sequence[RawColumn], failed_column: str, rules: Sequence[AnyRule]) -> Column:
        """Build a map from the name of each column in the file that a failed rule looks at to its text there."""
        sources = [self.origins.rule_sources(rule) for rule in rules]
        entries = []
        for position, item in enumerate(columns):
            looking = [F.lit(index) for index, names in enumerate(sources) if item.column.lower() in names]
            entry = F.struct(F.lit(item.name).alias('name'), column(RAW_VALUES)[position].alias('text'))
            if looking:
                entries.append(F.when(F.arrays_overlap(column(failed_column), F.array(*looking)), entry))
        found = F.array(*entries).cast('array<struct<name: string, text: string>>')
        known = F.map_from_entries(F.filter(found, lambda entry: entry.isNotNull()))
        return F.when(column(RAW_VALUES).isNotNull(), known)
