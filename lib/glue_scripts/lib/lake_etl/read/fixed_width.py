"""Reads text with columns of fixed width, in characters or bytes. Spark cuts the lines, so it can split large files."""
from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import split_compression
from lake_etl.errors import DataError
from lake_etl.read.header import SAMPLE_ROWS
from lake_etl.read.malformed import mark_malformed
from lake_etl.read.prepare import BYTE_ORDER_MARK, NEXT_LINE, file_content
from lake_etl.read.source_files import UTF_8, KnownTypes, PreparedFile, SourceFiles, canonical_encoding, java_charset
from lake_etl.read.stored_numbers import stored_numbers, stored_numbers_error
from lake_etl.read.type_inference import infer_and_cast
from lake_etl.read.undecodable import REPLACEMENT, decoded_chunks, decoded_text
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.source_rows import tracking_columns
from lake_etl.syntax.column_names import comparable_name

LOG = logging.getLogger(__name__)
FIRST_BYTES = 64 * 1024
LINE_END = re.compile(r'\r\n|\n|\r')
LINE_FEED = re.compile(r'[\r\n]')
LONGEST_LINE = 2 ** 30
# In each encoding with characters of several bytes, one of these is such a character.
WIDE_CHARACTERS = 'éΩя保가あ€'
# An encoding in which each character has four bytes.
FOUR_BYTES = 'utf-32-be'


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
    encoding = counted_encoding(source)
    known = source.known_types(names)
    _require_text_columns(source, columns, known, encoding)
    source = with_line_ends(source, columns, encoding)
    # A replaced byte has another length than in the file, so it would shift the values of a sample line.
    sample = [cut_line(line, columns, encoding) for line in _first_lines(source)
              if encoding is None or REPLACEMENT not in line]
    rows = _cut_lines(spark, source, columns, encoding)
    return infer_and_cast(rows, names, sample, source, known)


def _require_text_columns(source: SourceFiles, columns: Sequence[FieldPosition], known: KnownTypes,
                          encoding: str | None) -> None:
    """Raise DataError when a column that the load uses holds packed, binary or zoned numbers.

    encoding  whose bytes the positions count; None if they count characters
    """
    declared = {comparable_name(name): kind for name, kind in source.spec.types.items()}
    places = [(item.name, item.start, item.start + item.width) for item in columns
              if (known.used is None or item.name.lower() in known.used)
              and declared.get(comparable_name(item.name), '').lower() != 'string']
    numeric = {item.name for item in columns
               if item.name.lower() in known.numeric or comparable_name(item.name) in declared}
    length = columns[-1].start + columns[-1].width
    for file in source.files:
        content, size, written_in = _first_stored(file, source.spec)
        found = stored_numbers(content, size, places, length, written_in, numeric)
        if not found and encoding is None and not content.isascii():
            # One byte for each character, so that bytes are where the widths count characters.
            text = content.decode(written_in, 'replace').encode('latin-1', 'replace')
            found = stored_numbers(text, len(text), places, length, 'latin-1', numeric)
        if found:
            raise stored_numbers_error(file.name, found)


def _first_stored(file: PreparedFile, spec: InputSpec) -> tuple[bytes, int, str]:
    """Return the first bytes of a file as they were collected, its size, and its encoding; the size may be unknown, 0.

    Converting mainframe text to UTF-8 changes the bytes of numbers.
    """
    compressed = split_compression(file.collected)[1] is not None
    if file.is_part and len('0'.encode(spec.encoding)) == 1:
        text = (runtime.files(file.uri).read(file.uri, 0, FIRST_BYTES) or b'').decode(file.encoding, 'ignore')
        return text.encode(spec.encoding, 'replace'), file.size, spec.encoding
    if spec.skip_rows or file.is_part or (compressed and file.encoding == canonical_encoding(spec.encoding)):
        return runtime.files(file.uri).read(file.uri, 0, FIRST_BYTES) or b'', file.size, file.encoding
    if compressed:
        return next(file_content(file.collected), b'')[:FIRST_BYTES], 0, spec.encoding
    files = runtime.files(file.collected)
    return files.read(file.collected, 0, FIRST_BYTES) or b'', files.size(file.collected) or 0, spec.encoding


def counted_encoding(source: SourceFiles) -> str | None:
    """Return the encoding whose bytes the widths count; None if they count characters, or one is the other."""
    if source.spec.fixed is None or source.spec.fixed.unit == 'characters':
        return None
    encoding = codecs.lookup(source.spec.encoding).name
    if all(len(character.encode(encoding, 'ignore')) <= 1 for character in WIDE_CHARACTERS):
        return None
    # The byte-order mark at the beginning of a file is in no line.
    return f'{encoding}-be' if encoding in ('utf-16', 'utf-32') else encoding


def with_line_ends(source: SourceFiles, columns: Sequence[FieldPosition], encoding: str | None) -> SourceFiles:
    """Return the files, each rewritten if its records do not end in line feeds or carriage returns.

    The records end with NEL (next line), or with nothing, so that only their length tells where the next one begins.
    """
    length = columns[-1].start + columns[-1].width
    files = []
    for index, file in enumerate(source.files):
        text, complete = _first_text(file)
        target = f'{source.scratch}/records-{index:05}'
        if NEXT_LINE in text and '\n' not in text:
            texts = decoded_chunks(file, file.encoding)
            file = _rewritten(file, target, (text.replace(NEXT_LINE, '\n').encode(file.encoding) for text in texts))
        elif not LINE_FEED.search(text) and (len(text) >= 2 * length or not complete):
            file = _rewritten(file, target, _records(file, length, encoding))
        files.append(file)
    return replace(source, files=tuple(files))


