"""Stages the rows that a load quarantines, with the rules they fail, and empties the quarantine of an earlier load."""
from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.arguments import EXECUTION_COLUMN
from lake_etl.ports import Partition
from lake_etl.publish.emptying import empty_partitions
from lake_etl.publish.load_files import catalog_columns, lower_case_names
from lake_etl.publish.partition import stage_partition
from lake_etl.publish.sources import sources_of
from lake_etl.publish.staged import Staged
from lake_etl.publish.target import PartitionValues, Target
from lake_etl.publish.whole_table import stage_table
from lake_etl.quality.checked_load import CheckedLoad, is_clear
from lake_etl.spark.columns import quoted
from lake_etl.spark.helper_names import unused_name
from lake_etl.syntax.sql_literal import sql_text

LOG = logging.getLogger(__name__)
TIMESTAMP_COLUMN, RULES_COLUMN = 'quarantine_timestamp', 'failed_rules'


def explained(rows: DataFrame, failed_column: str, rules: Sequence[str], load: CheckedLoad) -> DataFrame:
    """Return rows with the execution, the time, and the list of the rules that each has failed.

    `failed_column` has the indexes of these rules. Columns of the user's with the last two names keep them; ours get
    underscores in front then.
    """
    data = rows.drop(failed_column).schema
    named = {name.lower(): name for name in data.fieldNames()}
    execution = named.get(EXECUTION_COLUMN, EXECUTION_COLUMN)
    texts = f"array({', '.join(map(sql_text, rules))})"
    values = {name: quoted(name) for name in named.values()} | {
        execution: sql_text(load.execution_id),
        unused_name(data, TIMESTAMP_COLUMN): f"TIMESTAMP '{load.now.isoformat()}'",
        unused_name(data, RULES_COLUMN): f'transform({quoted(failed_column)}, rule -> get({texts}, rule))'}
    return rows.selectExpr(*(f'{value} AS {quoted(name)}' for name, value in values.items()))


def stage_quarantine(rows: DataFrame, target: Target, load: CheckedLoad,
                     written: Collection[PartitionValues]) -> Staged:
    """Write the rows beside the quarantine, of which they will be this load's content.

    written  partitions of the table itself that the load fills: their quarantine is replaced even where it has no rows
    """
    if load.partition is not None:
        by_file = load.by_file and _others_may_stay(target, load.partition)
        return stage_partition(rows, target, load.partition, by_file)
    return stage_table(rows, target, only_its_partitions=not load.whole, emptied=written)


def empty_quarantine(rows: Callable[[], DataFrame], target: Target, load: CheckedLoad,
                     written: Collection[PartitionValues]) -> None:
    """Make sure that the quarantine of this load is there and empty.

    rows  gives a frame without rows that has the columns of the table; it is asked only when they are needed
    """
    if load.partition is not None and load.by_file and _others_may_stay(target, load.partition):
        files = _files_behind(target, load.partition)
        if files - {target.source_file}:
            if target.source_file in files:
                with stage_partition(rows(), target, load.partition, by_file=True) as nothing:
                    nothing.publish()
            return
    replaced = set(written) if load.partition is None else {load.partition}
    empty_partitions(target, lambda: catalog_columns(lower_case_names(rows().drop(*target.key_names)).schema),
                     lambda values: load.whole or values in replaced)


def is_published(target: Target) -> bool:
    """Tell whether the quarantine table exists."""
    return runtime.catalog().table(target.database, target.table) is not None


def _files_behind(target: Target, values: PartitionValues) -> set[str]:
    """Return the source files whose rows a partition of the quarantine holds."""
    partition = _partition(target, values)
    return {source.file for source in sources_of(partition.parameters)} if partition else set()


def _others_may_stay(target: Target, values: PartitionValues) -> bool:
    """Tell whether rows of other files may be carried over; those in clear must not leave their own prefix."""
    partition = _partition(target, values)
    if partition is None or not is_clear(partition.location) or is_clear(str(target.location)):
        return True
    LOG.warning('Partition %s of %s held rows of other files in clear. They are taken out of it; load these files '
                'again to see them there, protected.', '/'.join(values), target.name)
    return False


def _partition(target: Target, values: PartitionValues) -> Partition | None:
    found = runtime.catalog().partitions(target.database, target.table)
    return next((partition for partition in found if partition.values == values), None)
