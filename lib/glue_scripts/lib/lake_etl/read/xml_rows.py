"""Reads XML: each element with a given name is a row. Python splits the text into rows, and Spark parses them."""
from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from lake_etl import runtime
from lake_etl.config.formats.xml_format import XmlSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.malformed import CORRUPT_RECORD, mark_malformed, mark_raw_text
from lake_etl.read.published_types import stays_text, text_type, to_text, with_published_types
from lake_etl.read.scratch import write_scratch_table
from lake_etl.read.source_files import UTF_8, KnownTypes, PreparedFile, SourceFiles
from lake_etl.read.undecodable import REPLACEMENT, decoded_chunks
from lake_etl.read.xml_fragments import LONGEST_ROW, RowTooLong, fragments
from lake_etl.spark.columns import column, literal_path, quoted
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.source_rows import assigned_position, tracking_columns
from lake_etl.transform.xml_columns import as_text, infer_documents, typed_struct

DECLARATION_BYTES = 64 * 1024
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'))
DECLARED_ENCODING = re.compile(rb'''<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']''')
FRAGMENT, ROW, PLACE = 'fragment', 'row', 'place'


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return a row for each row element, with types inferred over all files.

    An attribute becomes a column `_name`; a child element becomes a column with its name, without namespace; the text
    of an element with attributes or children becomes `_VALUE`; repeated children become an array. An element that is
    not well-formed is kept as text in `_corrupt_record` and marked as malformed. Raises DataError when there is no row
    element, or none that is well-formed.
    """
    row_tag = (source.spec.xml or XmlSection()).row_tag
    scratch = f'{source.scratch}/rows.parquet'
    write_scratch_table(scratch, 2, ((row, assigned_position(index, number)) for index, file in enumerate(source.files)
                                     for number, row in enumerate(_row_fragments(file, row_tag), 1)))
    rows = source.with_assigned_positions(spark.read.parquet(literal_path(scratch)).toDF(FRAGMENT, PLACE), PLACE)
    found = infer_documents(rows, [FRAGMENT])[FRAGMENT]
    if found.shape is None:
        raise DataError(f'{source.name} has no element <{row_tag}> that is well-formed; land it again as XML.'
                        if found.unparsed else
                        f"{source.name} has no element <{row_tag}>. Set 'row_tag' in the xml section of the input_spec "
                        'to the element that makes a row.')
    types = typed_struct(found.shape)
    known = source.known_types(types.fieldNames())
    columns = [_row_column(field, source.spec, known) for field in types.fields]
    unparsed = [F.when(F.col(ROW).isNull(), F.col(FRAGMENT)).alias(CORRUPT_RECORD)] if found.unparsed else []
    malformed = unused_name(types, 'malformed')
    condition = F.col(ROW).isNull() | (F.col(FRAGMENT).contains(REPLACEMENT) & F.lit(source.replaces_undecodable))
    parsed = source.with_raw_values(rows.withColumn(ROW, as_text(FRAGMENT, found.shape)), known, ROW)
    df = parsed.select(*columns, *unparsed, condition.alias(malformed), *tracking_columns(parsed))
    df = with_published_types(df, source.spec, known)
    if not (unparsed or source.replaces_undecodable):
        return df.drop(malformed)
    df = mark_malformed(df, column(malformed), malformed)
    return mark_raw_text(df, CORRUPT_RECORD, 'cannot be read as XML') if unparsed else df


def _row_column(field: StructField, spec: InputSpec, known: KnownTypes) -> Column:
    """Return a column of the parsed rows, whose leaves are still text, in its inferred type or as text."""
    value = F.col(f'{ROW}.{quoted(field.name)}')
    if stays_text(field.name, spec, known):
        return to_text(value, field.dataType).alias(field.name)
    return value.cast(field.dataType if spec.infer_types else text_type(field.dataType)).alias(field.name)


def _row_fragments(file: PreparedFile, row_tag: str) -> Iterator[str]:
    try:
        yield from fragments(_text(file), row_tag)
    except RowTooLong:
        raise DataError(f'{file.name} has an element <{row_tag}> that is longer than {LONGEST_ROW:,} characters or is '
                        "never closed. Set 'row_tag' in the xml section of the input_spec to a smaller element.")


def _text(file: PreparedFile) -> Iterator[str]:
    """Yield the file's text; raises DataError with the place of the first byte that is not in its encoding."""
    beginning = runtime.files(file.uri).read(file.uri, 0, DECLARATION_BYTES) or b''
    encoding = file.encoding if codecs.lookup(file.encoding).name != UTF_8 else xml_encoding(beginning)
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise DataError(f"{file.name} says that its encoding is '{encoding}', which is not known. Set 'encoding' in "
                        'the input_spec to the one the file was written in.') from None
    return decoded_chunks(file, encoding)


def xml_encoding(beginning: bytes) -> str:
    """Return the encoding that the first bytes of an XML file declare; UTF-8 when they declare none."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if beginning.startswith(mark):
            return encoding
    declared = DECLARED_ENCODING.match(beginning)
    return declared[1].decode('ascii') if declared else UTF_8
