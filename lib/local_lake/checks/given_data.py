"""Fills the lake of a test case: lookups, and rows of tables that the workflow reads."""
from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.arguments import EXECUTION_COLUMN, KNOWN_PLACEHOLDERS, PARTITION_KEYS
from lake_etl.config.entries.known import known_forms
from lake_etl.config.reader import configuration_below
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_workflow
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.syntax.records import Findings
from lake_etl.syntax.type_text import TypeText, TypeTextError, parse_type
from lake_etl.transform.discovery import known_transforms
from lake_etl.transform.lookup_items import lookup_items, multilookup_items
from lib.local_lake.checks.case_csv import CaseTable, read_case_csv
from lib.local_lake.checks.case_files import GIVEN, LOOKUPS, TABLES, WorkflowCase, visible
from lib.local_lake.checks.typed_cells import CellError, read_cell
from lib.local_lake.contracts.configured import configured_contract
from lib.local_lake.folders import LakeFolders

TYPE_MARK = ':'
GIVEN_EXECUTION = 'given'
ARROW_TYPES: Mapping[str, pa.DataType] = {
    'string': pa.string(), 'boolean': pa.bool_(), 'tinyint': pa.int8(), 'smallint': pa.int16(), 'int': pa.int32(),
    'bigint': pa.int64(), 'float': pa.float32(), 'double': pa.float64(), 'date': pa.date32(), 'binary': pa.binary(),
    'timestamp': pa.timestamp('us', 'UTC'), 'timestamp_ntz': pa.timestamp('us')}


def load_lookups(folders: LakeFolders, case: WorkflowCase) -> None:
    """Load the lookups of a case into its lake: JSON files by source system, CSV files by group.

    Raises ConfigurationError naming the file.
    """
    for path in visible(case.given / LOOKUPS):
        shown = f'{case.name}/{GIVEN}/{LOOKUPS}/{path.name}'
        if path.suffix.lower() == '.json':
            table, items = 'value-lookup', lookup_items(path.stem, path.read_bytes(), shown)
        else:
            table = 'multi-lookup'
            items = multilookup_items(path.stem, case.settings.multilookups[path.stem], path.read_bytes(), shown)
        SqliteItems().put_all(folders.items(table), items)


def publish_tables(folders: LakeFolders, case: WorkflowCase, own: Sequence[str]) -> set[str]:
    """Publish the given rows of other tables in the lake of a case; return the names of the tables.

    own  tables that the workflow fills; its earlier rows come from source files of earlier dates
    """
    published = set()
    for path in visible(case.given / TABLES):
        shown, name = f'{case.name}/{GIVEN}/{TABLES}/{path.name}', path.stem.lower()
        if name in own:
            raise LakeError(f'{shown}: the workflow itself fills the table {name}. Give a source file of an earlier '
                            'date instead of its rows.')
        database, _, table = path.stem.partition('.')
        _publish(folders, name, _typed_table(read_case_csv(path, shown), _configured_types(folders, database, table),
                                             shown), case.settings.date)
        published.add(name)
    return published


@dataclass(frozen=True)
class TypedTable:
    """Rows of a table: the type of each column by its name in lower case, and the values by column."""

    types: dict[str, TypeText]
    rows: tuple[dict[str, Any], ...]


def _configured_types(folders: LakeFolders, database: str, table: str) -> dict[str, str]:
    """Return the types that the configuration of the workflow which fills a table tells, by column."""
    read = configuration_below(str(folders.configuration))
    workflow = read_workflow(database, table, read, known_transforms(), 'Prod', KNOWN_PLACEHOLDERS)
    contract = configured_contract(database, table, workflow, protection_by_transform(known_transforms(),
                                                                                      known_forms()))
    return {column.name.lower(): column.type for column in contract.columns if column.type}


def _typed_table(content: CaseTable, configured: Mapping[str, str], shown: str) -> TypedTable:
    """Return typed rows; a header cell is `name` or `name:type`. Raises ConfigurationError with all mistakes."""
    findings = Findings(shown)
    types = _header_types(content.columns, configured, findings)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    rows = []
    for number, cells in enumerate(content.rows, 1):
        row = {}
        for (name, kind), cell in zip(types.items(), cells, strict=True):
            try:
                row[name] = None if cell is None else read_cell(cell, kind)
            except CellError:
                findings.problem(f'row {number} column {name}', f'the text is not of the type {kind}',
                                 f"write another type into the header, such as '{name}:string'")
        rows.append(row)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    return TypedTable(types, tuple(rows))


def _header_types(columns: Sequence[str], configured: Mapping[str, str], findings: Findings) -> dict[str, TypeText]:
    """Return the type of each column by its name in lower case."""
    types: dict[str, TypeText] = {}
    for heading in columns:
        name, mark, written = map(str.strip, heading.partition(TYPE_MARK))
        if not name or name.lower() in types:
            findings.problem(f'header {heading}', 'the column is there twice' if name else 'the column has no name')
        try:
            types[name.lower()] = parse_type(written if mark else configured.get(name.lower(), 'string'))
        except TypeTextError as error:
            findings.problem(f'header {name}', str(error))
    return types


def _publish(folders: LakeFolders, name: str, content: TypedTable, day: str) -> None:
    """Publish rows by partition; those without year, month and day belong to the date of the case."""
    database, _, table = name.partition('.')
    keys = [key.name for key in PARTITION_KEYS]
    default = dict(zip(keys, day.split('-'), strict=True))
    types = {column: kind for column, kind in content.types.items() if column not in keys}
    if EXECUTION_COLUMN not in types:
        types[EXECUTION_COLUMN] = parse_type('string')
    by_partition: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in content.rows:
        values = tuple(str(row.get(key) or default[key]) for key in keys)
        by_partition.setdefault(values, []).append(
            {column: row.get(column, GIVEN_EXECUTION) for column in types})
    columns = tuple(Column(column, str(kind)) for column, kind in types.items())
    schema = pa.schema([(column, _arrow_type(kind)) for column, kind in types.items()])
    location = (folders.consume if database.endswith('_consume') else folders.cleanse) / database / table
    put = []
    for values, rows in by_partition.items():
        folder = location / '-'.join(values) / uuid.uuid4().hex
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / 'part-0.parquet')
        put.append(Partition(values, str(folder), columns))
    catalog = SqliteCatalog(folders.catalog)
    catalog.create_database(database, str(location.parent))
    catalog.publish(Publication(Table(database, table, columns, PARTITION_KEYS, str(location)), tuple(put)))


def _arrow_type(kind: TypeText) -> pa.DataType:
    if kind.name == 'decimal':
        return pa.decimal128(*(*kind.numbers, 0)[:2]) if kind.numbers else pa.decimal128(10, 0)
    members = {name: _arrow_type(member) for name, member in kind.members}
    if kind.name == 'array':
        return pa.list_(members['element'])
    if kind.name == 'map':
        return pa.map_(members['key'], members['value'])
    return pa.struct(list(members.items())) if kind.name == 'struct' else ARROW_TYPES.get(kind.name, pa.string())
