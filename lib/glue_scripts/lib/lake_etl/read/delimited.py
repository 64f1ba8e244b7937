"""Reads delimited text: infers the column types in one Spark job, then returns a frame that reads the rows once."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.config.input import InputSpec
from lake_etl.read.delimiter_detection import with_detected_delimiter
from lake_etl.read.encoding_check import CONTEXT_BYTES, file_encoding_error
from lake_etl.read.header import Dialect, HeaderSample, ends_inside_quotes, read_header
from lake_etl.read.line_ends import LINE_FEED, with_line_feeds
from lake_etl.read.line_scan import LineScan, scan_content, scan_lines
from lake_etl.read.malformed import has_unparsed_text, mark_malformed
from lake_etl.read.prepare import READ_BYTES, open_file
from lake_etl.read.source_files import PreparedFile, SourceFiles, java_charset, no_rows_error, require_same_columns
from lake_etl.read.type_inference import (
    TypeRules, cast_to_types, collect_masks, helper_columns, inferred_types, masks_by_column, with_type_masks)
from lake_etl.spark.columns import column, literal_path
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.source_rows import CountedBlock, with_blocks

LOG = logging.getLogger(__name__)
SPLIT_BYTES = 32 * 1024 * 1024
MOST_COLUMNS = 20_480
REPLACEMENT = '\ufffd'


@dataclass(frozen=True)
class _LineLayout:
    """What a scan of the lines tells before Spark reads rows.

    files      the files to read, rewritten where their rows end in different ways
    multiline  whether quoted values may contain line breaks
    malformed  whether a row may have too few or too many values; None when the scan cannot tell
    line_end   the line end of all rows, which Spark must know if values contain line breaks; else None
    replaces   whether bytes that are not in the encoding are replaced
    stray      whether a quote may be inside a value without being doubled
    """

    files: tuple[PreparedFile, ...]
    multiline: bool
    malformed: bool | None
    line_end: str | None = None
    replaces: bool = False
    stray: bool = False


@dataclass(frozen=True)
class _Table:
    """Delimited files that are read as one table."""

    spark: SparkSession
    source: SourceFiles
    dialect: Dialect
    header: HeaderSample
    layout: _LineLayout
    rules: TypeRules

    @property
    def names(self) -> tuple[str, ...]:
        return self.header.columns

    def read(self, *further: str, unparsed: str | None = None) -> DataFrame:
        """Return all columns as text, followed by further columns.

        unparsed  name of a column for the text of malformed rows; None for no such column
        """
        columns = [*self.names, *further]
        # With column pruning, Spark would judge whether a row fits by the columns that a query needs. A column of the
        # file with the default name of the column for malformed rows would become that column.
        rows = self.spark.read.option('columnPruning', unparsed is None).csv(
            [literal_path(file.uri) for file in self.layout.files],
            schema=_text_schema([*columns, *([unparsed] if unparsed else [])]),
            sep=self.dialect.delimiter, quote=self.dialect.quote, escape=self.dialect.escape,
            header=self.dialect.header, encoding=java_charset(self.dialect.encoding), multiLine=self.layout.multiline,
            lineSep=self.layout.line_end, mode='PERMISSIVE', enforceSchema=True,
            maxColumns=max(MOST_COLUMNS, len(columns)),
            columnNameOfCorruptRecord=unparsed or unused_name(_text_schema(columns), 'unparsed'))
        return self.source.with_positions(rows)

    def unused_name(self, preferred: str) -> str:
        """Return a column name that the files do not have."""
        return unused_name(_text_schema(self.names), preferred)


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of delimited files, each column in the type that all its values fit.

    Scans the lines, and reads all rows once if the type of a column is undecided; the returned frame is lazy. In a row
    with too few values the missing ones are null, and a row with too many values loses the surplus; such rows are
    marked as malformed. Without a section of the input_spec the delimiter is detected. Raises DataError when there are
    no rows, a byte is not in the encoding, or the delimiter does not split the header.
    """
    dialect = _dialect(with_detected_delimiter(source.spec, source.files), source.encoding)
    headers = [read_header(file, dialect) for file in source.files]
    if not dialect.header:
        longest = max((item.columns for item in headers), key=len)
        headers = [replace(item, columns=longest) for item in headers]
    require_same_columns([(file.name, item.columns) for file, item in zip(source.files, headers, strict=True)])
    header = HeaderSample(headers[0].columns, tuple(row for item in headers for row in item.rows))
    layout = _scan_files(spark, source, dialect, len(header.columns))
    known = source.known_types(header.columns)
    source = replace(source, files=layout.files)
    table = _Table(spark, source, dialect, header, layout, TypeRules.from_spec(source.spec, known))
    types, malformed, blocks = _infer_types(table)
    rows = source.with_raw_values(table.rules.filtered(_read_rows(table, malformed), table.names), known)
    rows = cast_to_types(table.rules.without_null_values(rows, table.names), table.names, types, source.name)
    return with_blocks(rows, blocks) if blocks else rows


def _dialect(spec: InputSpec, encoding: str) -> Dialect:
    section = spec.delimited()
    return Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header, encoding)


