"""Reads text with columns of fixed width, in characters or bytes. Spark cuts the lines, so it can split large files."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl.errors import DataError
from lake_etl.read.header import SAMPLE_ROWS, read_first_text
from lake_etl.read.malformed import mark_malformed
from lake_etl.read.source_files import UTF_8, SourceFiles, java_charset
from lake_etl.read.type_inference import TypeRules, infer_and_cast
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name

FIRST_BYTES = 64 * 1024
BYTE_ORDER_MARK = '\ufeff'
LINE_END = re.compile(r'\r\n|\n|\r')
LONGEST_LINE = 2 ** 30


@dataclass(frozen=True)
class FieldPosition:
    """The position of a column in a line, in characters or bytes; `start` counts from 0."""

    name: str
    start: int
    width: int


def field_positions(widths: Sequence[tuple[str, int]]) -> tuple[FieldPosition, ...]:
    """Return the positions of adjacent columns; a repeated name, such as that of a filler, gets a number.

    The check of the mapping has made sure that only columns that are dropped share a name.
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


def cut_line(line: str, columns: Sequence[FieldPosition], encoding: str | None = None) -> tuple[str, ...]:
    """Return the values of one line.

    encoding  of the line, if positions count bytes; None if they count characters
    """
    if encoding is None:
        return tuple(line[item.start:item.start + item.width].strip(' ') for item in columns)
    raw = line.encode(encoding)
    return tuple(raw[item.start:item.start + item.width].decode(encoding, 'replace').strip(' ') for item in columns)


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return a row for each line that is not empty, each column in the type that all its values fit.

    A blank value is null. A line is marked as malformed if it ends before its last column begins, or if it has more
    than blanks after its last column. It may end inside the last column, because many programs trim lines. Raises
    DataError when there are no lines, or the widths are not known.
    """
    if not source.widths:
        raise DataError(f'{source.name} has columns of fixed width, and no widths are known; write a mapping file with '
                        "a column 'Width'.")
    columns = field_positions(source.widths)
    names = tuple(item.name for item in columns)
    in_bytes = source.spec.fixed is not None and source.spec.fixed.unit == 'bytes'
    sample = [cut_line(line, columns, source.encoding if in_bytes else None) for line in _first_lines(source)]
    rows = _cut_lines(spark, source, columns, in_bytes)
    return infer_and_cast(rows, names, sample, TypeRules.from_spec(source.spec, source.known_types(names)), source.name)


def _first_lines(source: SourceFiles) -> list[str]:
    found: list[str] = []
    for file in source.files:
        text, complete = read_first_text(file, FIRST_BYTES)
        lines = LINE_END.split(text.removeprefix(BYTE_ORDER_MARK))
        found += [line for line in (lines if complete else lines[:-1]) if line]
    return found[:SAMPLE_ROWS]


def _cut_lines(spark: SparkSession, source: SourceFiles, columns: Sequence[FieldPosition], in_bytes: bool) -> DataFrame:
    """Return the values as text, cut from the bytes of each line.

    Spark cuts out bytes directly, but counts characters from the beginning of the line. So where every character of a
    line is one byte, this cuts out bytes even if positions count characters.
    """
    charset = java_charset(source.encoding)

    def decoded(value: Column) -> Column:
        return value.cast('string') if charset == UTF_8 else F.decode(value, charset)
    lines = spark.read.text(source.paths).where("value != ''").select(F.col('value').cast('binary').alias('raw'))
    lines = lines.withColumn('line', F.col('raw') if in_bytes else decoded(F.col('raw')))
    lines = lines.withColumn('length', F.length('line')).withColumn('single_bytes', F.length('raw') == F.col('length'))

    def part(start: int, width: int) -> Column:
        from_bytes = decoded(F.substring('raw', start + 1, width))
        from_characters = F.substring('line', start + 1, width)
        return F.trim(from_bytes if in_bytes else F.when(F.col('single_bytes'), from_bytes).otherwise(from_characters))
    end = columns[-1].start + columns[-1].width
    malformed = (F.col('length') < columns[-1].start) | ((F.col('length') > end) & (part(end, LONGEST_LINE) != ''))
    helper = unused_name(StructType([StructField(item.name, StringType()) for item in columns]), 'malformed')
    values = lines.select(*[part(item.start, item.width).alias(item.name) for item in columns], malformed.alias(helper))
    # A separate select, so that each value is cut out once although two expressions use it.
    values = values.withColumns({item.name: F.when(column(item.name) != '', column(item.name)) for item in columns})
    return mark_malformed(values, column(helper), helper)
