"""Collects what the run of a test case has left in its lake: tables, quarantined rows, rule outcomes, conversions."""
from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import read_tables
from lake_etl.adapters.local.duckdb_queries import QueryResult, native_query
from lake_etl.adapters.local.iceberg_tables import read_iceberg_tables
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.jobs.conversion_report import OPERATION as CONVERSIONS_OPERATION
from lake_etl.ports import Table
from lake_etl.publish.protected_state import protection_of_rows
from lake_etl.quality.gated_load import is_clear
from lake_etl.syntax.type_text import TypeText, parse_type
from lib.local_lake.checks.case_files import CLEANSE, COLUMNS, CONSUME, CONVERSIONS, QUARANTINE, RULES, TABLES
from lib.local_lake.checks.comparison import Row, RowSet
from lib.local_lake.checks.typed_cells import write_cell
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.report import QUARANTINE as QUARANTINE_MARK
from lib.local_lake.showing.report import published_views

TEXT, BIGINT = parse_type('string'), parse_type('bigint')
STAGE = 'stage'
# All that quarantined rows in clear text may show of themselves.
SHOWN_OF_CLEAR = ('failed_rules', 'source_file')
# Types of the laptop's query engine, which tells those of views.
VIEW_TYPES = {'BOOLEAN': 'boolean', 'TINYINT': 'tinyint', 'SMALLINT': 'smallint', 'INTEGER': 'int', 'BIGINT': 'bigint',
              'HUGEINT': 'decimal(38,0)', 'FLOAT': 'float', 'DOUBLE': 'double', 'DATE': 'date',
              'TIMESTAMP': 'timestamp', 'TIMESTAMP WITH TIME ZONE': 'timestamp'}
PROTECTED = 'yes'


@dataclass(frozen=True)
class CaseOutcome:
    """What a case gave.

    failure   why the load failed; empty when it succeeded
    row_sets  rows by the path of their file below `expected`
    """

    failure: str = ''
    row_sets: Mapping[str, RowSet] = field(default_factory=dict)


def collect_outcome(folders: LakeFolders, loads: Mapping[str, str], failure: str, own: tuple[str, str | None],
                    given: Collection[str]) -> CaseOutcome:
    """Return everything that the loads of a case have left in its lake.

    loads  name of the source file by execution
    own    the Cleanse table and the Consume table that the workflow fills; None for a workflow without query
    given  tables that were there before
    """
    catalog = SqliteCatalog(folders.catalog)
    tables = [table for table in _tables(folders) if _name(table) not in given]
    protection = {_name(table): protection_of_rows(table, catalog.partitions(table.database, table.name))
                  for table in tables}
    sensitive = {column for columns in protection.values() for names in columns.values() for column in names}
    row_sets: dict[str, RowSet] = {
        RULES: _rules(folders, loads), CONVERSIONS: _conversions(folders, loads),
        QUARANTINE: _quarantine(folders, [table for table in tables if QUARANTINE_MARK in table.name], sensitive)}
    names: dict[str, str] = {}
    for table in tables:
        if QUARANTINE_MARK not in table.name:
            file = _file(_name(table), own)
            names[file] = _name(table)
            row_sets[file] = _table_rows(folders, table, sensitive)
    for database, view in published_views(folders):
        file = f'{TABLES}/{database}.{view}.csv'
        names[file] = f'{database}.{view}'
        row_sets[file] = _view_rows(folders, database, view)
    row_sets[COLUMNS] = _columns(names, row_sets)
    return CaseOutcome(failure, row_sets)


def _file(name: str, own: tuple[str, str | None]) -> str:
    return {own[0]: CLEANSE, own[1]: CONSUME}.get(name, f'{TABLES}/{name}.csv')


def _name(table: Table) -> str:
    return f'{table.database}.{table.name}'


def _tables(folders: LakeFolders) -> list[Table]:
    with reading(folders.catalog) as connection:
        return [*read_tables(connection), *read_iceberg_tables(connection)]


def _table_rows(folders: LakeFolders, table: Table, sensitive: Collection[str]) -> RowSet:
    columns = [(column.name, parse_type(column.type)) for column in (*table.columns, *table.partition_keys)]
    return _row_set(folders, table.database, table.name, columns, sensitive)


def _view_rows(folders: LakeFolders, database: str, view: str) -> RowSet:
    answer = _all_rows(folders, database, view)
    kinds = [parse_type(VIEW_TYPES.get(kind, kind if kind.startswith('DECIMAL') else 'string'))
             for kind in answer.types]
    return RowSet(tuple(zip(answer.columns, kinds, strict=True)), tuple(sorted(
        (_row(values, kinds) for values in answer.rows), key=row_order)))


