"""Reads spreadsheets: writes their rows as text to a scratch table, then infers the column types."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from pyspark.sql import DataFrame, SparkSession

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.input import InputSpec
from lake_etl.read.header import SAMPLE_ROWS, distinct_names, numbered_names
from lake_etl.read.scratch import write_scratch_table
from lake_etl.read.source_files import PreparedFile, SourceFiles, no_rows_error, require_same_columns
from lake_etl.read.type_inference import TypeRules, infer_and_cast
from lake_etl.read.workbook import Area, cell_area, cell_text, open_sheet
from lake_etl.spark.columns import literal_path

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class _Table:
    """Column names and rows of one sheet; the rows can be iterated once."""

    columns: tuple[str, ...]
    rows: Iterator[Row]


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of one sheet of each workbook, each column in the type that all its values fit.

    Skips rows without any value. Raises DataError naming the file when it is damaged, needs another password, has no
    such sheet, or has no rows.
    """
    first_file, *other_files = source.files
    first = _read_table(first_file, source.spec)
    others = (_read_further_table(file, source.spec, first_file, first.columns) for file in other_files)
    rows = chain(first.rows, chain.from_iterable(table.rows for table in others))
    sample = list(islice(rows, SAMPLE_ROWS))
    if not sample:
        raise no_rows_error(source.name)
    scratch = f'{source.scratch}/sheet.parquet'
    write_scratch_table(scratch, len(first.columns), chain(sample, rows))
    texts = [[value or '' for value in row] for row in sample]
    rules = TypeRules.from_spec(source.spec, source.known_types(first.columns))
    return infer_and_cast(spark.read.parquet(literal_path(scratch)).toDF(*first.columns), first.columns, texts, rules,
                          source.name)


def _read_table(file: PreparedFile, spec: InputSpec) -> _Table:
    section = spec.excel or ExcelSection()
    sheet = open_sheet(file, section)
    rows = table_rows(sheet.rows, sheet.left, cell_area(section.data_address), spec.skip_rows)
    first = next(rows, None)
    if first is None:
        raise no_rows_error(file.name)
    if section.header:
        return _Table(distinct_names(tuple(value or '' for value in first)), rows)
    return _Table(numbered_names(len(first)), chain([first], rows))


def _read_further_table(file: PreparedFile, spec: InputSpec, first_file: PreparedFile, columns: tuple[str, ...]
                        ) -> _Table:
    """Return the table of a file; raises DataError unless it has the columns of the first file."""
    table = _read_table(file, spec)
    require_same_columns([(first_file.name, columns), (file.name, table.columns)])
    return table


def table_rows(cells: Iterable[list[object]], left: int, area: Area, skip: int) -> Iterator[Row]:
    """Yield the rows of an area as text, without rows that hold no value.

    cells  rows of the sheet from its first one on, each beginning in column `left`, counted from 0
    skip   number of rows to skip at the top of the area
    """
    before = [None] * (left - area.left)
    for row in islice(cells, area.top + skip, None if area.bottom is None else area.bottom + 1):
        inside = row[max(0, area.left - left):None if area.right is None else max(0, area.right + 1 - left)]
        values = (*before, *map(cell_text, inside))
        if any(value is not None for value in values):
            yield values if area.right is None else (*values, *[None] * (area.right - area.left + 1 - len(values)))
