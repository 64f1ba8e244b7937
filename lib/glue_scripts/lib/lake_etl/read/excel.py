"""Reads spreadsheets: rows go one by one into a scratch table, as text whose types are then settled."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from pyspark.sql import DataFrame, SparkSession

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.input import InputSpec
from lake_etl.read.collected import Collected
from lake_etl.read.header import SAMPLE_ROWS, distinct_names, numbered_names
from lake_etl.read.plain import PlainFile
from lake_etl.read.same_columns import require_same_columns
from lake_etl.read.scratch_table import write_scratch
from lake_etl.read.text_types import TypeRules, no_rows, typed_rows
from lake_etl.read.workbook import Area, cell_area, cell_text, open_sheet
from lake_etl.spark.columns import literal_path

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class _Table:
    """Column names and rows of one sheet; the rows can be gone through once."""

    columns: tuple[str, ...]
    rows: Iterator[Row]


def read(spark: SparkSession, source: Collected) -> DataFrame:
    """Return the rows of one sheet of each workbook, each column in the type that all its values fit.

    Rows without any value are left out. Raises DataError naming the file when it is damaged, asks for another password,
    has no such sheet, or no rows.
    """
    first = _table(source.files[0], source.spec)
    others = (_checked(_table(file, source.spec), file, first, source.files[0]) for file in source.files[1:])
    rows = chain(first.rows, chain.from_iterable(table.rows for table in others))
    sample = list(islice(rows, SAMPLE_ROWS))
    if not sample:
        raise no_rows(source.name)
    scratch = f'{source.scratch}/sheet.parquet'
    write_scratch(scratch, len(first.columns), chain(sample, rows))
    texts = [[value or '' for value in row] for row in sample]
    return typed_rows(spark.read.parquet(literal_path(scratch)).toDF(*first.columns), first.columns, texts,
                      TypeRules.of(source.spec, source.knowledge(first.columns)), source.name)


def _table(file: PlainFile, spec: InputSpec) -> _Table:
    section = spec.excel or ExcelSection()
    sheet = open_sheet(file, section)
    rows = table_rows(sheet.rows, sheet.left, cell_area(section.data_address), spec.skip_rows)
    first = next(rows, None)
    if first is None:
        raise no_rows(file.name)
    if section.header:
        return _Table(distinct_names(tuple(value or '' for value in first)), rows)
    return _Table(numbered_names(len(first)), chain([first], rows))


def _checked(table: _Table, file: PlainFile, first: _Table, first_file: PlainFile) -> _Table:
    require_same_columns([(first_file.name, first.columns), (file.name, table.columns)])
    return table


def table_rows(cells: Iterable[list[object]], left: int, area: Area, skip: int) -> Iterator[Row]:
    """Yield the rows of an area as text, without those that hold nothing.

    cells  rows of the sheet from its first one on, each beginning in column `left`, counted from 0
    skip   rows at the top of the area that are not read
    """
    before = [None] * (left - area.left)
    for row in islice(cells, area.top + skip, None if area.bottom is None else area.bottom + 1):
        inside = row[max(0, area.left - left):None if area.right is None else max(0, area.right + 1 - left)]
        values = (*before, *map(cell_text, inside))
        if any(value is not None for value in values):
            yield values if area.right is None else (*values, *[None] * (area.right - area.left + 1 - len(values)))