def _all_rows(folders: LakeFolders, database: str, table: str, names: Iterable[str] = ()) -> QueryResult:
    listed = ', '.join(map(_quoted, names)) or '*'
    return native_query(folders.catalog, f'SELECT {listed} FROM {_quoted(database)}.{_quoted(table)}')


def _row_set(folders: LakeFolders, database: str, table: str, columns: list[tuple[str, TypeText]],
             sensitive: Collection[str]) -> RowSet:
    """Return the rows of a table in the order of their cells."""
    answer = _all_rows(folders, database, table, [name for name, _ in columns])
    kinds = [kind for _, kind in columns]
    rows = sorted((_row(values, kinds) for values in answer.rows), key=row_order)
    return RowSet(tuple(columns), tuple(rows), frozenset(name for name, _ in columns if name in sensitive))


def _row(values: Iterable[Any], kinds: Iterable[TypeText]) -> Row:
    return tuple(write_cell(value, kind) for value, kind in zip(values, kinds, strict=True))


def row_order(row: Row) -> list[tuple[bool, str]]:
    """Return a key that sorts rows by their cells, null first."""
    return [(cell is not None, cell or '') for cell in row]


def _columns(names: Mapping[str, str], row_sets: Mapping[str, RowSet]) -> RowSet:
    """Return each column with its type and whether it is protected; views have none of their own."""
    rows = [(names[file], name, str(kind), PROTECTED if name in row_sets[file].protected else None)
            for file in sorted(names) for name, kind in row_sets[file].columns]
    return RowSet((('table', TEXT), ('column', TEXT), ('type', TEXT), ('protected', TEXT)), tuple(rows))


def _rules(folders: LakeFolders, loads: Mapping[str, str]) -> RowSet:
    """Return the outcome of each rule, in the order of stages and actions as the job has evaluated them."""
    rows = [(file, item['ruleset_name'], item['rule_action'].removesuffix('-on-failure'), item['Rule'], item['Outcome'],
             item['FailureReason'] or None)
            for execution, file in loads.items()
            for item in SqliteItems().query(folders.items('dq-results'), execution)]
    names = ('file', STAGE, 'action', 'rule', 'outcome', 'reason')
    return RowSet(tuple((name, TEXT) for name in names), tuple(sorted(rows, key=row_order)))


def _conversions(folders: LakeFolders, loads: Mapping[str, str]) -> RowSet:
    """Return how many values of each column did not convert."""
    rows = [(file, item['column'], str(item['failed']), str(item['values']), item['failure'])
            for execution, file in loads.items()
            for record in SqliteItems().query(folders.items('data-lineage'), execution)
            if record['dataset_operation'] == CONVERSIONS_OPERATION
            for item in json.loads(record['info'])['conversions']]
    return RowSet((('file', TEXT), ('column', TEXT), ('failed', BIGINT), ('values', BIGINT), ('failure', TEXT)),
                  tuple(sorted(rows, key=row_order)))


def _quarantine(folders: LakeFolders, tables: Iterable[Table], sensitive: Collection[str]) -> RowSet:
    """Return the quarantined rows of all stages, with the columns of all of them; those of other stages are null."""
    stages = list(_quarantined_stages(folders, tables, sensitive))
    kinds: dict[str, TypeText] = {}
    for _, row_set in stages:
        for name, kind in row_set.columns:
            # A column may be text at one stage and a number at another.
            kinds[name] = kind if kinds.get(name, kind) == kind else TEXT
    rows = [(stage, *(dict(zip(row_set.names, row, strict=True)).get(name) for name in kinds))
            for stage, row_set in stages for row in row_set.rows]
    protected = frozenset(name for _, row_set in stages for name in row_set.protected)
    return RowSet(((STAGE, TEXT), *kinds.items()), tuple(rows), protected)


def _quarantined_stages(folders: LakeFolders, tables: Iterable[Table],
                        sensitive: Collection[str]) -> Iterator[tuple[str, RowSet]]:
    """Yield the rows of each stage that has some; of rows in clear text only why they failed, and their file."""
    catalog = SqliteCatalog(folders.catalog)
    for table in tables:
        columns = [(column.name, parse_type(column.type)) for column in table.columns]
        if any(is_clear(partition.location) for partition in catalog.partitions(table.database, table.name)):
            columns = [(name, kind) for name, kind in columns if name in SHOWN_OF_CLEAR]
        row_set = _row_set(folders, table.database, table.name, columns, sensitive)
        if row_set.rows:
            yield table.name.rpartition(QUARANTINE_MARK)[2], row_set


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
