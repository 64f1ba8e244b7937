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
from lib.local_lake.checks.comparison import Relation, Row
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

    failure    why the load failed; empty when it succeeded
    relations  rows by the path of their file below `expected`
    tables     names of tables by that path
    """

    failure: str = ''
    relations: Mapping[str, Relation] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)


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
    relations: dict[str, Relation] = {
        RULES: _rules(folders, loads), CONVERSIONS: _conversions(folders, loads),
        QUARANTINE: _quarantine(folders, [table for table in tables if QUARANTINE_MARK in table.name], sensitive)}
    names: dict[str, str] = {}
    for table in tables:
        if QUARANTINE_MARK not in table.name:
            file = _file(_name(table), own)
            names[file] = _name(table)
            relations[file] = _table_rows(folders, table, sensitive)
    for database, view in published_views(folders):
        file = f'{TABLES}/{database}.{view}.csv'
        names[file] = f'{database}.{view}'
        relations[file] = _view_rows(folders, database, view)
    relations[COLUMNS] = _columns(names, relations)
    return CaseOutcome(failure, relations, names)


def _file(name: str, own: tuple[str, str | None]) -> str:
    return {own[0]: CLEANSE, own[1]: CONSUME}.get(name, f'{TABLES}/{name}.csv')


def _name(table: Table) -> str:
    return f'{table.database}.{table.name}'


def _tables(folders: LakeFolders) -> list[Table]:
    with reading(folders.catalog) as connection:
        return [*read_tables(connection), *read_iceberg_tables(connection)]


def _table_rows(folders: LakeFolders, table: Table, sensitive: Collection[str]) -> Relation:
    columns = [(column.name, parse_type(column.type)) for column in (*table.columns, *table.partition_keys)]
    return _relation(folders, table.database, table.name, columns, sensitive)


def _view_rows(folders: LakeFolders, database: str, view: str) -> Relation:
    answer = _all_rows(folders, database, view)
    kinds = [parse_type(VIEW_TYPES.get(kind, kind if kind.startswith('DECIMAL') else 'string'))
             for kind in answer.types]
    return Relation(tuple(zip(answer.columns, kinds, strict=True)), tuple(sorted(
        (_row(values, kinds) for values in answer.rows), key=_order)))


def _all_rows(folders: LakeFolders, database: str, table: str, names: Iterable[str] = ()) -> QueryResult:
    listed = ', '.join(map(_quoted, names)) or '*'
    return native_query(folders.catalog, f'SELECT {listed} FROM {_quoted(database)}.{_quoted(table)}')


def _relation(folders: LakeFolders, database: str, table: str, columns: list[tuple[str, TypeText]],
              sensitive: Collection[str]) -> Relation:
    """Return the rows of a table in the order of their cells."""
    answer = _all_rows(folders, database, table, [name for name, _ in columns])
    kinds = [kind for _, kind in columns]
    rows = sorted((_row(values, kinds) for values in answer.rows), key=_order)
    return Relation(tuple(columns), tuple(rows), frozenset(name for name, _ in columns if name in sensitive))


def _row(values: Iterable[Any], kinds: Iterable[TypeText]) -> Row:
    return tuple(write_cell(value, kind) for value, kind in zip(values, kinds, strict=True))


def _order(row: Row) -> list[tuple[bool, str]]:
    return [(cell is not None, cell or '') for cell in row]


def _columns(names: Mapping[str, str], relations: Mapping[str, Relation]) -> Relation:
    """Return each column with its type and whether it is protected; views have none of their own."""
    rows = [(names[file], name, str(kind), PROTECTED if name in relations[file].protected else None)
            for file in sorted(names) for name, kind in relations[file].columns]
    return Relation((('table', TEXT), ('column', TEXT), ('type', TEXT), ('protected', TEXT)), tuple(rows))


def _rules(folders: LakeFolders, loads: Mapping[str, str]) -> Relation:
    """Return the outcome of each rule, in the order of stages and actions as the job has evaluated them."""
    rows = [(file, item['ruleset_name'], item['rule_action'].removesuffix('-on-failure'), item['Rule'], item['Outcome'],
             item['FailureReason'] or None)
            for execution, file in loads.items()
            for item in SqliteItems().query(folders.items('dq-results'), execution)]
    names = ('file', STAGE, 'action', 'rule', 'outcome', 'reason')
    return Relation(tuple((name, TEXT) for name in names), tuple(sorted(rows, key=_order)))


def _conversions(folders: LakeFolders, loads: Mapping[str, str]) -> Relation:
    """Return how many values of each column did not convert."""
    rows = [(file, item['column'], str(item['failed']), str(item['values']), item['failure'])
            for execution, file in loads.items()
            for record in SqliteItems().query(folders.items('data-lineage'), execution)
            if record['dataset_operation'] == CONVERSIONS_OPERATION
            for item in json.loads(record['info'])['conversions']]
    return Relation((('file', TEXT), ('column', TEXT), ('failed', BIGINT), ('values', BIGINT), ('failure', TEXT)),
                    tuple(sorted(rows, key=_order)))


def _quarantine(folders: LakeFolders, tables: Iterable[Table], sensitive: Collection[str]) -> Relation:
    """Return the quarantined rows of all stages, with the columns of all of them; those of other stages are null."""
    stages = list(_quarantined_stages(folders, tables, sensitive))
    kinds: dict[str, TypeText] = {}
    for _, relation in stages:
        for name, kind in relation.columns:
            # A column may be text at one stage and a number at another.
            kinds[name] = kind if kinds.get(name, kind) == kind else TEXT
    rows = [(stage, *(dict(zip(relation.names, row, strict=True)).get(name) for name in kinds))
            for stage, relation in stages for row in relation.rows]
    protected = frozenset(name for _, relation in stages for name in relation.protected)
    return Relation(((STAGE, TEXT), *kinds.items()), tuple(rows), protected)


def _quarantined_stages(folders: LakeFolders, tables: Iterable[Table],
                        sensitive: Collection[str]) -> Iterator[tuple[str, Relation]]:
    """Yield the rows of each stage that has some; of rows in clear text only why they failed, and their file."""
    catalog = SqliteCatalog(folders.catalog)
    for table in tables:
        columns = [(column.name, parse_type(column.type)) for column in table.columns]
        if any(is_clear(partition.location) for partition in catalog.partitions(table.database, table.name)):
            columns = [(name, kind) for name, kind in columns if name in SHOWN_OF_CLEAR]
        relation = _relation(folders, table.database, table.name, columns, sensitive)
        if relation.rows:
            yield table.name.rpartition(QUARANTINE_MARK)[2], relation


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