def _scan_files(spark: SparkSession, source: SourceFiles, dialect: Dialect, values: int) -> _LineLayout:
    """Return the layout of all lines; Spark scans large files, because it can split them.

    Raises DataError when a byte is not in the encoding, unless the input_spec says to replace it.
    """
    configured = source.spec.multiline if isinstance(source.spec.multiline, bool) else None
    if max(file.size for file in source.files) <= SPLIT_BYTES:
        scan, unclosed_quote = _scan_small_files(source.files, dialect, values)
    else:
        scan, unclosed_quote = scan_lines(spark, source.files, dialect, values), False
    replaces = _replaces_bytes(source, scan)
    multiline = scan.odd_quotes and not unclosed_quote if configured is None else configured
    if not multiline:
        return _LineLayout(source.files, False, None if scan.ragged or replaces else False, None, replaces, scan.stray)
    if configured is None and max(file.size for file in source.files) > SPLIT_BYTES:
        LOG.info('%s has line breaks inside quotes, so a single task reads it.', source.name)
    if len(scan.line_ends) <= 1:
        return _LineLayout(source.files, True, None, next(iter(scan.line_ends), LINE_FEED), replaces)
    return _LineLayout(tuple(_with_one_line_end(source, dialect)), True, None, LINE_FEED, replaces)


def _replaces_bytes(source: SourceFiles, scan: LineScan) -> bool:
    """Tell whether bytes are replaced; raises DataError when there are any and the input_spec does not say so."""
    if scan.bad_byte is None:
        return False
    uri, place = scan.bad_byte
    file = next(item for item in source.files if item.uri == uri)
    if not file.replace_undecodable:
        raise file_encoding_error(file, place, runtime.files(uri).read(uri, place, CONTEXT_BYTES) or b'')
    LOG.warning("%s has bytes that are not in encoding '%s'. They are replaced by U+FFFD.", file.name, file.encoding)
    return True


def _with_one_line_end(source: SourceFiles, dialect: Dialect) -> Iterator[PreparedFile]:
    """Write the files to the scratch folder with a line feed after each row, because Spark knows only one line end."""
    for index, file in enumerate(source.files):
        content, target = open_file(runtime.files(file.uri), file.uri), f'{source.scratch}/rows-{index:05}'
        chunks = iter(lambda: content.read(READ_BYTES), b'')
        runtime.files(target).write_stream(target, with_line_feeds(chunks, dialect))
        yield replace(file, uri=target)
    LOG.info('The rows of %s end in different ways, so the lake rewrote them with line feeds.', source.name)


def _scan_small_files(files: Sequence[PreparedFile], dialect: Dialect, values: int) -> tuple[LineScan, bool]:
    """Scan all lines without Spark; also tell whether a quote is never closed."""
    found, unclosed_quote = LineScan(False, False), False
    for file in files:
        content = runtime.files(file.uri).read(file.uri) or b''
        scan = scan_content(content, dialect, values, (file.uri, 0))
        found = found | scan
        if scan.odd_quotes and ends_inside_quotes(content, dialect):
            LOG.warning('A quote in %s is never closed. The lines are read one by one, as if no value contained a line '
                        'break.', file.name)
            unclosed_quote = True
    return found, unclosed_quote


def _read_rows(table: _Table, malformed: bool) -> DataFrame:
    """Return all columns as text, and mark malformed rows if there may be any.

    Marking makes Spark parse every column of every row, which adds a fifth to the time of reading.
    """
    if not malformed:
        return table.read()
    unparsed = table.unused_name('unparsed')
    rows = table.read(unparsed=unparsed)
    condition = has_unparsed_text(rows, unparsed)
    if table.layout.replaces:
        condition = condition | F.concat_ws('', *[column(name) for name in table.names]).contains(REPLACEMENT)
    if table.layout.stray:
        # Spark gives such a value as it is in the file, with the quote that opens it.
        condition = condition | F.concat(*[_opens_with_quote(table, name) for name in table.names]).contains('1')
    return mark_malformed(rows, condition, unparsed)


def _opens_with_quote(table: _Table, name: str) -> Column:
    return F.when(column(name).startswith(table.dialect.quote), '1').otherwise('0')


def _infer_types(table: _Table) -> tuple[dict[str, str], bool, Sequence[CountedBlock]]:
    """Return the types of undecided columns, whether a row may be malformed, and the blocks if rows are tracked.

    Runs one Spark job over all rows, unless the sample rows and the scan decide. Raises DataError when there are no
    rows.
    """
    rules, undecided, layout = table.rules, table.rules.undecided(table.names, table.header.rows), table.layout
    if not undecided and table.header.rows and not rules.row_filter:
        return {}, layout.malformed is not False, ()
    extra = table.unused_name('extra')
    rows = _undecided_columns(table, undecided, extra)
    masks = with_type_masks(rows, undecided, rules, column(extra).alias('malformed'))
    result, blocks = collect_masks(masks, undecided, F.max('malformed').alias('malformed'))
    if not result['rows']:
        raise no_rows_error(table.source.name, 'a header but no rows')
    may_be_malformed = bool(result['malformed']) or layout.replaces or layout.stray
    return inferred_types(masks_by_column(result, undecided), rules), may_be_malformed, blocks


def _undecided_columns(table: _Table, undecided: Sequence[str], extra: str) -> DataFrame:
    """Return the undecided columns, and as `extra` whether a row may be malformed unless the scan decided.

    A row has too many values if it has one in an extra column behind the last. Spark only checks the number of values
    when a query needs all columns; a second extra column, which no query uses, makes sure that none does.
    """
    unused = table.unused_name('unread')
    malformed = F.lit(False)
    if table.layout.malformed is None:
        malformed = column(extra).isNotNull()
        if len(table.names) > 1:
            malformed = malformed | column(table.names[-1]).isNull()
    rows = table.rules.marked(table.read(extra, unused), table.names)
    rows = rows.select(*[column(name) for name in (*undecided, *helper_columns(rows))],
                       malformed.cast('int').alias(extra))
    return table.rules.without_null_values(rows, undecided)


def _text_schema(names: list[str] | tuple[str, ...]) -> StructType:
    return StructType([StructField(name, StringType()) for name in names])
