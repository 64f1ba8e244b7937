"""Reads JSON: one document per line, or documents that span lines; fractions become decimals, texts stay texts."""
from __future__ import annotations

from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql.types import ArrayType, DataType, DecimalType, DoubleType, StructField, StructType

from lake_etl.errors import DataError
from lake_etl.read.malformed import has_unparsed_text, mark_malformed, mark_raw_text
from lake_etl.read.published_types import with_lasting_types, with_texts
from lake_etl.read.source_files import UTF_8, Collected, java_charset
from lake_etl.read.type_inference import no_rows

UNPARSED = '_corrupt_record'


def read(spark: SparkSession, source: Collected) -> DataFrame:
    """Return the documents as rows, the schema inferred over all files.

    Spark's preference for decimals tries every text as one, which takes ten times as long, and turns texts of digits,
    such as identifiers, into numbers. So only where there are fractions the files are looked at once more with that
    preference, for the types of these. A document that cannot be parsed is kept as its text in `_corrupt_record` and
    marked. Raises DataError when none can be parsed.
    """
    multiline = source.spec.json.multiline if source.spec.json else False
    reader = _reader(spark, multiline, java_charset(source.encoding))
    df = reader.json(source.paths, prefersDecimal=False)
    if df.columns == [UNPARSED]:
        hint = '' if multiline else (
            " Where a document spans several lines, set 'multiline' of the json section in the input_spec to true.")
        raise DataError(f'{source.name} has no document that can be parsed; land it again as JSON.{hint}')
    if not df.columns or df.isEmpty():  # One small job: it stops at the first row.
        raise no_rows(source.name)
    known = source.knowledge(df.columns)
    if _holds_doubles(df.schema):
        schema = _settled(reader.json(source.paths, prefersDecimal=True).schema, df.schema)
        assert isinstance(schema, StructType)
        df = reader.json(source.paths, schema=schema, mode='PERMISSIVE')
    df = with_lasting_types(with_texts(df, source.spec, known), source.spec, known)
    if UNPARSED not in df.columns:
        return df
    return mark_raw_text(mark_malformed(df, has_unparsed_text(df, UNPARSED)), UNPARSED, 'cannot be read as JSON')


def _reader(spark: SparkSession, multiline: bool, charset: str) -> DataFrameReader:
    reader = spark.read.options(multiLine=multiline)
    if charset == UTF_8:
        return reader  # Spark finds out by itself which Unicode encoding a file has, unless one is named.
    return reader.options(encoding=charset) if multiline else reader.options(encoding=charset, lineSep='\n')


def _holds_doubles(kind: DataType) -> bool:
    if isinstance(kind, StructType):
        return any(_holds_doubles(field.dataType) for field in kind.fields)
    if isinstance(kind, ArrayType):
        return _holds_doubles(kind.elementType)
    return isinstance(kind, DoubleType)


def _settled(precise: DataType, plain: DataType) -> DataType:
    """Take the plain type, but a decimal where it has a binary fraction."""
    if isinstance(precise, StructType) and isinstance(plain, StructType):
        exact = {field.name: field.dataType for field in precise.fields}
        return StructType([StructField(field.name, _settled(exact[field.name], field.dataType))
                           for field in plain.fields])
    if isinstance(precise, ArrayType) and isinstance(plain, ArrayType):
        return ArrayType(_settled(precise.elementType, plain.elementType))
    return precise if isinstance(plain, DoubleType) and isinstance(precise, DecimalType) else plain
