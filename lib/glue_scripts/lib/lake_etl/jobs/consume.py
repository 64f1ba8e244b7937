"""The steps of the cleanse-to-consume job, in the order in which the job takes them."""
from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS, CleanseToConsumeArguments
from lake_etl.column_lineage.lineage_graph import TableLineage
from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.config.configuration_files import FileNames, file_names
from lake_etl.config.reader import configuration_reader
from lake_etl.config.workflow import Workflow, read_consume_workflow
from lake_etl.errors import ConfigurationError, DataError, Problem, QueryError
from lake_etl.jobs.job_run import JobRun
from lake_etl.jobs.table_ownership import (
    consume_ownership, protection_of_sources, published_table, record_changes, require_own_table)
from lake_etl.publish.failed_rows import without_mark
from lake_etl.publish.layout import require_free_names
from lake_etl.publish.target import Published, Target
from lake_etl.publish.whole_table import stage_table
from lake_etl.quality.gate import QualityGate
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.columns import has_column
from lake_etl.spark.helper_names import is_hidden
from lake_etl.spark.overflow import run_user_query
from lake_etl.spark.session import user_sql_rules
from lake_etl.syntax.placeholders import fill_placeholders
from lake_etl.syntax.sql_pieces import Dialect
from lake_etl.syntax.sql_syntax import tables_read

LOG = logging.getLogger(__name__)
OWN_SCHEMA_CHANGE = 'permissive'
ConsumeRun = JobRun[CleanseToConsumeArguments]


def placeholder_values(args: Mapping[str, Any], partition: tuple[str, str, str]) -> dict[str, Any]:
    """Return what `{name}` in SQL files stands for: every job argument, and the target table."""
    year, month, day = partition
    known = dict(args) | {'p_year': year, 'p_month': month, 'p_day': day, 'target_table': args['table_name']}
    return {'JOB_ID': '', 'JOB_RUN_ID': ''} | known


def names_of(run: ConsumeRun) -> FileNames:
    """Return the names of the workflow's files, which are named after the source database."""
    return file_names(run.arguments.source_database_name, run.load.table)


def read_configuration(run: ConsumeRun) -> Workflow:
    """Return SQL and quality rules.

    Raises ConfigurationError with all problems, or OwnershipError when the load may not fill its table, before any data
    is read.
    """
    read = configuration_reader(run.load.scripts_folder, run.arguments.txn_sql_prefix_path)
    values = placeholder_values(run.args, run.load.partition)
    workflow = read_consume_workflow(run.arguments.source_database_name, run.load.table, read, values.keys())
    if workflow.spark_sql:
        require_own_table(_target(run, workflow))
        run.events.trace(lambda: _column_lineage(run, workflow))
    return workflow


def _column_lineage(run: ConsumeRun, workflow: Workflow) -> Mapping[str, TableLineage]:
    """Return the lineage of the Consume table, with the columns of the tables that the catalog knows."""
    tables = (runtime.catalog().table(*name.rpartition('.')[::2]) for name in _tables_read(run, workflow))
    published = {f'{table.database}.{table.name}': [column.name for column in (*table.columns, *table.partition_keys)]
                 for table in tables if table}
    return trace_lake(LakeConfiguration(
        workflows={(run.arguments.source_database_name, run.load.table): workflow}, matches={}, masking={},
        published=published)).tables


def query_cleanse(run: ConsumeRun, workflow: Workflow) -> DataFrame:
    """Return the rows of the Spark SQL file's query, with its placeholders filled.

    Raises ConfigurationError naming the file when Spark refuses the query, or when it returns no partition columns.
    """
    if workflow.spark_sql is None:
        raise DataError(f'There is no Spark SQL file for {run.load.source_key}.')
    file = workflow.file(names_of(run).spark_sql).rpartition('/')[2]
    statements = [_filled(run, statement, 'spark', file) for statement in workflow.spark_sql.statements]
    runtime.catalog().attach(run.spark, '\n'.join(statements))
    with user_sql_rules(run.spark):
        try:
            frames = [run_user_query(run.spark, statement) for statement in statements]
        except (AnalysisException, ParseException) as error:
            raise ConfigurationError([Problem(file, '', f'Spark refuses the query: {reason_of(error)}')]) from None
    df = frames[-1]
    require_free_names(df.columns, run.load.source_key)
    if hidden := [name for name in df.columns if is_hidden(name)]:
        raise ConfigurationError([Problem(file, '', f'the query returns {", ".join(hidden)}, names that the lake uses '
                                          'for its own columns', 'give them other names')])
    missing = [key.name for key in PARTITION_KEYS if not has_column(df.schema, key.name)]
    if missing:
        raise ConfigurationError([Problem(
            file, '', f'the query returns no column {", ".join(missing)}',
            'a Consume table is partitioned by year, month and day; select them too')])
    run.lineage.update_lineage(df, run.load.source_key, 'sparksql', query=statements[-1],
                               sparksql=statements[-1])
    return df


