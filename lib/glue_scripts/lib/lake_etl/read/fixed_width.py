"""Reads text with columns of fixed width, in characters or bytes; Spark cuts the lines, so large files are split."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl.errors import DataError
from lake_etl.read.header import SAMPLE_ROWS, first_text
from lake_etl.read.malformed import mark_malformed
from lake_etl.read.source_files import UTF_8, Collected, java_charset
from lake_etl.read.type_inference import TypeRules, typed_rows
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name

FIRST_BYTES = 64 * 1024
BYTE_ORDER_MARK = '\ufeff'
LINE_END = re.compile(r'\r\n|\n|\r')
LONGEST_LINE = 2 ** 30


@dataclass(frozen=True)
class FieldPosition:
    """Where a column stands in a line: `start` characters or bytes from the left, and how wide it is."""

    name: str
    start: int
    width: int


def places(widths: Sequence[tuple[str, int]]) -> tuple[FieldPosition, ...]:
    """Return the columns one after another; of a name that comes again, such as a filler, the later ones get a number.

    Whether a later one is needed at all was checked with the mapping.
    """
    found: list[FieldPosition] = []
    start, taken = 0, set[str]()
    for name, width in widths:
        number, own = 1, name
        while own.lower() in taken:
            number += 1
            own = f'{name}_{number}'
        taken.add(own.lower())
        found.append(FieldPosition(own, start, width))
        start += width
    return tuple(found)


def cut(line: str, columns: Sequence[FieldPosition], encoding: str | None = None) -> tuple[str, ...]:
    """Return the values of one line; the places count bytes of the encoding where one is given, else characters."""
    if encoding is None:
        return tuple(line[item.start:item.start + item.width].strip(' ') for item in columns)
    raw = line.encode(encoding)
    return tuple(raw[item.start:item.start + item.width].decode(encoding, 'replace').strip(' ') for item in columns)


def read(spark: SparkSession, source: Collected) -> DataFrame:
    """Return a row for each line that is not empty, each column in the type that all its values fit.

    A blank value is null. A line is marked when it ends before its last column begins, or goes on with more than blanks
    behind it; within the last column it may end, because many programs leave out blanks at the end of a line. Raises
    DataError when there are no lines.
    """
    if not source.widths:
        raise DataError(f'{source.name} has columns of fixed width, and no widths are known; write a mapping file with '
                        "a column 'Width'.")
    columns = places(source.widths)
    names = tuple(item.name for item in columns)
    in_bytes = source.spec.fixed is not None and source.spec.fixed.unit == 'bytes'
    sample = [cut(line, columns, source.encoding if in_bytes else None) for line in _first_lines(source)]
    rows = _cut_lines(spark, source, columns, in_bytes)
    return typed_rows(rows, names, sample, TypeRules.of(source.spec, source.knowledge(names)), source.name)


def _first_lines(source: Collected) -> list[str]:
    found: list[str] = []
    for file in source.files:
        text, complete = first_text(file, FIRST_BYTES)
        lines = LINE_END.split(text.removeprefix(BYTE_ORDER_MARK))
        found += [line for line in (lines if complete else lines[:-1]) if line]
    return found[:SAMPLE_ROWS]


def _cut_lines(spark: SparkSession, source: Collected, columns: Sequence[FieldPosition], in_bytes: bool) -> DataFrame:
    """Return the values as text; a line comes from Spark as the bytes that the file has, in whatever encoding.

    Bytes are cut out wherever they are, while characters are counted from the beginning of the line. So also places in
    characters are places in bytes in a line where each character is one byte.
    """
    charset = java_charset(source.encoding)

    def decoded(value: Column) -> Column:
        return value.cast('string') if charset == UTF_8 else F.decode(value, charset)
    lines = spark.read.text(source.paths).where("value != ''").select(F.col('value').cast('binary').alias('raw'))
    lines = lines.withColumn('line', F.col('raw') if in_bytes else decoded(F.col('raw')))
    lines = lines.withColumn('length', F.length('line')).withColumn('by_bytes', F.length('raw') == F.col('length'))

    def part(start: int, width: int) -> Column:
        of_bytes = decoded(F.substring('raw', start + 1, width))
        of_characters = F.substring('line', start + 1, width)
        return F.trim(of_bytes if in_bytes else F.when(F.col('by_bytes'), of_bytes).otherwise(of_characters))
    end = columns[-1].start + columns[-1].width
    misfit = (F.col('length') < columns[-1].start) | ((F.col('length') > end) & (part(end, LONGEST_LINE) != ''))
    helper = unused_name(StructType([StructField(item.name, StringType()) for item in columns]), 'misfit')
    values = lines.select(*[part(item.start, item.width).alias(item.name) for item in columns], misfit.alias(helper))
    # A select of its own: a value that two conditions ask for is cut out once.
    values = values.withColumns({item.name: F.when(column(item.name) != '', column(item.name)) for item in columns})
    return mark_malformed(values, column(helper), helper)