def _rewritten(file: PreparedFile, target: str, chunks: Iterable[bytes]) -> PreparedFile:
    LOG.info('Copied %s once, because its records do not end in line feeds.', file.name)
    runtime.files(target).write_stream(target, chunks)
    return replace(file, uri=target, size=runtime.files(target).size(target) or 0)


def _records(file: PreparedFile, length: int, encoding: str | None) -> Iterator[bytes]:
    """Yield the records of a file without line ends, each with a line feed behind it.

    length    of a record, in bytes of the encoding, or in characters if that is None

    Raises DataError when the file ends inside a record, or a record inside a character.
    """
    counted, size = (encoding, length) if encoding else (FOUR_BYTES, 4 * length)
    # Replaced bytes would be counted with the length of U+FFFD, and shift all records after them.
    as_stored = file.replace_undecodable and encoding == file.encoding
    chunks = file_content(file.uri) if as_stored else (
        text.encode(counted) for text in decoded_chunks(file, file.encoding))
    pending = b''
    try:
        for chunk in chunks:
            pending += chunk
            ends = range(size, len(pending) + 1, size)
            records = (pending[end - size:end] for end in ends)
            yield b''.join(record + b'\n' for record in records) if as_stored else ''.join(
                f'{record.decode(counted)}\n' for record in records).encode(file.encoding)
            pending = pending[len(ends) * size:]
        if pending.strip() if as_stored else pending.decode(counted).strip():
            raise _incomplete_error(file, length, encoding)
    except UnicodeDecodeError:
        raise _incomplete_error(file, length, encoding) from None


def _incomplete_error(file: PreparedFile, length: int, encoding: str | None) -> DataError:
    unit = 'bytes' if encoding else 'characters'
    return DataError(f'{file.name} has no line ends, and its records do not fit the widths, which are {length} {unit} '
                     "in all. Correct the column 'Width' of the mapping, or land the complete file again.")


def _first_text(file: PreparedFile) -> tuple[str, bool]:
    content = runtime.files(file.uri).read(file.uri, 0, FIRST_BYTES) or b''
    text = content.decode(file.encoding, 'replace' if file.replace_undecodable else 'ignore')
    return text.removeprefix(BYTE_ORDER_MARK), len(content) >= file.size


def _first_lines(source: SourceFiles) -> list[str]:
    found: list[str] = []
    for file in source.files:
        text, complete = _first_text(file)
        lines = LINE_END.split(text)
        found += [line for line in (lines if complete else lines[:-1]) if line]
    return found[:SAMPLE_ROWS]


def _cut_lines(spark: SparkSession, source: SourceFiles, columns: Sequence[FieldPosition], encoding: str | None
               ) -> DataFrame:
    """Return the values as text, cut from each line.

    Spark cuts out bytes directly, but counts characters from the beginning of the line. So where every character of a
    line is one byte, this cuts out bytes even if positions count characters.

    encoding  whose bytes the positions count; None if they count characters
    """
    charset = java_charset(encoding or source.encoding)
    scanned = source.with_positions(spark.read.text(source.paths).where("value != ''"))
    tracking = tracking_columns(scanned)
    lines = scanned.select(F.col('value').cast('binary').alias('raw'), *tracking)
    lines = lines.withColumn('line', decoded_text('raw', source.encoding, source.replaces_undecodable))
    if encoding:
        recoded = java_charset(encoding) != java_charset(source.encoding)
        lines = lines.withColumn('raw', F.encode('line', charset) if recoded else
                                 F.when(F.col('line').isNotNull(), F.col('raw')))
    lines = lines.withColumn('length', F.length('raw' if encoding else 'line'))
    single = F.length('raw') == F.col('length')
    # A byte that is replaced is one character as well, and must not get into a value as it is.
    single = single & ~F.col('line').contains(REPLACEMENT) if source.replaces_undecodable else single
    lines = lines.withColumn('single_bytes', single)

    def part(start: int, width: int) -> Column:
        raw = F.substring('raw', start + 1, width)
        if encoding:
            return F.trim(F.decode(raw, charset))
        from_bytes = raw.cast('string') if charset == UTF_8 else F.decode(raw, charset)
        return F.trim(F.when(F.col('single_bytes'), from_bytes).otherwise(F.substring('line', start + 1, width)))
    end = columns[-1].start + columns[-1].width
    malformed = ((F.col('length') < columns[-1].start) | F.col('line').contains(NEXT_LINE)
                 | ((F.col('length') > end) & (part(end, LONGEST_LINE) != '')))
    names = StructType([StructField(item.name, StringType()) for item in columns])
    helper, text = unused_name(names, 'malformed'), unused_name(names, 'line')
    values = lines.select(*[part(item.start, item.width).alias(item.name) for item in columns], malformed.alias(helper),
                          F.col('line').alias(text), *tracking)
    # A separate select, so that each value is cut out once although two expressions use it.
    condition = column(helper)
    if source.replaces_undecodable:
        condition = condition | column(text).contains(REPLACEMENT)
    if encoding:
        condition = condition | _ends_inside_character(columns, text)
    values = values.withColumn(helper, condition).withColumns(
        {item.name: F.when(column(item.name) != '', column(item.name)) for item in columns})
    return mark_malformed(values, column(helper), helper, text)


def _ends_inside_character(columns: Sequence[FieldPosition], line: str) -> Column:
    """Build a condition: a column of bytes ends inside a character, which no value of the line shows otherwise."""
    values = F.concat_ws('', *[column(item.name) for item in columns])
    return values.contains(REPLACEMENT) & ~column(line).contains(REPLACEMENT)
