"""Lists the tables that each workflow writes, and finds tables that two workflows would write."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lake_etl.config.configuration_files import file_names
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.config.quality_rules import STAGES
from lake_etl.config.workflow import Workflow
from lake_etl.errors import Problem

CONSUME, CROSS_REFERENCE, QUARANTINE = '_consume', '_xref', '_quarantine_'


@dataclass(frozen=True)
class WrittenTable:
    """A table and what writes it.

    table   `<database>.<table>` as in the catalog, in lower case
    writer  what writes the table, in words
    file    name of the file that configures this
    """

    table: str
    writer: str
    file: str


def workflow_tables(database: str, table: str, workflow: Workflow) -> list[WrittenTable]:
    """Return the tables that a workflow writes, also by record types or sheets, and their quarantine tables."""
    names, writer = file_names(database, table), f'the workflow {database}/{table}'
    own = workflow.present_files[0] if workflow.present_files else names.spec
    further = [item for name, found in workflow.further_tables.items()
               for item in workflow_tables(database, name, found)]
    written = [(f'{database}.{table}', own)]
    if workflow.spark_sql is not None:
        consume_table = workflow.spark_sql.table_override or table
        written.append((f'{database}{CONSUME}.{consume_table}', workflow.file(names.spark_sql)))
    if workflow.quality is not None:
        file = workflow.file(names.quality)
        written += [(f'{name}{QUARANTINE}{stage}', file) for name, _ in tuple(written) for stage in STAGES]
    return [*(WrittenTable(name.lower(), writer, file.rpartition('/')[2]) for name, file in written),
            *(replace(item, writer=writer) for item in further)]


def match_tables(database: str, spec: EntityMatchSpec, file: str) -> list[WrittenTable]:
    """Return the tables that the entity match of a database writes."""
    primary = f'{database}{CONSUME}.{spec.primary_entity_table}'.lower()
    return [WrittenTable(name, f'the entity match of {database}', file)
            for name in (primary, primary + CROSS_REFERENCE)]


def find_conflicts(tables: Iterable[WrittenTable]) -> list[Problem]:
    """Return a problem for each table that has more than one writer."""
    first: dict[str, WrittenTable] = {}
    problems = []
    for item in tables:
        earlier = first.setdefault(item.table, item)
        if earlier.writer != item.writer:
            problems.append(Problem(
                item.file, '', f'{item.writer} and {earlier.writer} ({earlier.file}) both fill the table {item.table}, '
                'which takes rows of one of them only', 'give one of them another table, or delete its file'))
    return problems
