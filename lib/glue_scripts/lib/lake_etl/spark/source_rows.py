"""Tracks where each row stands in its collected file, and the text of its values there, in hidden columns.

A row gets a position when Spark reads it: the number of its task in the upper bits, and its place in the task in the
lower 33. A block is the part of a file that a task reads. With the number of rows of every block, a position becomes
the number of a record in a file.
"""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, MapType, StructType

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, quoted
from lake_etl.spark.helper_names import hidden_name
from lake_etl.syntax.sql_literal import sql_text

# The position of a row; the file and the beginning of the block that it is read from; the text of some of its values.
POSITION, BLOCK, RAW_VALUES = (hidden_name(name) for name in ('file_position', 'file_block', 'raw_values'))
TRACKING = (POSITION, BLOCK, RAW_VALUES)
# The first column of a part of a file with several record types: a mark, the position of the record, and blanks.
RECORD = hidden_name('record')
RECORD_WIDTH = 21
# Positions that a reader assigns itself have the index of the file in the upper bits.
FILE_BITS = 33


@dataclass(frozen=True)
class RawColumn:
    """A column whose text quarantined rows show.

    name        in the file
    column      that it becomes
    expression  in Spark SQL on the columns of the file
    """

    name: str
    column: str
    expression: str


@dataclass(frozen=True)
class Block:
    """Rows that follow each other in a file: the position of the first one, its number, and the name of the file."""

    position: int
    number: int
    file: str


@dataclass(frozen=True)
class CountedBlock:
    """A block as a query counts it: the last part of the file's address, where it begins, its first position."""

    file: str
    start: int
    position: int
    rows: int


def require_free_tracking_names(names: Iterable[str], dataset: str) -> None:
    """Raise DataError when a file has a column with the name of a column that tracks rows."""
    taken = [name for name in names if name.lower() in TRACKING]
    if taken:
        raise DataError(f'The source of {dataset} has columns named {", ".join(taken)}, which the lake itself uses. '
                        'Give them other names in the file. The table was not changed.')


def with_positions(df: DataFrame, names: Mapping[str, str]) -> DataFrame:
    """Return the frame with the position and the block of each row; called directly behind the scan of the files.

    names  of the collected files, by the last part of the address that Spark reads
    """
    block = F.struct(F.input_file_name().alias('file'), F.expr('input_file_block_start()').alias('start'))
    positioned = df.withColumns({POSITION: F.monotonically_increasing_id(), BLOCK: block})
    return positioned.withMetadata(POSITION, {'addresses': list(names), 'files': list(names.values())})


def with_assigned_positions(df: DataFrame, assigned: str, files: Sequence[str]) -> DataFrame:
    """Return the frame with the positions that its reader has assigned with `assigned_position`, as text.

    assigned  the column that holds them; it is dropped
    files     names of the collected files
    """
    blocks = [Block(index << FILE_BITS, 0, file) for index, file in enumerate(files)]
    positioned = df.withColumn(POSITION, column(assigned).cast('bigint')).withMetadata(POSITION, _metadata(blocks))
    return positioned.drop(assigned)


def assigned_position(file: int, number: int) -> str:
    """Return the position of a row by the index of its file and its number there, as text."""
    return str((file << FILE_BITS) + number)


def with_divided_positions(df: DataFrame, files: Sequence[str]) -> DataFrame:
    """Return the rows of a part of the collected files with the positions that its writer put at the line beginnings.

    files  names of the collected files
    """
    first = RECORD if RECORD in df.columns else df.columns[0]
    assigned = hidden_name('assigned')
    placed = df.withColumn(assigned, F.trim(F.substring(column(first), 2, RECORD_WIDTH - 1)))
    return with_assigned_positions(placed, assigned, files)


def with_raw_values(df: DataFrame, columns: Sequence[RawColumn], within: str = '') -> DataFrame:
    """Return the frame with the text of the values of some columns, as an array in their order.

    within  struct column that has the columns of the file as its members; empty if they are columns
    """
    prefix = f'{quoted(within)}.' if within else ''
    values = [_value(df, prefix + item.expression) for item in columns]
    kinds = [df.select(value).schema[0].dataType for value in values]
    texts = [F.to_json(value) if isinstance(kind, (ArrayType, MapType, StructType)) else value.cast('string')
             for value, kind in zip(values, kinds, strict=True)]
    described = {'names': [item.name for item in columns], 'columns': [item.column for item in columns]}
    tracked = df.withColumn(RAW_VALUES, F.array(*texts).cast('array<string>'))
    return tracked.withMetadata(RAW_VALUES, described)


