"""Reads JSON: one document per line, or documents that span lines. Fractions become decimals, and text stays text."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StructType

from lake_etl.errors import DataError
from lake_etl.read.json_documents import write_one_per_line
from lake_etl.read.json_keys import conflicting_keys, has_equal_keys, repeated_keys, with_merged_keys
from lake_etl.read.json_numbers import exact_schema, holds_doubles
from lake_etl.read.malformed import CORRUPT_RECORD, mark_malformed, mark_raw_text
from lake_etl.read.published_types import with_published_types, with_text_columns
from lake_etl.read.source_files import SourceFiles, no_rows_error
from lake_etl.read.undecodable import REPLACEMENT, decoded_text
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.source_rows import tracking_columns, without_tracking

LINE, DOCUMENTS, ROW = 'line', 'documents', 'row'
# Marks in the inferred schema that a document cannot be parsed; longer than any key that a file is likely to have.
UNPARSED = '_the_lake_could_not_parse_this_document'
EMPTY_ARRAY = r'^\s*\[\s*\]\s*$'
# Faster than a regular expression, which is noticeable for each line.
WITHOUT_BLANKS = f"trim(LEADING ' \\t\\r\\n' FROM {LINE})"


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the documents as rows, with one schema inferred over all files.

    Keys that differ only in letter case become one column or member. A document that cannot be parsed is kept as text
    in `_corrupt_record` and marked as malformed, and so is a line with several documents. Raises DataError when no
    document can be parsed, or the file is not in its encoding.
    """
    multiline = source.spec.json is not None and source.spec.json.multiline
    if multiline:
        source = replace(source, files=tuple(
            write_one_per_line(file, f'{source.scratch}/documents-{index:05}.jsonl')
            for index, file in enumerate(source.files)))
    inferred = _infer_schema(_lines(spark, source, checked=False))
    lines = _lines(spark, source, checked=True)
    schema = StructType([field for field in inferred.fields if field.name != UNPARSED])
    if not schema.fields:
        raise _no_document_error(source, bool(inferred.fields), multiline)
    if holds_doubles(schema):
        parsed = _parsed(lines, schema).where(F.col(DOCUMENTS).isNotNull())
        schema = exact_schema(parsed.select(_as_array()), schema)
    rows = _rows(source, _parsed(lines, schema), schema, malformed=len(inferred.fields) > len(schema.fields))
    known = source.known_types(without_tracking(rows).columns)
    rows = source.with_raw_values(rows, known)
    return with_published_types(with_text_columns(rows, source.spec, known), source.spec, known)


def _lines(spark: SparkSession, source: SourceFiles, checked: bool) -> DataFrame:
    """Return the lines that hold a document, as the column `line`.

    checked  whether a query has read all lines already, and found them in their encoding
    """
    raw = spark.read.text(source.paths).select(F.col('value').cast('binary').alias('raw'))
    text = decoded_text('raw', source.encoding, source.replaces_undecodable, checked)
    # Later, such a condition on the documents would make Spark parse each line once more.
    empty = F.expr(WITHOUT_BLANKS).startswith('[') & F.col(LINE).rlike(EMPTY_ARRAY)
    return raw.select(text.alias(LINE)).where(f"{WITHOUT_BLANKS} != ''").where(~empty)


def _as_array() -> Column:
    """Return the line as an array of documents; so a second document after the first one is an error of the parser."""
    array = F.concat(F.lit('['), F.col(LINE), F.lit(']'))
    return F.when(F.expr(WITHOUT_BLANKS).startswith('{'), array).otherwise(F.col(LINE))


def _infer_schema(lines: DataFrame) -> StructType:
    """Return the schema of all documents, in one Spark job; the field UNPARSED means that some cannot be parsed.

    The lines go to Spark's inference as a JVM data set, because the public Python call would send each of them through
    a Python process. Letter case matters here, or Spark would ignore all but one of the keys that differ in it.
    """
    session = lines.sparkSession
    sensitive = session.conf.get('spark.sql.caseSensitive')
    session.conf.set('spark.sql.caseSensitive', 'true')
    try:
        jvm: Any = session._jvm
        texts = getattr(lines.select(_as_array())._jdf, 'as')(jvm.org.apache.spark.sql.Encoders.STRING())
        reader = session.read.options(columnNameOfCorruptRecord=UNPARSED, prefersDecimal=False)
        return DataFrame(reader._jreader.json(texts), session).schema
    finally:
        session.conf.set('spark.sql.caseSensitive', str(sensitive))


def _parsed(lines: DataFrame, schema: StructType) -> DataFrame:
    """Return the lines, with their documents as an array; null where the line cannot be parsed."""
    return lines.select(LINE, F.from_json(_as_array(), ArrayType(schema)).alias(DOCUMENTS))


def _rows(source: SourceFiles, parsed: DataFrame, schema: StructType, malformed: bool) -> DataFrame:
    """Return the documents as rows with their members as columns.

    malformed  whether some documents cannot be parsed
    """
    rows = source.with_positions(parsed.select(LINE, F.explode_outer(DOCUMENTS).alias(ROW)))
    # The text may have U+FFFD in place of bytes that are not in the encoding.
    replaces, tracking = source.replaces_undecodable, tracking_columns(rows)
    equal_keys = has_equal_keys(schema)
    doubtful = equal_keys or replaces
    merged = with_merged_keys(F.col(ROW), schema) if equal_keys else F.col(ROW)
    unparsed = F.col(ROW).isNull()
    helpers = [F.when(unparsed, F.col(LINE)).alias(LINE)] if malformed else []
    conflict = F.col(LINE).contains(REPLACEMENT) if replaces else F.lit(False)
    if equal_keys:
        conflict = conflict | conflicting_keys(F.col(ROW), schema) | repeated_keys(F.col(LINE), schema)
    rows = rows.select(merged.alias(ROW), conflict.alias('conflict'), *helpers, *tracking)
    text, helper = unused_name(schema, CORRUPT_RECORD), unused_name(schema, 'conflict')
    df = rows.select(f'{ROW}.*', F.col('conflict').alias(helper), *([F.col(LINE).alias(text)] if malformed else []),
                     *tracking)
    if malformed:
        df = mark_malformed(df, F.col(helper) | F.col(text).isNotNull(), helper)
        return mark_raw_text(df, text, 'cannot be read as JSON')
    return mark_malformed(df, F.col(helper), helper) if doubtful else df.drop(helper)


def _no_document_error(source: SourceFiles, unparsed: bool, multiline: bool) -> DataError:
    if not unparsed:
        return no_rows_error(source.name)
    hint = '' if multiline else (
        " Where a document spans several lines, set 'multiline' of the json section in the input_spec to true.")
    return DataError(f'{source.name} has no document that can be parsed; land it again as JSON.{hint}')