def open_gate(run: ConsumeRun, workflow: Workflow) -> QualityGate:
    """Return the gate of quality rules that the rows of the query go through."""
    load = GatedLoad(run.spark, run.args, run.lineage, run.load.source_key, run.load.execution_id,
                     _filled_target(run, workflow), datetime.now(UTC), whole=not _by_partition(workflow),
                     tables_read=_tables_read(run, workflow))
    return QualityGate(load, workflow.quality)


def _tables_read(run: ConsumeRun, workflow: Workflow) -> tuple[str, ...]:
    """Return the tables that the statements of the Spark SQL file name with their database."""
    if workflow.spark_sql is None:
        return ()
    file = workflow.file(names_of(run).spark_sql).rpartition('/')[2]
    found = {names for statement in workflow.spark_sql.statements
             for names in tables_read(_filled(run, statement, 'spark', file), 'spark')}
    return tuple(sorted('.'.join(names) for names in found))


def publish_to_consume(run: ConsumeRun, workflow: Workflow, df: DataFrame, gate: QualityGate) -> Published:
    """Publish the frame as the Consume table, or as the partitions it has rows for, and record what was written."""
    target = _filled_target(run, workflow)
    before = published_table(target)
    with stage_table(df, target, only_its_partitions=_by_partition(workflow)) as written:
        quarantined = gate.settle(written)
        published = written.publish(emptied=quarantined)
    run.record_publication(without_mark(df), published)
    record_changes(run, before, target)
    return published


def _target(run: ConsumeRun, workflow: Workflow) -> Target:
    override = workflow.spark_sql.table_override if workflow.spark_sql else None
    target = run.target(OWN_SCHEMA_CHANGE, run.load.source_key, table=override)
    return replace(target, ownership=consume_ownership(run, workflow))


def _filled_target(run: ConsumeRun, workflow: Workflow) -> Target:
    """Return the target with what its rows protect, which is what the tables that the query reads protect now."""
    file = workflow.file(names_of(run).spark_sql).rpartition('/')[2]
    statements = workflow.spark_sql.statements if workflow.spark_sql else ()
    protection = protection_of_sources(_filled(run, statement, 'spark', file) for statement in statements)
    return replace(_target(run, workflow), protection=protection)


def _by_partition(workflow: Workflow) -> bool:
    return workflow.spark_sql is not None and workflow.spark_sql.mode == 'partition'


def renew_views(run: ConsumeRun, workflow: Workflow) -> None:
    """Run the Athena and Redshift statements; a failed one stops the job with the engine's reason."""
    names = names_of(run)
    if workflow.athena_statements:
        _run_athena(run, workflow.athena_statements, workflow.file(names.athena_sql).rpartition('/')[2])
    if workflow.redshift_statements:
        _run_redshift(run, workflow.redshift_statements, workflow.file(names.redshift_sql).rpartition('/')[2])


def _run_athena(run: ConsumeRun, statements: tuple[str, ...], file: str) -> None:
    engine = runtime.queries(run.arguments.athena_workgroup)
    database = run.load.database.lower()
    runtime.catalog().create_database(database, f'{run.load.target_folder}/{database}')
    _run_all(run, statements, 'athena', file, lambda statement: engine.run(database, statement))


def _run_redshift(run: ConsumeRun, statements: tuple[str, ...], file: str) -> None:
    cluster, workgroup = run.arguments.redshift_cluster_id, run.arguments.redshift_workgroup_name
    if not (cluster or workgroup):
        LOG.warning('%s was left out: no Redshift cluster or workgroup is configured for this job.', file)
        return
    engine = runtime.redshift_queries(cluster, workgroup)
    database = run.arguments.redshift_database or run.load.database.lower()
    _run_all(run, statements, 'redshift', file, lambda statement: engine.run(database, statement))


def _run_all(run: ConsumeRun, statements: tuple[str, ...], dialect: Dialect, file: str, execute: Any) -> None:
    filled = [_filled(run, statement, dialect, file) for statement in statements]
    for number, statement in enumerate(filled, 1):
        try:
            execute(statement)
        except QueryError as error:
            raise QueryError(f'{file}: statement {number} of {len(filled)} failed. {error}') from error
    LOG.info('Ran %d statements of %s.', len(filled), file)


def _filled(run: ConsumeRun, statement: str, dialect: Dialect, file: str) -> str:
    return fill_placeholders(statement, placeholder_values(run.args, run.load.partition), dialect, file)