def _value(df: DataFrame, expression: str) -> Column:
    """Return the value of an expression, null where the file lacks a member that the mapping names."""
    try:
        df.select(F.expr(expression))
    except AnalysisException:
        return F.lit(None)
    return F.expr(expression)


def tracking_columns(df: DataFrame) -> list[str]:
    """Return the names of the columns that track the rows of the frame."""
    return [name for name in df.columns if name in TRACKING]


def without_tracking(df: DataFrame) -> DataFrame:
    """Return the frame without the columns that track its rows."""
    return df.drop(*TRACKING) if tracking_columns(df) else df


def count_blocks(rows: DataFrame, *aggregates: Column) -> tuple[list[CountedBlock], list[dict[str, Any]]]:
    """Return the blocks of the rows, and further aggregates of each; runs one query.

    Rows that do not count for the aggregates still have to be there, or the numbers of later rows are wrong.
    """
    found = [row.asDict() for row in rows.groupBy(BLOCK).agg(
        F.min(POSITION).alias('position'), F.count(F.lit(1)).alias('all_rows'), *aggregates).collect()]
    blocks = [CountedBlock(unquote(row[BLOCK]['file']).rpartition('/')[2], row[BLOCK]['start'], row['position'],
                           row['all_rows']) for row in found]
    return blocks, found


def number_blocks(counted: Iterable[CountedBlock], names: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the blocks in the order of positions, with the number of the first record of each, counted from 1."""
    blocks, before = [], dict[str, int]()
    for item in sorted(counted, key=lambda block: (block.file, block.start)):
        blocks.append(Block(item.position, before.get(item.file, 0) + 1, names.get(item.file, item.file)))
        before[item.file] = before.get(item.file, 0) + item.rows
    return tuple(sorted(blocks, key=lambda block: block.position))


def with_blocks(df: DataFrame, counted: Iterable[CountedBlock]) -> DataFrame:
    """Return the frame, whose positions a query has counted block by block, with this knowledge."""
    return df.withMetadata(POSITION, _metadata(number_blocks(counted, file_names(df))))


def file_names(df: DataFrame) -> dict[str, str]:
    """Return the names of the collected files by the last part of the address that Spark reads."""
    metadata = df.schema[POSITION].metadata
    return dict(zip(metadata.get('addresses', ()), metadata.get('files', ()), strict=True))


def known_blocks(df: DataFrame) -> tuple[Block, ...]:
    """Return the blocks of the frame, or none if they have not been counted."""
    metadata = df.schema[POSITION].metadata
    return tuple(Block(*values) for values in zip(*(metadata.get(key, ()) for key in (
        'positions', 'numbers', 'blocks')), strict=True))


def raw_columns(df: DataFrame) -> tuple[RawColumn, ...]:
    """Return the columns whose text the frame has."""
    metadata = df.schema[RAW_VALUES].metadata
    return tuple(RawColumn(name, into, '') for name, into in zip(metadata['names'], metadata['columns'], strict=True))


def place_in_file(blocks: Sequence[Block]) -> Column:
    """Build a struct from the position of a row: the `file`, and the `number` of the record in it.

    The blocks are one literal, because a plan with a literal for each of thousands would take seconds to analyse.
    """
    listed = json.dumps([{'position': block.position, 'number': block.number, 'file': block.file} for block in blocks])
    kind = 'array<struct<position: bigint, number: bigint, file: string>>'
    found = F.expr(f'try_element_at(filter(from_json({sql_text(listed)}, {sql_text(kind)}), '
                   f'block -> block.position <= {quoted(POSITION)}), -1)')
    number = column(POSITION) - found['position'] + found['number']
    return F.when(found.isNotNull(), F.struct(found['file'].alias('file'), number.alias('number')))


def _metadata(blocks: Sequence[Block]) -> dict[str, list[object]]:
    return {'positions': [block.position for block in blocks], 'numbers': [block.number for block in blocks],
            'blocks': [block.file for block in blocks]}
