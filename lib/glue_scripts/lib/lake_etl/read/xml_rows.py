"""Reads XML: each element of one name is a row; Python cuts the rows out, and Spark's tasks parse them."""
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
from lake_etl.read.charset import UTF_8
from lake_etl.read.collected import Collected, KnownTypes
from lake_etl.read.json_lines import UNPARSED
from lake_etl.read.malformed import mark_malformed, mark_raw_text
from lake_etl.read.plain import PlainFile
from lake_etl.read.published import as_texts, text_of, wants_text, with_lasting_types
from lake_etl.read.scratch_table import write_scratch
from lake_etl.read.stored_file import open_stored
from lake_etl.read.xml_fragments import LONGEST_ROW, RowTooLong, fragments
from lake_etl.spark.columns import literal_path, quoted
from lake_etl.transform.xml_columns import as_text, infer_documents, typed_struct

PIECE = 1024 * 1024
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'))
DECLARED_ENCODING = re.compile(rb'''<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']''')
FRAGMENT, ROW = 'fragment', 'row'


def read(spark: SparkSession, source: Collected) -> DataFrame:
    """Return a row for each element that the input_spec calls a row, the types inferred over all files.

    Attributes are columns `_name`, children columns under their names without name space, the text of an element that
    has either is `_VALUE`, and children that come again are arrays. An element that is not well-formed is kept as its
    text in `_corrupt_record` and marked. Raises DataError when there is none, or none that is well-formed.
    """
    row_tag = (source.spec.xml or XmlSection()).row_tag
    scratch = f'{source.scratch}/rows.parquet'
    write_scratch(scratch, 1, ((row,) for file in source.files for row in _rows_of(file, row_tag)))
    rows = spark.read.parquet(literal_path(scratch)).toDF(FRAGMENT)
    found = infer_documents(rows, [FRAGMENT])[FRAGMENT]
    if found.shape is None:
        raise DataError(f'{source.name} has no element <{row_tag}> that is well-formed; land it again as XML.'
                        if found.unparsed else
                        f"{source.name} has no element <{row_tag}>. Set 'row_tag' in the xml section of the input_spec "
                        'to the element that makes a row.')
    types = typed_struct(found.shape)
    known = source.knowledge(types.fieldNames())
    members = [_member(field, source.spec, known) for field in types.fields]
    unparsed = [F.when(F.col(ROW).isNull(), F.col(FRAGMENT)).alias(UNPARSED)] if found.unparsed else []
    df = rows.withColumn(ROW, as_text(FRAGMENT, found.shape)).select(*members, *unparsed)
    df = with_lasting_types(df, source.spec, known)
    if not unparsed:
        return df
    return mark_raw_text(mark_malformed(df, F.col(UNPARSED).isNotNull()), UNPARSED, 'cannot be read as XML')


def _member(field: StructField, spec: InputSpec, known: KnownTypes) -> Column:
    """Return a column from the rows, whose leaves are all text so far, in its type or as text."""
    value = F.col(f'{ROW}.{quoted(field.name)}')
    if wants_text(field.name, spec, known):
        return text_of(value, field.dataType).alias(field.name)
    return value.cast(field.dataType if spec.infer_types else as_texts(field.dataType)).alias(field.name)


def _rows_of(file: PlainFile, row_tag: str) -> Iterator[str]:
    try:
        yield from fragments(_text(file), row_tag)
    except RowTooLong:
        raise DataError(f'{file.name} has an element <{row_tag}> of more than {LONGEST_ROW:,} characters, or one that '
                        "is never closed. Set 'row_tag' in the xml section of the input_spec to a smaller element.")


def _text(file: PlainFile) -> Iterator[str]:
    """Yield the file's text; bytes that its encoding does not know become question marks."""
    stored = open_stored(runtime.files(file.uri), file.uri)
    first = stored.read(PIECE)
    encoding = file.encoding if codecs.lookup(file.encoding).name != UTF_8 else xml_encoding(first)
    try:
        decoder = codecs.getincrementaldecoder(encoding)('replace')
    except LookupError:
        raise DataError(f"{file.name} says that its encoding is '{encoding}', which is not known. Set 'encoding' in "
                        'the input_spec to the one the file was written in.') from None
    piece = first
    while piece:
        yield decoder.decode(piece)
        piece = stored.read(PIECE)
    yield decoder.decode(b'', final=True)


def xml_encoding(beginning: bytes) -> str:
    """Return the encoding that an XML text names in its first bytes; UTF-8 when it names none."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if beginning.startswith(mark):
            return encoding
    declared = DECLARED_ENCODING.match(beginning)
    return declared[1].decode('ascii') if declared else UTF_8
