"""What the loads of the jobs say about the tables that they fill, checked before data is read and put on record."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from lake_etl import runtime
from lake_etl.arguments import CleanseToConsumeArguments
from lake_etl.config.configuration_files import file_names
from lake_etl.config.transform_steps import protected_columns
from lake_etl.config.workflow import Workflow
from lake_etl.jobs.job_run import JobRun
from lake_etl.ports import Table
from lake_etl.publish.ownership import (
    Ownership, chosen_hash_text, ended_protection, owner_before, remembered_of, require_ownership)
from lake_etl.publish.protected_state import ProtectedColumns, protection_of_rows
from lake_etl.publish.target import Target
from lake_etl.syntax.sql_syntax import tables_read
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import protecting_transforms

LOG = logging.getLogger(__name__)
CONSUME = '_consume'
TAKEOVER, PROTECTION_ENDED = 'tabletakeover', 'protectionended'


def cleanse_ownership(run: JobRun[Any], workflow: Workflow) -> Ownership:
    """Return what a load of a Cleanse table says about it, by the steps and the input_spec of its specification."""
    names = file_names(run.load.database, run.load.table)
    return Ownership(
        workflow=workflow.filled_by or '/'.join(workflow.name(run.load.database, run.load.table)),
        protected=protected_columns(workflow.steps, protecting_transforms(all_transforms())),
        takes_over=workflow.input.takes_over,
        no_longer_protected={name.lower(): reason for name, reason in workflow.input.no_longer_protected.items()},
        hash_text=chosen_hash_text(workflow, run.args), file=_shown(workflow, names.spec),
        owner=workflow.input.owner)


def consume_ownership(run: JobRun[CleanseToConsumeArguments], workflow: Workflow) -> Ownership:
    """Return what a load of a Consume table says about it, by its Spark SQL file."""
    given = run.arguments.source_database_name, run.load.table
    return Ownership(
        workflow='/'.join(given),
        takes_over=workflow.spark_sql.takes_over if workflow.spark_sql else None,
        file=_shown(workflow, file_names(*given).spark_sql), by_query=True, owner=workflow.input.owner)


def protection_of_sources(statements: Iterable[str]) -> ProtectedColumns | None:
    """Return which columns the rows that Spark queries read protect, by table; None if the queries do not tell.

    statements  with their placeholders filled
    """
    catalog = runtime.catalog()
    found: dict[str, set[str]] = {}
    for names in sorted({names for statement in statements for names in tables_read(statement, 'spark')}):
        if (table := catalog.table(*names)) is not None:
            # Rows of an unprotected Cleanse table come from no other table, so its many partitions need not be listed.
            looks = remembered_of(table).protected or names[0].endswith(CONSUME)
            for source, columns in protection_of_rows(table, catalog.partitions(*names) if looks else ()).items():
                found[source] = found.get(source, set(columns)) & set(columns)
    return {source: tuple(columns) for source, columns in found.items()} or None


def _shown(workflow: Workflow, name: str) -> str:
    file = workflow.file(name)
    there = '' if file in workflow.present_files else ' (there is no such file)'
    return file.rpartition('/')[2] + there


def require_own_table(target: Target) -> None:
    """Raise OwnershipError unless the load may fill its table."""
    require_ownership(published_table(target), target.ownership)


def published_table(target: Target) -> Table | None:
    """Return the table as it is now, or None when it does not exist."""
    return runtime.catalog().table(target.database, target.table)


def record_changes(run: JobRun[Any], before: Table | None, target: Target) -> None:
    """Log, and record in the lineage, that a table has changed hands, and that columns are not protected any more.

    before  the table before the load
    """
    if target.ownership is None:
        return
    if (owner := owner_before(before, target.ownership)) is not None:
        LOG.warning('Table %s was filled by the workflow %s, and is filled by %s from now on, as %s says.', target.name,
                    owner, target.ownership.workflow, target.ownership.file)
        _record(run, TAKEOVER, {'table': target.name, 'from': owner, 'to': target.ownership.workflow})
    if ended := ended_protection(before, target.ownership):
        LOG.warning('Columns of table %s that are not protected any more, as %s says: %s.', target.name,
                    target.ownership.file, '; '.join(f'{name} ({reason})' for name, reason in ended.items()))
        _record(run, PROTECTION_ENDED, {'table': target.name, 'columns': ended})


def _record(run: JobRun[Any], operation: str, information: Mapping[str, object]) -> None:
    run.lineage.update_lineage(None, run.load.source_key, operation, **information)
