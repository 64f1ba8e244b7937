"""Tells which tables the configuration has filled by whom, and finds those that two workflows would fill."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lake_etl.config.configuration_files import file_names
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.config.quality_rules import STAGES
from lake_etl.config.workflow import Workflow
from lake_etl.errors import Problem

CONSUME, CROSS_REFERENCE, QUARANTINE = '_consume', '_xref', '_quarantine_'


@dataclass(frozen=True)
class Filling:
    """A table and who fills it.

    table  `<database>.<table>` as the catalog has it, in lower case
    by     who fills it, in words
    file   name of the file that says so
    """

    table: str
    by: str
    file: str


def tables_of_workflow(database: str, table: str, workflow: Workflow) -> list[Filling]:
    """Return the tables that a workflow fills, those for rows that its quality rules set aside included."""
    names, by = file_names(database, table), f'the workflow {database}/{table}'
    own = workflow.present_files[0] if workflow.present_files else names.spec
    filled = [(f'{database}.{table}', own)]
    if workflow.spark_sql is not None:
        consumed = workflow.spark_sql.table_override or table
        filled.append((f'{database}{CONSUME}.{consumed}', workflow.file(names.spark_sql)))
    if workflow.quality is not None:
        file = workflow.file(names.quality)
        filled += [(f'{name}{QUARANTINE}{stage}', file) for name, _ in tuple(filled) for stage in STAGES]
    return [Filling(name.lower(), by, file.rpartition('/')[2]) for name, file in filled]


def tables_of_match(database: str, spec: EntityMatchSpec, file: str) -> list[Filling]:
    """Return the tables that the entity match of a database fills."""
    primary = f'{database}{CONSUME}.{spec.primary_entity_table}'.lower()
    return [Filling(name, f'the entity match of {database}', file) for name in (primary, primary + CROSS_REFERENCE)]


def conflicts(filled: Iterable[Filling]) -> list[Problem]:
    """Return a problem for each table that would be filled by more than one."""
    first: dict[str, Filling] = {}
    problems = []
    for item in filled:
        earlier = first.setdefault(item.table, item)
        if earlier.by != item.by:
            problems.append(Problem(
                item.file, '', f'{item.by} and {earlier.by} ({earlier.file}) both fill the table {item.table}, which '
                'takes rows of one of them only', 'give one of them another table, or delete its file'))
    return problems
