"""Reads Avro files, with the types that the files declare, where the session of Spark has the jar spark-avro."""
from __future__ import annotations

from io import BufferedReader

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.read.parquet import with_time_zones
from lake_etl.read.prepare import open_file
from lake_etl.read.published_types import with_published_types
from lake_etl.read.source_files import PreparedFile, SourceFiles, no_rows_error

# Both are in the message of Spark for a format whose jar is missing.
MISSING_JAR = ('avro', 'deploy')
MAGIC, MARKER_LENGTH = b'Obj\x01', 16
MOST_LENGTH_BYTES = 10


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of Avro files of one schema.

    A timestamp without a time zone is one in UTC. Raises DataError when a file is damaged or cut short, when there are
    no rows, or the jar is missing.
    """
    for file in source.files:
        _require_whole_blocks(file)
    try:
        df = spark.read.format('avro').option('ignoreExtension', True).load(source.paths)
    except AnalysisException as error:
        if not all(word in str(error).lower() for word in MISSING_JAR):
            raise
        raise DataError(
            f'{source.name} is Avro, and this session of Spark has no reader for it. Put the jar of '
            f'org.apache.spark:spark-avro_{_scala(spark)}:{spark.version} into lib/glue_scripts/lib, on AWS '
            'deploy it, or land the file as Parquet.') from None
    df = with_time_zones(df)
    if not df.columns or df.isEmpty():  # One small job, which stops at the first row.
        raise no_rows_error(source.name)
    known = source.known_types(df.columns)
    return with_published_types(source.with_raw_values(source.with_positions(df), known), source.spec, known)


def _require_whole_blocks(file: PreparedFile) -> None:
    """Raise DataError unless a file ends with the marker that ends each of its blocks.

    The reader of Spark 3.5 leaves out a block that is cut short, without an error.
    """
    content = open_file(runtime.files(file.uri), file.uri)
    try:
        marker = _block_marker(content)
    except (EOFError, OverflowError):
        raise DataError(f'{file.name} is not a whole Avro file: its header is damaged or cut short. Land it again, as '
                        'the program wrote it that made it.') from None
    content.seek(file.size - MARKER_LENGTH)
    if content.read(MARKER_LENGTH) != marker:
        raise DataError(f'{file.name} is cut short or damaged: its last block does not end as Avro blocks do. Land it '
                        'again whole.')


def _block_marker(content: BufferedReader) -> bytes:
    """Return the marker that stands after the header and after each block; raises EOFError for a damaged header."""
    if content.read(len(MAGIC)) != MAGIC:
        raise EOFError
    while count := _number(content):
        if count < 0:
            _number(content)
        for _ in range(2 * abs(count)):
            _exactly(content, _number(content))
    return _exactly(content, MARKER_LENGTH)


def _number(content: BufferedReader) -> int:
    """Read a whole number of Avro: seven bits a byte, the lowest first, and the sign in the last bit."""
    value = 0
    for position in range(MOST_LENGTH_BYTES):
        byte = _exactly(content, 1)[0]
        value |= (byte & 0x7f) << 7 * position
        if byte < 0x80:
            return value >> 1 ^ -(value & 1)
    raise EOFError


def _exactly(content: BufferedReader, length: int) -> bytes:
    found = content.read(length) if length >= 0 else b''
    if len(found) != length:
        raise EOFError
    return found


def _scala(spark: SparkSession) -> str:
    """Return the version of Scala in the names of Spark's jars."""
    return '2.12' if spark.version.startswith('3.') else '2.13'
