"""The life of a job run: arguments, log, session and catalog at its beginning, lineage and commit at its end."""
from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.arguments import (
    PARTITION_KEYS, Arguments, LoadArguments, load_arguments, optional_names, required_names, typed_arguments)
from lake_etl.controls.control_points import ControlPoints
from lake_etl.controls.run_records import WRITE_OPERATION
from lake_etl.jobs.logs import failure_logged, open_log
from lake_etl.jobs.resolved_options import chosen, resolve_arguments, resolved_options
from lake_etl.jobs.run_events import RunEvents
from lake_etl.publish.layout import load_name
from lake_etl.publish.lineage import FULL_BATCH, DataLineageGenerator
from lake_etl.publish.target import Published, Target
from lake_etl.read.scratch import empty_scratch, scratch_folder
from lake_etl.reasons.own_words import own_words_only
from lake_etl.spark.background_work import BeforePublishing
from lake_etl.spark.session import configure
from lake_etl.transform.conversion_watch import ConversionWatch

__all__ = ['JobRun', 'job_run', 'resolve_arguments']


@dataclass(frozen=True)
class JobRun(Generic[Arguments]):
    """What the steps of a job share: its arguments, the Spark session, the lineage, and pending work.

    args           all arguments as the command line gives them, for transforms and placeholders of SQL files
    load           the arguments that every job has
    arguments      the job's own arguments
    events         OpenLineage events of the run
    notices        what the owner of the data should know although the load succeeds
    controls       counts the rows of the load for its control totals
    recorded       what is on the audit record of the execution so far, by the name of the entry; shared by all tables
    further_table  name of the table, if it is another one than that of the workflow
    """

    args: Mapping[str, Any]
    load: LoadArguments
    arguments: Arguments
    spark: SparkSession
    lineage: DataLineageGenerator
    before_publishing: BeforePublishing
    events: RunEvents
    watch: ConversionWatch = field(default_factory=ConversionWatch)
    notices: list[str] = field(default_factory=list)
    controls: ControlPoints = field(default_factory=ControlPoints)
    recorded: dict[str, list[object]] = field(default_factory=dict)
    further_table: str = ''

    @property
    def scratch(self) -> str:
        """Return the folder for what readers have to write down; it is emptied at the end of the run."""
        return scratch_folder(self.load.temporary_folder, self.load.execution_id)

    def target(self, allow_schema_change: str, source_file: str, description: str | None = None,
               table: str | None = None) -> Target:
        """Return the job's target table, or another one of its target database, as the publisher wants it."""
        load = self.load
        return Target(
            database=load.database.lower(), table=(table or load.table).lower(), folder=load.target_folder,
            keys=PARTITION_KEYS,
            load=load_name(load.execution_id, datetime.now(UTC), secrets.token_hex(3)), source_file=source_file,
            allow_schema_change=allow_schema_change, retention=timedelta(hours=load.retention_hours),
            description=description, staging=self.scratch, execution=load.execution_id)

    def record_sentences(self, entry: str, sentences: Sequence[str]) -> None:
        """Add sentences to an entry of the audit record of the execution; without a record nothing happens."""
        self.record(entry, [f'{self.further_table}: {item}' if self.further_table else item for item in sentences])

    def record(self, entry: str, values: Sequence[object]) -> None:
        """Add values to an entry of the audit record of the execution; without a record nothing happens."""
        known = self.recorded.setdefault(entry, [])
        known += values
        if values:
            self.update_record({entry: list(known)})

    def update_record(self, values: Mapping[str, object]) -> None:
        """Set entries of the audit record of the execution; a job that was started without one makes none."""
        if table := self.load.job_audit_table:
            runtime.items(table).update(table, {'execution_id': self.load.execution_id}, values)

    def record_publication(self, df: DataFrame, published: Published) -> None:
        """Record in the lineage what was written where."""
        dataset = self.load.source_key
        counts = {'row': published.audit.rows, 'column': published.audit.columns}
        self.lineage.update_lineage(df, dataset, 'numericaudit', audit=published.audit)
        self.lineage.update_lineage(df, dataset, WRITE_OPERATION, table=published.table,
                                    rows=published.audit.rows, format='parquet', dataset_counts=counts)


@contextmanager
def job_run(arguments: type[Arguments]) -> Iterator[JobRun[Arguments]]:
    """Open a run of this job from the arguments of the process, and commit it unless an error ends it.

    The lineage is written in either case. Raises LakeError; no error quotes what a library says about rows.

    arguments  frozen dataclass with the job's own arguments, all `str`; those with a default are optional
    """
    with own_words_only(), _opened_run(arguments) as run:
        yield run


@contextmanager
def _opened_run(arguments: type[Arguments]) -> Iterator[JobRun[Arguments]]:
    from awsglue.context import GlueContext
    from awsglue.job import Job
    required, optional = required_names(arguments), optional_names(arguments)
    options = resolved_options(required, optional)
    args = chosen(options, (*required, *optional))
    open_log(args)
    load = load_arguments(args)
    catalog = args.get('catalog', runtime.GLUE)
    runtime.open_catalog(catalog)
    glue_context = GlueContext(SparkContext.getOrCreate())
    if catalog == runtime.GLUE:
        # On AWS what the driver logs of a failed task, which quotes values of rows, would be stored in CloudWatch.
        glue_context.spark_session.sparkContext.setLogLevel('OFF')
    job = Job(glue_context)
    job.init(args['JOB_NAME'], options)
    lineage = DataLineageGenerator(args, batch_size=FULL_BATCH)
    spark = configure(glue_context.spark_session)
    events = RunEvents(args, load)
    lineage.observer = events
    run = JobRun(args, load, typed_arguments(arguments, args), spark, lineage, BeforePublishing(), events)
    try:
        with failure_logged(args), events.told():
            yield run
    finally:
        run.before_publishing.settle()
        spark.catalog.clearCache()
        empty_scratch(run.scratch)
        lineage.flush()
    job.commit()
