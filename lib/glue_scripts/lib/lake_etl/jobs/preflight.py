"""Checks, before the first job of a load reads data, the configuration of all its jobs and the tables its SQL reads."""
from __future__ import annotations

import logging
from collections.abc import Iterator

from lake_etl import runtime
from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.config.configuration_files import ConfigurationFiles, configured_name, entity_match_file, file_names
from lake_etl.config.further_tables import filling_workflow
from lake_etl.config.transform_steps import Registry
from lake_etl.config.workflow import Workflow, read_consume_workflow, read_entity_match, read_workflow
from lake_etl.config.written_tables import CONSUME
from lake_etl.errors import ConfigurationError, Problem
from lake_etl.syntax.sql_syntax import tables_read

LOG = logging.getLogger(__name__)
Name = tuple[str, str]
UNTOUCHED = 'nothing was read or changed'


def read_whole_workflow(database: str, table: str, read: ConfigurationFiles, registry: Registry,
                        environment: str) -> Workflow:
    """Return the configuration of a workflow after checking that of every job which a load of it runs.

    Raises ConfigurationError with the problems of all files, or with the tables that its Spark SQL needs first.
    """
    problems: list[Problem] = []
    workflow = None
    try:
        workflow = read_workflow(database, table, read, registry, environment, KNOWN_PLACEHOLDERS)
    except ConfigurationError as error:
        problems += error.problems
    try:
        if read.stored_name(entity_match_file(database)) is not None:
            read_entity_match(database, read)
    except ConfigurationError as error:
        problems += error.problems
    if problems or workflow is None:
        raise ConfigurationError(problems, UNTOUCHED)
    if runtime.catalog().described(database.lower(), table.lower()) is None and (
            filling := filling_workflow(database, table, read)):
        file, other = filling
        raise ConfigurationError([Problem(
            file, '', f'files of the workflow {database}/{other} fill the table {database}.{table}, so no other file '
            'may make it', f'land the file for {database}/{other}, or name another table there')], UNTOUCHED)
    if missing := missing_tables(database, table, workflow, read):
        raise ConfigurationError(missing, UNTOUCHED)
    return workflow


def missing_tables(database: str, table: str, workflow: Workflow, read: ConfigurationFiles) -> list[Problem]:
    """Return a problem for each table that the Spark SQL reads and that no load has made yet.

    A table that cannot be made before this one is no problem but a warning: two queries that read each other's tables
    would otherwise block each other for ever.
    """
    file = workflow.file(file_names(database, table).spark_sql).rpartition('/')[2]
    own = database.lower(), table.lower()
    # The first job fills these together with the workflow's own table, before the query runs.
    further = {(own[0], name.lower()) for name in workflow.further_tables}
    problems = []
    for name in _needed(own, workflow):
        if name in further:
            continue
        order = _loading_order(name, own, read, ())
        shown = '.'.join(name)
        if order is None:
            LOG.warning('%s reads the table %s, which does not exist yet and is itself made from this table. The query '
                        'will fail until both Cleanse tables are loaded.', file, shown)
            continue
        steps = ', then '.join([*('/'.join(item) for item in order), '/'.join(configured_name(*own, read))])
        problems.append(Problem(file, '', f'reads the table {shown}, which does not exist yet',
                                f'load {steps}; or correct the name'))
    return problems


def _needed(own: Name, workflow: Workflow) -> Iterator[Name]:
    """Yield the tables that must exist before the workflow is loaded and do not, in alphabetical order."""
    if workflow.spark_sql is None:
        return
    filled = own[0] + CONSUME, (workflow.spark_sql.table_override or own[1]).lower()
    read = {name for statement in workflow.spark_sql.statements for name in tables_read(statement, 'spark')}
    catalog = runtime.catalog()
    yield from (name for name in sorted(read - {own, filled}) if catalog.described(*name) is None)


def _loading_order(name: Name, own: Name, read: ConfigurationFiles, above: tuple[Name, ...]) -> list[Name] | None:
    """Return the workflows to load, in order, until a table exists; None when that needs the table `own` first."""
    database, table = name[0].removesuffix(CONSUME), name[1]
    if (database, table) in above:
        return None
    order: list[Name] = []
    # A Cleanse table is there after the first job, whatever its own query reads; but a load stops before that job.
    for needed in _needed((database, table), _query_of(database, table, read)):
        if needed == own:
            return None
        before = _loading_order(needed, own, read, (*above, (database, table)))
        if before is None:
            return None
        order += [item for item in before if item not in order]
    filling = filling_workflow(database, table, read)
    return [*order, configured_name(database, filling[1] if filling else table, read)]


def _query_of(database: str, table: str, read: ConfigurationFiles) -> Workflow:
    """Return the SQL of another workflow; nothing when its files have mistakes, which its own load reports."""
    try:
        return read_consume_workflow(database, table, read)
    except ConfigurationError:
        return Workflow()
