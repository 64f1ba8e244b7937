"""Reads delimited text: infers the column types in one Spark job, then returns a frame that reads the rows once."""
from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.config.input import InputSpec
from lake_etl.read.header import Dialect, HeaderSample, ends_inside_quotes, read_header
from lake_etl.read.line_scan import scan_content, scan_lines
from lake_etl.read.malformed import has_unparsed_text, mark_malformed
from lake_etl.read.source_files import SourceFiles, java_charset, no_rows_error, require_same_columns
from lake_etl.read.type_inference import TypeRules, cast_to_types, inferred_types, mask_aggregates, with_type_masks
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name

LOG = logging.getLogger(__name__)
SPLIT_BYTES = 32 * 1024 * 1024
MOST_COLUMNS = 20_480


@dataclass(frozen=True)
class _Table:
    """Delimited files that are read as one table."""

    spark: SparkSession
    source: SourceFiles
    dialect: Dialect
    header: HeaderSample
    rules: TypeRules

    @property
    def names(self) -> tuple[str, ...]:
        return self.header.columns

    def read(self, multiline: bool, *further: str, unparsed: str | None = None) -> DataFrame:
        """Return all columns as text, followed by further columns.

        unparsed  name of a column for the text of malformed rows; None for no such column
        """
        columns = [*self.names, *further]
        # With column pruning, Spark would judge whether a row fits by the columns that a query needs.
        return self.spark.read.option('columnPruning', unparsed is None).csv(
            self.source.paths, schema=_text_schema([*columns, *([unparsed] if unparsed else [])]),
            sep=self.dialect.delimiter, quote=self.dialect.quote, escape=self.dialect.escape,
            header=self.dialect.header, encoding=java_charset(self.dialect.encoding), multiLine=multiline,
            mode='PERMISSIVE', enforceSchema=True, maxColumns=max(MOST_COLUMNS, len(columns)),
            columnNameOfCorruptRecord=unparsed)

    def unused_name(self, preferred: str) -> str:
        """Return a column name that the files do not have."""
        return unused_name(_text_schema(self.names), preferred)


@dataclass(frozen=True)
class _LineLayout:
    """What a scan of the lines tells before Spark reads rows.

    multiline  whether quoted values may contain line breaks
    malformed  whether a row may have too few or too many values; None when the scan cannot tell
    """

    multiline: bool
    malformed: bool | None


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of delimited files, each column in the type that all its values fit.

    Scans the lines, and reads all rows once if the type of a column is undecided; the returned frame is lazy. In a row
    with too few values the missing ones are null, and a row with too many values loses the surplus; such rows are
    marked as malformed. Raises DataError when there are no rows.
    """
    dialect = _dialect(source.spec, source.encoding)
    headers = [read_header(file, dialect) for file in source.files]
    require_same_columns([(file.name, item.columns) for file, item in zip(source.files, headers, strict=True)])
    header = HeaderSample(headers[0].columns, tuple(row for item in headers for row in item.rows))
    table = _Table(spark, source, dialect, header,
                   TypeRules.from_spec(source.spec, source.known_types(header.columns)))
    layout = _scan_files(table)
    types, malformed = _infer_types(table, layout)
    rows = table.rules.without_null_values(_read_rows(table, layout.multiline, malformed), table.names)
    return cast_to_types(rows, table.names, types, source.name)


def _dialect(spec: InputSpec, encoding: str) -> Dialect:
    section = spec.delimited()
    return Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header, encoding)


def _scan_files(table: _Table) -> _LineLayout:
    """Return the layout of all lines; Spark scans large files, because it can split them."""
    source, dialect = table.source, table.dialect
    configured = source.spec.multiline if isinstance(source.spec.multiline, bool) else None
    if max(file.size for file in source.files) <= SPLIT_BYTES:
        return _scan_small_files(table, configured)
    if configured is not None or not dialect.quote:
        return _LineLayout(bool(configured), None)
    scan = scan_lines(table.spark, source.files, dialect, len(table.names))
    if scan.odd_quotes:
        LOG.info('%s has line breaks inside quotes, so a single task reads it.', source.name)
    return _LineLayout(scan.odd_quotes, None if scan.ragged else False)


def _scan_small_files(table: _Table, configured: bool | None) -> _LineLayout:
    """Return the layout of all lines, without Spark."""
    multiline, unclosed_quote, ragged = False, False, False
    for file in table.source.files:
        content = runtime.files(file.uri).read(file.uri) or b''
        scan = scan_content(content, table.dialect, len(table.names))
        if configured is None and scan.odd_quotes and ends_inside_quotes(content, table.dialect):
            LOG.warning('A quote in %s is never closed. The lines are read one by one, as if no value contained a line '
                        'break.', file.name)
            unclosed_quote = True
        # A lone carriage return ends a line or belongs to a value. Only Spark's multi-line reader finds out.
        lone_returns = content.count(b'\r') not in (0, content.count(b'\r\n'))
        multiline = multiline or scan.odd_quotes or lone_returns
        ragged = ragged or scan.ragged or lone_returns
    return _LineLayout(multiline and not unclosed_quote if configured is None else configured,
                       None if ragged else False)


def _read_rows(table: _Table, multiline: bool, malformed: bool) -> DataFrame:
    """Return all columns as text, and mark malformed rows if there may be any.

    Marking makes Spark parse every column of every row, which adds a fifth to the time of reading.
    """
    if not malformed:
        return table.read(multiline)
    unparsed = table.unused_name('unparsed')
    rows = table.read(multiline, unparsed=unparsed)
    return mark_malformed(rows, has_unparsed_text(rows, unparsed), unparsed)


def _infer_types(table: _Table, layout: _LineLayout) -> tuple[dict[str, str], bool]:
    """Return the types of undecided columns, and whether a row may be malformed.

    Runs one Spark job over all rows, unless the sample rows and the scan decide. Raises DataError when there are no
    rows.
    """
    rules, undecided = table.rules, table.rules.undecided(table.names, table.header.rows)
    if not undecided and table.header.rows:
        return {}, layout.malformed is not False
    rows = _type_masks(table, layout, undecided)
    result = rows.agg(*mask_aggregates(undecided), F.max('malformed').alias('malformed')).collect()[0].asDict()
    if not result['rows']:
        raise no_rows_error(table.source.name, 'a header but no rows')
    return inferred_types(result, undecided, rules), bool(result['malformed'])


def _type_masks(table: _Table, layout: _LineLayout, undecided: list[str]) -> DataFrame:
    """Return for each row the masks of its undecided columns, and whether it may be malformed unless the scan decided.

    A row has too many values if it has one in an extra column behind the last. Spark only checks the number of values
    when a query needs all columns; a second extra column, which no query uses, makes sure that none does.
    """
    extra, unused = table.unused_name('extra'), table.unused_name('unread')
    malformed = F.lit(False)
    if layout.malformed is None:
        malformed = column(extra).isNotNull()
        if len(table.names) > 1:
            malformed = malformed | column(table.names[-1]).isNull()
    rows = table.read(layout.multiline, extra, unused).select(
        *[column(name) for name in undecided], malformed.cast('int').alias(extra))
    rows = table.rules.without_null_values(rows, undecided)
    return with_type_masks(rows, undecided, table.rules, column(extra).alias('malformed'))


def _text_schema(names: list[str] | tuple[str, ...]) -> StructType:
    return StructType([StructField(name, StringType()) for name in names])
