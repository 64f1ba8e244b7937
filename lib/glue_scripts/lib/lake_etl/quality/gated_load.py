"""The load whose rows pass the quality gate: its tables, and the data that rules may refer to."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.publish.target import PartitionValues, Target
from lake_etl.quality.evaluation.outcomes import EvaluationContext
from lake_etl.quality.history import MetricHistory
from lake_etl.spark.columns import quoted

OPEN_PREFIX, CLEAR_PREFIX = 'quarantine', 'quarantine_clear'


def is_clear(location: str) -> bool:
    """Tell whether a folder holds quarantined rows in clear, which consumers cannot read."""
    return f'/{CLEAR_PREFIX}/' in location


@dataclass(frozen=True)
class GatedLoad:
    """A load on its way to a table.

    args         arguments of the job
    lineage      where the steps of the job are recorded
    dataset      `<database>/<table>` of the workflow
    target       the table that the rows go to
    partition    the partition that they fill; None where each row names its own
    by_file      whether the partition keeps the rows of other source files
    whole        whether the load replaces the table with all its partitions
    landed_file  address of the file that the rows come from, where they come from one
    now          the moment of the check
    tables_read  tables that the rows come from, where a query makes them
    """

    spark: SparkSession
    args: Mapping[str, Any]
    lineage: Any
    dataset: str
    execution_id: str
    target: Target
    now: datetime
    partition: PartitionValues | None = None
    by_file: bool = False
    whole: bool = False
    landed_file: str | None = None
    tables_read: tuple[str, ...] = ()

    def quarantine(self, stage: str, clear: bool) -> Target:
        """Return the quarantine table of a stage; personal data in clear goes where consumers cannot read it."""
        target = self.target
        prefix = CLEAR_PREFIX if clear else OPEN_PREFIX
        return replace(
            target, table=f'{target.table}_quarantine_{stage}', allow_schema_change='permissive',
            description=f'Rows that quality rules kept out of {target.name} at {stage}.',
            location=f'{target.folder}/{prefix}/{stage}/{target.database}/{target.table}',
            ownership=target.ownership.of_quarantine() if target.ownership else None)

    def history(self, stage: str) -> MetricHistory:
        """Return what earlier loads of the table have measured at a stage."""
        return MetricHistory(str(self.args.get('dq_results_table', '')), self.target.name, stage, self.execution_id)

    def context(self, stage: str) -> EvaluationContext:
        """Return what the rules of a stage may refer to."""
        return evaluation_context(self.spark, self.target.database, self.history(stage), self.now, self.landed_file)


def evaluation_context(spark: SparkSession, database: str, history: MetricHistory, now: datetime,
                       landed_file: str | None = None) -> EvaluationContext:
    """Return what rules may refer to: every table of the lake, those of the database by their bare name."""
    def table(name: str) -> DataFrame:
        first, dot, rest = name.rpartition('.')
        found = (first if dot else database).lower(), rest.lower()
        if runtime.catalog().table(*found) is None:
            raise DataError(f"There is no table '{'.'.join(found)}' in the lake.")
        full_name = '.'.join(map(quoted, found))
        runtime.catalog().attach(spark, f'SELECT * FROM {full_name}')
        return spark.table(full_name)

    return EvaluationContext(
        now=now, table=table, history=history, attach=lambda sql: runtime.catalog().attach(spark, sql),
        files=runtime.files(landed_file) if landed_file else None, landed_file=landed_file)
