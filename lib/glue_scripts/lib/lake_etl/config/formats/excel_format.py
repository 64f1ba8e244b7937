"""Excel workbooks: their file extensions, and their section in the input_spec."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lake_etl.config.formats.input_format import InputFormat
from lake_etl.syntax.records import describe

ADDRESS = re.compile(r'([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?', re.IGNORECASE)
ALL_SHEETS = '*'
FIRST_SHEET = {'excel': {'sheet_names': ['0'], 'data_address': 'A1'}}
EXCEL = InputFormat(
    name='Excel', reader='excel', keys=frozenset({'skip_rows', 'null_values', 'row_filter'}),
    extensions=dict.fromkeys(('.xls', '.xlsx', '.xlsm', '.xlm', '.xlsb', '.ods'), FIRST_SHEET))


@dataclass(frozen=True, kw_only=True)
class ExcelSection:
    """Excel workbooks.

    sheet_names     names of sheets, or positions from 0 as text; the first one that exists is read; `["*"]` reads all
                    sheets that are not hidden as one table
    combine_sheets  whether all of `sheet_names` are read as one table, in place of the first one that exists
    sheet_column    name of a column for the name of the sheet that a row is from; no such column when left out
    data_address    first cell (`A1`) or range (`B3:F35`) of the table, the same in each sheet
    header          whether the first row of the table contains the column names
    tables          other tables of the database that sheets of the same workbook fill, by sheet, such as
                    {"Claims 2026": "Claims"}; each table has its own configuration files
    password        password of an encrypted workbook; never shown, not even when it has the wrong type
    """

    sheet_names: tuple[str, ...] = ('0',)
    combine_sheets: bool = False
    sheet_column: str | None = None
    data_address: str = 'A1'
    header: bool = True
    tables: dict[str, str] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        if not self.sheet_names or not all(name.strip() for name in self.sheet_names):
            yield "'sheet_names' must be a list of one or more names or positions such as [\"Policies\", \"0\"]"
        if ALL_SHEETS in self.sheet_names and len(self.sheet_names) > 1:
            yield f"'sheet_names' must be [\"{ALL_SHEETS}\"] for all sheets, or name the sheets, not both"
        if self.sheet_column is not None and not self.sheet_column.strip():
            yield "'sheet_column' must be the name of a column"
        for sheet, table in self.tables.items():
            if not isinstance(table, str) or not table or table != table.strip() or '/' in table or not sheet.strip():
                yield f"tables.{sheet}: expected the name of a table for the sheet, got {describe(table)}"
        if self.sheet_names == (ALL_SHEETS,) and self.tables:
            yield f"'sheet_names' must name the sheets of this workflow's table, not {ALL_SHEETS}, beside 'tables'"
        if not _is_address(self.data_address):
            yield f"'data_address' must be a cell or a range such as A1 or B3:F35, got {describe(self.data_address)}"


def _is_address(address: str) -> bool:
    match = ADDRESS.fullmatch(address.strip())
    if not match:
        return False
    first_column, first_row, last_column, last_row = match.groups()
    if last_column is None:
        return True
    in_order = (len(first_column), first_column.upper()) <= (len(last_column), last_column.upper())
    return in_order and int(first_row) <= int(last_row)
