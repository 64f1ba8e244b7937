"""The tables that one file fills besides that of its workflow: by record types of its lines, or by its sheets."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from lake_etl.config.configuration_files import SPEC, SPEC_ENDING, ConfigurationFiles, folded
from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.formats.input_format import formats_by_key
from lake_etl.config.input import InputSpec, parse_input
from lake_etl.config.input_formats import InputSections
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings

# Keys that say how a file is read and replaced, which the workflow of the file decides for all its tables.
FILE_KEYS = (*formats_by_key(InputSections), 'records', 'controls', 'pgp', 'files', 'trigger', 'load_mode', 'file_key',
             'multiline', 'encoding', 'on_undecodable', 'skip_footer')
# With a workbook each table has its own place in it.
SHEET_KEYS = ('excel',)
# Keys of a sheet that its file decides.
PLACE_OF_SHEET = ('sheet_names', 'combine_sheets', 'tables', 'password')


@dataclass(frozen=True)
class FurtherTable:
    """A table that a file fills besides that of its workflow.

    place  in the specification of the workflow
    sheet  of the workbook; None if record types fill the table
    """

    name: str
    place: str
    sheet: str | None = None


def further_tables(source: InputSpec, own: str) -> tuple[FurtherTable, ...]:
    """Return the tables that a file fills besides the workflow's own table."""
    found = []
    if source.records is not None:
        for name in source.records.tables():
            first = source.records.types_of_table(name)[0]
            found.append(FurtherTable(name, f'input_spec.records.types.{first}.table'))
    for sheet, name in source.excel.tables.items() if source.excel else ():
        found.append(FurtherTable(name, f'input_spec.excel.tables.{sheet}', sheet))
    return tuple(item for item in found if folded(item.name) != folded(own))


def filling_workflow(database: str, table: str, read: ConfigurationFiles) -> tuple[str, str] | None:
    """Return file and table of the specification of another workflow of the database whose files fill a table.

    A specification with mistakes is left out; the load of its workflow reports them.
    """
    beginning = f'{folded(database)}-'
    for name in read.names_in(SPEC):
        if not folded(name).startswith(beginning) or not folded(name).endswith(SPEC_ENDING):
            continue
        own = name[len(beginning):-len(SPEC_ENDING)]
        raw = parse_json_object(read(f'{SPEC}/{name}') or b'', Findings(name)) if folded(own) != folded(table) else None
        source = parse_input(raw.get('input_spec', {}), Findings(name)) if raw else None
        if source and any(folded(item.name) == folded(table) for item in further_tables(source, own)):
            return name, own
    return None


def own_table_problems(source: InputSpec, own: str) -> Iterator[tuple[str, str]]:
    """Yield place and problem of what the specification of a file says about its tables."""
    if source.records is not None and not source.records.types_of_table(own):
        yield 'input_spec.records', (f"no record type has the table of this workflow: give \"table\": \"{own}\" to the "
                                     'type whose records are its rows')
    sheets = source.excel.tables if source.excel else {}
    if sheets and source.records is not None:
        yield 'input_spec.excel.tables', ("does not work together with 'records': several tables of a workflow come "
                                          'either from workbooks or from text; give the workbooks a workflow of '
                                          'their own')
    for sheet, name in sheets.items():
        place = f'input_spec.excel.tables.{sheet}'
        if folded(name) == folded(own):
            yield place, "this is the workflow's own table; name its sheet in 'sheet_names' instead"
        elif [folded(other) for other in sheets.values()].count(folded(name)) > 1:
            yield place, f"several sheets fill the table {name}, and a table has one; give each a table of its own"


def further_input(source: InputSpec, own: InputSpec, table: FurtherTable) -> InputSpec:
    """Return how a further table reads the file of a workflow.

    source  the input_spec of the workflow whose file it is
    own     the input_spec of the table's own specification
    """
    shared: dict[str, Any] = {name: getattr(source, name) for name in FILE_KEYS} | {'controls': None}
    if table.sheet is None:
        return replace(own, **shared, skip_rows=source.skip_rows)
    given, file = own.excel or ExcelSection(), source.excel or ExcelSection()
    sheet = replace(given, sheet_names=(table.sheet,), combine_sheets=False, tables={}, password=file.password)
    return replace(own, **shared | {'excel': sheet})


def further_input_problems(own: InputSpec, table: FurtherTable, workflow: str) -> Iterator[tuple[str, str]]:
    """Yield place and problem of keys that a further table leaves to the workflow of its file."""
    default = InputSpec()
    keys = (*FILE_KEYS, *(() if table.sheet else ('skip_rows',)))
    allowed = SHEET_KEYS if table.sheet else ()
    for key in keys:
        if key not in allowed and getattr(own, key) != getattr(default, key):
            yield f'input_spec.{key}', (f'files of the workflow {workflow} fill this table, and its specification says '
                                        'this for all tables; give the key there')
    if table.sheet and own.excel:
        for item in fields(ExcelSection):
            if item.name in PLACE_OF_SHEET and getattr(own.excel, item.name) != getattr(ExcelSection(), item.name):
                yield f'input_spec.excel.{item.name}', (
                    f"the workflow {workflow} names the sheet in 'excel.tables'; give the key there")
