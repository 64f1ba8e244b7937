"""Rewrites Parquet files that Spark cannot read, row group by row group, to the scratch folder.

Spark has no type for times of day, for times in nanoseconds, as pandas writes them, for columns without any value and
for half-precision numbers. It does not read pages that Brotli compressed, nor names that differ only in letter case.
"""
from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence

import pyarrow
import pyarrow.parquet

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.read.header import distinct_names
from lake_etl.read.prepare import open_file
from lake_etl.read.scratch import parquet_content
from lake_etl.read.source_files import PreparedFile

LOG = logging.getLogger(__name__)
SPARK_CODECS = {'UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'LZ4', 'LZ4_RAW'}
UNKNOWN_TO_SPARK = {'Time', 'Null', 'Float16', 'Unknown'}
NANOSECONDS = 'nanoseconds'
BATCH_ROWS = 64 * 1024


def read_footer(file: PreparedFile) -> pyarrow.parquet.ParquetFile:
    """Return the file with its metadata, without its rows.

    Raises DataError when it is not a Parquet file, or no table can hold its names.
    """
    try:
        footer = pyarrow.parquet.ParquetFile(open_file(runtime.files(file.uri), file.uri),
                                             coerce_int96_timestamp_unit='us')
    except (pyarrow.ArrowException, OSError, ValueError):
        raise _unreadable(file) from None
    _require_distinct_members(file, footer.schema_arrow)
    return footer


def needs_rewrite(footer: pyarrow.parquet.ParquetFile) -> bool:
    """Tell whether Spark cannot read the file as it is."""
    metadata = footer.metadata
    codecs = {metadata.row_group(group).column(index).compression
              for group in range(metadata.num_row_groups) for index in range(metadata.num_columns)}
    return (bool(codecs - SPARK_CODECS) or _has_equal_names(footer.schema_arrow.names)
            or any(_is_unknown(footer.schema.column(index)) for index in range(metadata.num_columns)))


def rewrite(file: PreparedFile, target: str) -> PreparedFile:
    """Write the file to `target` with types and names that Spark reads, and return that file.

    Times of day and columns without any value become text, times in nanoseconds lose their last three digits, half
    precision becomes single precision, and equal names get their position appended. Raises DataError when the file is
    damaged, or has a type that cannot be converted.
    """
    footer = read_footer(file)
    schema = pyarrow.schema([pyarrow.field(name, _readable(field.type), field.nullable) for name, field in zip(
        distinct_names(tuple(footer.schema_arrow.names)), footer.schema_arrow, strict=True)])
    LOG.info('Copied %s once, because Spark cannot read its types, its compression or its names.', file.name)
    runtime.files(target).write_stream(target, parquet_content(schema, _tables(file, footer, schema)))
    return PreparedFile(file.name, target, runtime.files(target).size(target) or 0, file.encoding)


def _tables(file: PreparedFile, footer: pyarrow.parquet.ParquetFile, schema: pyarrow.Schema
            ) -> Iterator[pyarrow.Table]:
    lost = False
    try:
        for batch in footer.iter_batches(batch_size=BATCH_ROWS):
            table = pyarrow.Table.from_batches([batch]).rename_columns(schema.names)
            try:
                yield table.cast(schema)
            except pyarrow.ArrowInvalid:
                lost = True
                yield table.cast(schema, safe=False)
    except pyarrow.ArrowNotImplementedError:
        raise DataError(f'{file.name} has a column that cannot be converted for Spark; its types are '
                        f'{_described(footer.schema_arrow)}. Write times of day in structures as text, and land the '
                        'file again.') from None
    except (pyarrow.ArrowException, OSError):
        raise _unreadable(file) from None
    if lost:
        LOG.warning('%s has times with more than six digits of a second. The further digits are lost.', file.name)


def _described(schema: pyarrow.Schema) -> str:
    return ', '.join(f'{field.name}: {field.type}' for field in schema)


def _unreadable(file: PreparedFile) -> DataError:
    return DataError(f'{file.name} could not be read. It is not a Parquet file, or it is damaged. The published data '
                     'stays as it is; land the file again.')


def _is_unknown(leaf: pyarrow.parquet.ColumnSchema) -> bool:
    logical = json.loads(leaf.logical_type.to_json())
    return logical['Type'] in UNKNOWN_TO_SPARK or logical.get('timeUnit') == NANOSECONDS


def _has_equal_names(names: Sequence[str]) -> bool:
    return len({name.lower() for name in names}) < len(names)


def _require_distinct_members(file: PreparedFile, schema: pyarrow.Schema) -> None:
    """Raise DataError when members of one structure have names that differ only in letter case."""
    found = [field.name for field in schema if _has_equal_members(field.type)]
    if found:
        raise DataError(f'{file.name} has structures whose members differ only in letter case, in the columns '
                        f'{", ".join(found)}. No table can hold them. Write the members under other names, and land '
                        'the file again.')


def _has_equal_members(kind: pyarrow.DataType) -> bool:
    members = [kind.field(index) for index in range(kind.num_fields)]
    return (pyarrow.types.is_struct(kind) and _has_equal_names([member.name for member in members])) or any(
        _has_equal_members(member.type) for member in members)


def _readable(kind: pyarrow.DataType) -> pyarrow.DataType:
    """Return the type that Spark reads in place of a type."""
    types = pyarrow.types
    if types.is_null(kind) or types.is_time(kind):
        return pyarrow.string()
    if types.is_timestamp(kind) and kind.unit == 'ns':
        return pyarrow.timestamp('us', kind.tz)
    if types.is_float16(kind):
        return pyarrow.float32()
    if types.is_struct(kind):
        return pyarrow.struct([field.with_type(_readable(field.type)) for field in kind])
    if types.is_list(kind) or types.is_large_list(kind):
        return pyarrow.list_(kind.value_field.with_type(_readable(kind.value_type)))
    return kind
