"""Chooses sample rows of quarantine tables, of columns and values that do not look personal."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lake_etl.adapters.local.duckdb_engine import view_name
from lake_etl.adapters.local.duckdb_queries import native_query
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.column_lineage.lineage_graph import ROWS, LineageGraph, TableLineage
from lake_etl.config.personal_columns import looks_personal
from lake_etl.config.transform_steps import ANY_COLUMN, protected_columns
from lake_etl.config.workflow import Workflow
from lake_etl.errors import LakeError
from lake_etl.ports import Table
from lake_etl.publish.ownership import remembered_of
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.personal_values import is_personal, personal_values
from lib.local_lake.showing.report import QUARANTINE, RULES_COLUMN

MOST_ROWS, MOST_RULES, LONGEST_TEXT, HIDDEN = 5, 20, 40, '…'
ROW_NUMBER = 'source_row'
# Names that are no reason for a warning, of columns that a page which is passed on still does not need to show.
MAY_BE_PERSONAL = re.compile(
    r'name|birth|dob|gender|sex$|addr|street|city|zip|postal|postcode|note|remark|comment|text|desc')
# What the quarantine adds, and what says where a row is rather than what is wrong with it.
OWN_COLUMNS = ('failed_rules', 'quarantine_timestamp', 'source_file', '_source_file', 'raw_values', '_raw_values',
               'source_tables', 'execution_id')


@dataclass(frozen=True)
class QuarantineSample:
    """Some rows that failed a rule, as text; `columns` are those that are shown."""

    rule: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def quarantine_samples(folders: LakeFolders, tables: Mapping[str, Table], graph: LineageGraph,
                       workflows: Mapping[tuple[str, str], Workflow], masking: Mapping[str, bool]
                       ) -> dict[str, list[QuarantineSample]]:
    """Return samples by the name of each quarantine table of a Cleanse table; runs two queries for each.

    masking  whether each transform protects, by name
    """
    by_table = {f'{database}.{table}'.lower(): workflow for (database, table), workflow in workflows.items()}
    found = {}
    for name, table in tables.items():
        cleanse = name.rpartition(QUARANTINE)[0]
        workflow, traced = by_table.get(cleanse), graph.tables.get(cleanse)
        if workflow and traced and any(item.name == RULES_COLUMN for item in table.columns):
            columns = shown_columns(table, tables.get(cleanse), workflow, traced, masking)
            personal = personal_values(folders.catalog, table) if columns else {}
            found[name] = list(_samples(folders, table, [item for item in columns if item not in personal]))
    return found


def shown_columns(table: Table, cleanse: Table | None, workflow: Workflow, traced: TableLineage,
                  masking: Mapping[str, bool]) -> list[str]:
    """Return the columns of a quarantine table that may be shown.

    These are columns that no step and no earlier load protects, that do not look personal by any of their names, and
    that are not made of columns which do. If a step hides or does what the configuration does not tell, there is none.
    """
    protected = protected_columns(workflow.steps, masking)
    if ANY_COLUMN in protected or workflow.unknown_transforms or any(step.entries is None for step in workflow.steps):
        return []
    hidden = {name.lower() for name in (*protected, *workflow.input.left_unprotected, *OWN_COLUMNS,
                                        *workflow.input.no_longer_protected)}
    try:
        hidden |= {name.lower() for name in remembered_of(cleanse).protected}
    except LakeError:
        return []
    origins = {column.name.lower(): {origin.source.column.lower() for origin in column.origins}
               for column in traced.columns}
    for row in workflow.mapping_rows:
        if row.dest_name:
            origins.setdefault(row.dest_name.lower(), set()).add(row.source_name.lower())
    unknown = {column.name.lower() for column in traced.columns if column.unknown}
    # A copy of what another column hides is as personal as that column.
    sources = {source for name in hidden for source in origins.get(name, {name})} - {ROWS}
    return [item.name for item in table.columns
            if item.name.lower() not in hidden | unknown and '<' not in item.type and item.type != 'binary'
            and not any(name in sources or looks_personal(name) or MAY_BE_PERSONAL.search(name)
                        for name in (item.name.lower(), *origins.get(item.name.lower(), ())))]


def _samples(folders: LakeFolders, table: Table, columns: Sequence[str]) -> Iterator[QuarantineSample]:
    """Yield the first rows of the rules that most rows failed."""
    if not columns:
        return
    order = f'ORDER BY {identifier(ROW_NUMBER)}' if ROW_NUMBER in columns else ''
    listed = ', '.join(f'CAST({identifier(name)} AS varchar)' for name in columns)
    answer = native_query(folders.catalog, (
        f'SELECT rule, {listed} FROM (SELECT *, unnest({identifier(RULES_COLUMN)}) AS rule '
        f'FROM {view_name(table.database, table.name)}) QUALIFY row_number() OVER (PARTITION BY rule {order}) '
        f'<= {MOST_ROWS} ORDER BY count(*) OVER (PARTITION BY rule) DESC, rule'))
    by_rule: dict[str, list[tuple[str, ...]]] = {}
    for rule, *values in answer.rows:
        by_rule.setdefault(str(rule), []).append(tuple(shown_values(values)))
    for rule, rows in list(by_rule.items())[:MOST_RULES]:
        yield QuarantineSample(rule, tuple(columns), tuple(rows))


def shown_values(values: Iterable[object]) -> Iterator[str]:
    """Yield values as text; those that look personal, and text of several words, are hidden."""
    for value in values:
        text = '' if value is None else str(value)
        hides = len(text) > LONGEST_TEXT or len(text.split()) > 1 or is_personal(text)
        yield HIDDEN if hides else text
