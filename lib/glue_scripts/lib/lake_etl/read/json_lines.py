"""Reads JSON: one document per line, or documents that span lines. Fractions become decimals, and text stays text."""
from __future__ import annotations

from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql.types import ArrayType, DataType, DecimalType, DoubleType, StructField, StructType

from lake_etl.errors import DataError
from lake_etl.read.malformed import CORRUPT_RECORD, has_unparsed_text, mark_malformed, mark_raw_text
from lake_etl.read.published_types import with_published_types, with_text_columns
from lake_etl.read.source_files import UTF_8, SourceFiles, java_charset, no_rows_error


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the documents as rows, with one schema inferred over all files.

    Spark's option `prefersDecimal` is ten times as slow, because it tries every text as a decimal, and it turns texts
    of digits, such as identifiers, into numbers. So the schema is inferred without it; only if that finds fractions, it
    is inferred again with the option, for the decimal types of these fractions.

    A document that cannot be parsed is kept as text in `_corrupt_record` and marked as malformed. Raises DataError when
    no document can be parsed.
    """
    multiline = source.spec.json.multiline if source.spec.json else False
    reader = _reader(spark, multiline, java_charset(source.encoding))
    df = reader.json(source.paths, prefersDecimal=False)
    if df.columns == [CORRUPT_RECORD]:
        hint = '' if multiline else (
            " Where a document spans several lines, set 'multiline' of the json section in the input_spec to true.")
        raise DataError(f'{source.name} has no document that can be parsed; land it again as JSON.{hint}')
    if not df.columns or df.isEmpty():  # One small job, which stops at the first row.
        raise no_rows_error(source.name)
    known = source.known_types(df.columns)
    if _holds_doubles(df.schema):
        schema = _with_decimals(df.schema, reader.json(source.paths, prefersDecimal=True).schema)
        assert isinstance(schema, StructType)
        df = reader.json(source.paths, schema=schema, mode='PERMISSIVE')
    df = with_published_types(with_text_columns(df, source.spec, known), source.spec, known)
    if CORRUPT_RECORD not in df.columns:
        return df
    return mark_raw_text(mark_malformed(df, has_unparsed_text(df, CORRUPT_RECORD)), CORRUPT_RECORD,
                         'cannot be read as JSON')


def _reader(spark: SparkSession, multiline: bool, charset: str) -> DataFrameReader:
    reader = spark.read.options(multiLine=multiline)
    if charset == UTF_8:
        return reader  # Without a named encoding, Spark detects which Unicode encoding a file has.
    return reader.options(encoding=charset) if multiline else reader.options(encoding=charset, lineSep='\n')


def _holds_doubles(kind: DataType) -> bool:
    if isinstance(kind, StructType):
        return any(_holds_doubles(field.dataType) for field in kind.fields)
    if isinstance(kind, ArrayType):
        return _holds_doubles(kind.elementType)
    return isinstance(kind, DoubleType)


def _with_decimals(kind: DataType, exact: DataType) -> DataType:
    """Return the type with each double replaced by its decimal type in `exact`, where that has one."""
    if isinstance(exact, StructType) and isinstance(kind, StructType):
        exact_types = {field.name: field.dataType for field in exact.fields}
        return StructType([StructField(field.name, _with_decimals(field.dataType, exact_types[field.name]))
                           for field in kind.fields])
    if isinstance(exact, ArrayType) and isinstance(kind, ArrayType):
        return ArrayType(_with_decimals(kind.elementType, exact.elementType))
    return exact if isinstance(kind, DoubleType) and isinstance(exact, DecimalType) else kind
