"""Reads spreadsheets: writes their rows as text to a scratch table, then infers the column types."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.header import SAMPLE_ROWS, distinct_names, numbered_names
from lake_etl.read.scratch import write_scratch_table
from lake_etl.read.source_files import PreparedFile, SourceFiles, no_rows_error, require_same_columns
from lake_etl.read.type_inference import infer_and_cast
from lake_etl.read.workbook import Area, DateText, MomentText, Sheet, TimeText, cell_area, cell_text, open_sheets
from lake_etl.spark.columns import column, literal_path, try_cast_column
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.source_rows import assigned_position

LOG = logging.getLogger(__name__)
Row = tuple[str | None, ...]
# The number of a row in its sheet, and its values.
Numbered = tuple[int, Row]
TIME_ALONE = '^[0-9]+:'


@dataclass(frozen=True)
class _Table:
    """Name for messages, column names and rows of one sheet; the rows can be iterated once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Numbered]


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of each workbook's chosen sheets, each column in the type that all its values fit.

    Skips rows without any value. Raises DataError naming the file when it is damaged, needs another password, has no
    such sheet, or has no rows.
    """
    tables = chain.from_iterable(_read_tables(file, source.spec) for file in source.files)
    first, names = next(tables), list[str]()
    rows = ((*row, assigned_position(index, number))
            for index, table in enumerate(_with_same_columns(chain([first], tables), first, names))
            for number, row in table.rows)
    sample = list(islice(rows, SAMPLE_ROWS))
    if not sample:
        raise no_rows_error(source.name, _no_rows_in(source.spec))
    scratch = f'{source.scratch}/sheet.parquet'
    kinds: list[set[type[str]]] = [set() for _ in first.columns]
    write_scratch_table(scratch, len(first.columns) + 1, _with_kinds(chain(sample, rows), kinds))
    known = source.known_types(first.columns)
    if sheet_column := (source.spec.excel or ExcelSection()).sheet_column:
        known = replace(known, text_columns=known.text_columns | {sheet_column.lower()})
    dates = {name: found for name, found in zip(first.columns, kinds, strict=True)
             if found & {DateText, MomentText} and found <= {DateText, MomentText, TimeText}}
    place = hidden_name('place')
    df = spark.read.parquet(literal_path(scratch)).toDF(*first.columns, place)
    df = _without_times(source.with_assigned_positions(df, place, names), dates, source.name)
    texts = [[value if value and not (name in dates and isinstance(value, TimeText)) else ''
              for name, value in zip(first.columns, row, strict=False)] for row in sample]
    df = infer_and_cast(df, first.columns, texts, source, known)
    declared = {name.lower() for name in source.spec.types}
    return df.withColumns({name: try_cast_column(name, 'timestamp' if MomentText in found else 'date')
                           for name, found in dates.items() if source.spec.infer_types
                           and name.lower() in known.text_columns and name.lower() not in declared})


def _with_kinds(rows: Iterable[Row], kinds: Sequence[set[type[str]]]) -> Iterator[Row]:
    """Yield the rows, and record for each column, except the last with positions, which kinds of cells it has."""
    for row in rows:
        for value, found in zip(row, kinds, strict=False):
            if value is not None:
                found.add(type(value))
        yield row


def _without_times(df: DataFrame, dates: Mapping[str, set[type[str]]], file: str) -> DataFrame:
    """Return the rows with null in place of times in columns of dates; a date format shows them as day 0."""
    mixed = [name for name, found in dates.items() if TimeText in found]
    if not mixed:
        return df
    LOG.warning('%s has cells without a day in the date columns %s, with the serial 0 or a lower one. They become '
                'null.', file, ', '.join(mixed))
    return df.withColumns({name: F.when(~column(name).rlike(TIME_ALONE), column(name)) for name in mixed})


def _with_same_columns(tables: Iterable[_Table], first: _Table, names: list[str]) -> Iterator[_Table]:
    """Yield the tables, and add their names to a list; raises DataError unless they have the columns of the first."""
    for table in tables:
        require_same_columns([(first.name, first.columns), (table.name, table.columns)])
        names.append(table.name)
        yield table


def _read_tables(file: PreparedFile, spec: InputSpec) -> Iterator[_Table]:
    """Yield the tables of a file; raises DataError if no sheet has a row."""
    section = spec.excel or ExcelSection()
    sheets = open_sheets(file, section)
    empty = 0
    for sheet in sheets:
        name = f"{file.name}, sheet '{sheet.name}'" if len(sheets) > 1 else file.name
        table = _read_table(name, sheet, section, spec.skip_rows)
        if table:
            yield table
        else:
            empty += 1
    if empty == len(sheets):
        raise no_rows_error(file.name, _no_rows_in(spec))


def _no_rows_in(spec: InputSpec) -> str:
    section = spec.excel or ExcelSection()
    if section.sheet_names == ExcelSection().sheet_names:
        return 'no rows'
    return 'no rows in ' + ' or '.join(f"sheet '{name}'" for name in section.sheet_names)


def _read_table(name: str, sheet: Sheet, section: ExcelSection, skip_rows: int) -> _Table | None:
    """Return the table of a sheet; None when it has no row.

    Raises DataError when the table has a column with the name of the column for the sheet's name.
    """
    rows = table_rows(sheet.rows, sheet.left, cell_area(section.data_address), skip_rows)
    first = next(rows, None)
    if first is None:
        return None
    _, values = first
    columns = distinct_names(tuple(value or '' for value in values)) if section.header else numbered_names(len(values))
    rows = rows if section.header else chain([first], rows)
    if section.sheet_column is None:
        return _Table(name, columns, rows)
    if section.sheet_column.lower() in map(str.lower, columns):
        raise DataError(f"{name} has a column '{section.sheet_column}' already. Give 'sheet_column' of the excel "
                        'section in the input_spec another name.')
    return _Table(name, (*columns, section.sheet_column),
                  ((number, (*_padded(row, len(columns)), sheet.name)) for number, row in rows))


def _padded(row: Row, width: int) -> Row:
    return (*row[:width], *[None] * (width - len(row)))


def table_rows(cells: Iterable[list[object]], left: int, area: Area, skip: int) -> Iterator[Numbered]:
    """Yield the rows of an area as text, each with its number in the sheet, without rows that hold no value.

    cells  rows of the sheet from its first one on, each beginning in column `left`, counted from 0
    skip   number of rows to skip at the top of the area
    """
    before = [None] * (left - area.left)
    first = area.top + skip
    for number, row in enumerate(islice(cells, first, None if area.bottom is None else area.bottom + 1), first + 1):
        inside = row[max(0, area.left - left):None if area.right is None else max(0, area.right + 1 - left)]
        values = (*before, *map(cell_text, inside))
        if any(value is not None for value in values):
            missing = 0 if area.right is None else area.right - area.left + 1 - len(values)
            yield number, (*values, *[None] * missing)
