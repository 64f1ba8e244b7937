"""Stages the rows that a load quarantines, with the rules they fail, and empties the quarantine of an earlier load."""
from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.arguments import EXECUTION_COLUMN
from lake_etl.dqdl.syntax_tree import AnyRule
from lake_etl.publish.load_files import catalog_columns, lower_case_names
from lake_etl.publish.partition import find_partition, stage_partition
from lake_etl.publish.sources import file_identity, sources_of
from lake_etl.publish.staged import StagedFiles
from lake_etl.publish.target import PartitionValues, Target
from lake_etl.publish.whole_table import create_empty_table, drop_partitions, stage_table
from lake_etl.quality.gated_load import GatedLoad, is_clear
from lake_etl.quality.protection import Protection, hide_columns, warn_of_hidden_columns
from lake_etl.quality.row_origin import StageOrigin
from lake_etl.spark.columns import quoted
from lake_etl.spark.helper_names import unused_name, without_hidden
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.transform.registry import AnyTransform

LOG = logging.getLogger(__name__)
TIMESTAMP_COLUMN, RULES_COLUMN, TABLES_COLUMN = 'quarantine_timestamp', 'failed_rules', 'source_tables'


class Emptying(Enum):
    """How the quarantine comes to hold no rows of a load."""

    CREATE_TABLE = 'create the table'
    REPLACE_FILE = 'replace the rows of the source file with none'
    DROP_PARTITIONS = 'drop the partitions of the load'
    NOTHING = 'leave rows of other files in place'

    @property
    def needs_columns(self) -> bool:
        """Tell whether the columns of quarantined rows are needed."""
        return self in (Emptying.CREATE_TABLE, Emptying.REPLACE_FILE)


@dataclass(frozen=True)
class QuarantineTable:
    """The table for the rows that a stage quarantines, and how personal data in them is protected.

    protection  of the columns; an empty one leaves the rows as they are
    origin      how rows relate to the source file; None where they come from tables
    """

    target: Target
    protection: Protection
    transforms: Mapping[str, AnyTransform]
    origin: StageOrigin | None = None

    def protect(self, rows: DataFrame, load: GatedLoad) -> DataFrame:
        """Return the rows as they may be written; originals of tokens are stored before this returns."""
        warn_of_hidden_columns(self.protection, self.target.name)
        return hide_columns(rows, self.protection, self.transforms, load.args)

    def protect_tracking(self, rows: DataFrame, failed_column: str, load: GatedLoad) -> DataFrame:
        """Return the rows with the columns that track them only where they fail, without personal data in clear."""
        return self.origin.protect(rows, failed_column, load.args) if self.origin else rows

    def origin_columns(self, rows: DataFrame, failed_column: str, rules: Sequence[AnyRule], load: GatedLoad,
                       empty: bool) -> dict[str, Column]:
        """Return the columns that tell where failing rows come from, by name: a file, or the tables of a query."""
        if self.origin:
            return self.origin.columns(rows, failed_column, rules, empty)
        return {TABLES_COLUMN: F.array(*map(F.lit, load.tables_read)).cast('array<string>')}


def with_failed_rules(rows: DataFrame, failed_column: str, rules: Sequence[str], load: GatedLoad,
                      origin: Mapping[str, Column]) -> DataFrame:
    """Return rows with the execution, the time, the list of the rules that each has failed, and where it comes from.

    `failed_column` has the indexes of these rules. If the user's columns already have one of the names other than that
    of the execution, the added one gets leading underscores.

    origin  further columns by name
    """
    data = without_hidden(rows.drop(failed_column)).schema
    named = {name.lower(): name for name in data.fieldNames()}
    execution = named.get(EXECUTION_COLUMN, EXECUTION_COLUMN)
    texts = f"array({', '.join(map(sql_text, rules))})"
    values = {name: quoted(name) for name in named.values()} | {
        execution: sql_text(load.execution_id),
        unused_name(data, TIMESTAMP_COLUMN): f"TIMESTAMP '{load.now.isoformat()}'",
        unused_name(data, RULES_COLUMN): f'transform({quoted(failed_column)}, rule -> get({texts}, rule))'}
    return rows.select(*(F.expr(value).alias(name) for name, value in values.items()),
                       *(value.alias(unused_name(data, name)) for name, value in origin.items()))


def stage_quarantine(rows: DataFrame, target: Target, load: GatedLoad,
                     written: Collection[PartitionValues]) -> StagedFiles:
    """Write the rows next to the quarantine; publishing makes them this load's content.

    written  partitions of the table itself that the load fills: their quarantine is replaced even where it has no rows
    """
    if load.partition is not None:
        by_file = load.by_file and _others_may_stay(target, load.partition)
        return stage_partition(rows, target, load.partition, by_file)
    return stage_table(rows, target, only_its_partitions=not load.whole, emptied=written)


def plan_emptying(target: Target, load: GatedLoad) -> Emptying:
    """Decide how the quarantine comes to hold no rows of this load."""
    if runtime.catalog().table(target.database, target.table) is None:
        return Emptying.CREATE_TABLE
    if load.partition is not None and load.by_file and _others_may_stay(target, load.partition):
        files, own = _quarantined_files(target, load.partition), file_identity(target.source_file, target.file_key)
        if files - {own}:
            return Emptying.REPLACE_FILE if own in files else Emptying.NOTHING
    return Emptying.DROP_PARTITIONS


def empty_quarantine(emptying: Emptying, no_rows: DataFrame, target: Target, load: GatedLoad,
                     written: Collection[PartitionValues]) -> None:
    """Make sure that the quarantine exists and holds no rows of this load.

    no_rows  a frame without rows; its columns matter when `emptying.needs_columns`
    written  partitions of the table itself that the load fills
    """
    if emptying is Emptying.CREATE_TABLE:
        columns = catalog_columns(lower_case_names(no_rows.drop(*target.key_names)).schema)
        create_empty_table(target, columns)
    elif emptying is Emptying.REPLACE_FILE and load.partition is not None:
        with stage_partition(no_rows, target, load.partition, by_file=True) as nothing:
            nothing.publish()
    elif emptying is Emptying.DROP_PARTITIONS:
        drop_partitions(target, _replaced_partitions(target, load, written))


def _replaced_partitions(target: Target, load: GatedLoad,
                         written: Collection[PartitionValues]) -> set[PartitionValues]:
    if load.whole:
        return {item.values for item in runtime.catalog().partitions(target.database, target.table)}
    return set(written) if load.partition is None else {load.partition}


def _quarantined_files(target: Target, values: PartitionValues) -> set[str]:
    """Return what identifies the source files whose rows a partition of the quarantine holds."""
    partition = find_partition(target.database, target.table, values)
    sources = sources_of(partition.parameters) if partition else ()
    return {file_identity(source.file, target.file_key) for source in sources}


def _others_may_stay(target: Target, values: PartitionValues) -> bool:
    """Tell whether rows of other files may be carried over; those in clear must not leave their own prefix."""
    partition = find_partition(target.database, target.table, values)
    if partition is None or not is_clear(partition.location) or is_clear(str(target.location)):
        return True
    LOG.warning('Partition %s of %s held rows of other files in clear. They are taken out of it; load these files '
                'again to see them there, protected.', '/'.join(values), target.name)
    return False
