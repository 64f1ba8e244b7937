"""Chooses sample rows of quarantine tables, of columns and values that do not look personal."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lake_etl.adapters.local.duckdb_engine import view_name
from lake_etl.adapters.local.duckdb_queries import native_query
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.column_lineage.lineage_graph import LineageGraph, TableLineage
from lake_etl.config.personal_columns import looks_personal
from lake_etl.config.transform_steps import ANY_COLUMN, protected_columns
from lake_etl.config.workflow import Workflow
from lake_etl.errors import LakeError
from lake_etl.ports import Column, Table
from lake_etl.publish.ownership import remembered_of
from lake_etl.syntax.type_text import WHOLE_TYPES
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.personal_values import is_personal, personal_values
from lib.local_lake.showing.report import QUARANTINE, RULES_COLUMN

MOST_ROWS, MOST_RULES, LONGEST_TEXT, HIDDEN = 5, 20, 40, '…'
ROW_NUMBER = 'source_row'
# Names that are no reason for a warning, of columns that a page which is passed on still does not need to show.
MAY_BE_PERSONAL = re.compile(
    r'name|birth|geburt|dob|gender|sex$|addr|street|stra(ss|ß)e|city|zip|plz|postal|postcode|note|remark|comment|text'
    r'|desc|(?<!sum)(?<!sum[_ ])insured|customer|kunde|client|holder|halter|claimant|person|patient|driver|benefi'
    r'|agent|broker|contact|member|owner|employee|user|telefon|account|konto|tax|steuer|plate|kennzeichen|licen[cs]e')
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
    """Return samples by the name of each quarantine table of a Cleanse table; runs a few queries for each.

    masking  whether each transform protects, by name
    """
    by_table = {f'{database}.{table}'.lower(): workflow for (database, table), workflow in workflows.items()}
    found = {}
    for name, table in tables.items():
        filled = name.rpartition(QUARANTINE)[0]
        workflow, traced, cleanse = by_table.get(filled), graph.tables.get(filled), tables.get(filled)
        if workflow and traced and any(item.name == RULES_COLUMN for item in table.columns):
            # A few quarantined values may not be enough to tell what they are.
            personal = {column for known in (table, cleanse) if known
                        for column in personal_values(folders.catalog, known)}
            found[name] = list(_samples(folders, table, shown_columns(
                table, traced, workflow, personal | hidden_columns(workflow, cleanse, masking))))
    return found


def hidden_columns(workflow: Workflow, cleanse: Table | None, masking: Mapping[str, bool]) -> set[str]:
    """Return the columns in lower case that are or were protected, or that look personal and need no protection.

    ANY_COLUMN is one of them if any column may be.
    """
    unknown = workflow.unknown_transforms or any(step.entries is None for step in workflow.steps)
    try:
        remembered = remembered_of(cleanse).protected
    except LakeError:
        return {ANY_COLUMN}
    return {name.lower() for name in (
        *protected_columns(workflow.steps, masking), *workflow.input.left_unprotected, *remembered,
        *workflow.input.no_longer_protected, *([ANY_COLUMN] if unknown else []))}


def shown_columns(table: Table, traced: TableLineage, workflow: Workflow, hidden: set[str]) -> list[Column]:
    """Return the columns of a quarantine table that may be shown.

    These are columns of known origin that are not hidden, that do not look personal by any of their names, and that
    are not made of columns of the source of which a hidden column is made, too.
    """
    if ANY_COLUMN in hidden:
        return []
    names: dict[str, set[str]] = {ROW_NUMBER: set()}
    for column in traced.columns:
        if not column.unknown:
            names[column.name.lower()] = {origin.source.column for origin in column.origins}
    for row in workflow.mapping_rows:
        if row.dest_name:
            names.setdefault(row.dest_name.lower(), set()).update((row.dest_name, row.source_name))
    # Without a mapping, a column that no step writes has the name that it has in the source.
    if workflow.mapping is None and all(entry.writes() is not None for step in workflow.steps
                                        for entry in step.entries or ()):
        names = {item.name.lower(): set() for item in table.columns} | names
    unknown = {column.name.lower() for column in traced.columns if column.unknown}
    sources = {source.lower() for name in hidden for source in names.get(name, set()) | {name}}
    return [item for item in table.columns
            if item.name.lower() in names.keys() - hidden - unknown and item.name not in OWN_COLUMNS
            and '<' not in item.type and item.type != 'binary'
            and not any(name.lower() in sources or _may_be_personal(name)
                        for name in {item.name} | names[item.name.lower()])]


def _may_be_personal(name: str) -> bool:
    return bool(looks_personal(name) or MAY_BE_PERSONAL.search(name.lower()))


def _samples(folders: LakeFolders, table: Table, columns: Sequence[Column]) -> Iterator[QuarantineSample]:
    """Yield the first rows of the rules that most rows failed."""
    if not columns:
        return
    order = f'ORDER BY {identifier(ROW_NUMBER)}' if any(column.name == ROW_NUMBER for column in columns) else ''
    listed = ', '.join(f'CAST({identifier(column.name)} AS varchar)' for column in columns)
    answer = native_query(folders.catalog, (
        f'SELECT rule, {listed} FROM (SELECT *, unnest({identifier(RULES_COLUMN)}) AS rule '
        f'FROM {view_name(table.database, table.name)}) QUALIFY row_number() OVER (PARTITION BY rule {order}) '
        f'<= {MOST_ROWS} ORDER BY count(*) OVER (PARTITION BY rule) DESC, rule'))
    by_rule: dict[str, list[tuple[str, ...]]] = {}
    for rule, *values in answer.rows:
        by_rule.setdefault(str(rule), []).append(tuple(map(shown_value, columns, values)))
    for rule, rows in list(by_rule.items())[:MOST_RULES]:
        yield QuarantineSample(rule, tuple(column.name for column in columns), tuple(rows))


def shown_value(column: Column, value: object) -> str:
    """Return a value as text; one that looks personal, and text of several words, is hidden."""
    text = '' if value is None else str(value)
    is_text = column.type == 'string'
    personal = (is_text or column.type in WHOLE_TYPES and column.name != ROW_NUMBER) and is_personal(text)
    return HIDDEN if personal or is_text and (len(text) > LONGEST_TEXT or len(text.split()) > 1) else text
