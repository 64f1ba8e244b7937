"""Reads delimited text: settles the column types in one Spark job, then gives the rows to be read in one pass."""
from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.config.input import InputSpec
from lake_etl.read.header import Beginning, Dialect, ends_inside_quotes, read_beginning
from lake_etl.read.line_scan import look_at_lines, signs_of
from lake_etl.read.malformed import has_unparsed_text, mark_malformed
from lake_etl.read.source_files import Collected, java_charset, require_same_columns
from lake_etl.read.type_inference import TypeRules, masked, no_rows, settled_types, summed, typed
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name

LOG = logging.getLogger(__name__)
SPLIT_BYTES = 32 * 1024 * 1024
MOST_COLUMNS = 20_480


@dataclass(frozen=True)
class _Table:
    """Delimited files that are read as one table."""

    spark: SparkSession
    source: Collected
    dialect: Dialect
    beginning: Beginning
    rules: TypeRules

    @property
    def names(self) -> tuple[str, ...]:
        return self.beginning.columns

    def read(self, line_breaks: bool, *further: str, unparsed: str | None = None) -> DataFrame:
        """Return all columns as text, with further columns behind them, and the unparsed text of bad rows if asked."""
        columns = [*self.names, *further]
        # A query that needs few columns would take a row for one that fits by these few.
        return self.spark.read.option('columnPruning', unparsed is None).csv(
            self.source.paths, schema=_texts([*columns, *([unparsed] if unparsed else [])]),
            sep=self.dialect.delimiter, quote=self.dialect.quote, escape=self.dialect.escape,
            header=self.dialect.header, encoding=java_charset(self.dialect.encoding), multiLine=line_breaks,
            mode='PERMISSIVE', enforceSchema=True, maxColumns=max(MOST_COLUMNS, len(columns)),
            columnNameOfCorruptRecord=unparsed)

    def unused(self, wish: str) -> str:
        """Return a column name that the files do not have."""
        return unused_name(_texts(self.names), wish)


@dataclass(frozen=True)
class _Lines:
    """What the lines show before Spark reads rows.

    line_breaks  whether quoted values may go on in the next line
    misfits      whether a row may have too few or too many values; None when that has to be found out
    """

    line_breaks: bool
    misfits: bool | None


def read(spark: SparkSession, source: Collected) -> DataFrame:
    """Return the rows of delimited files, each column in the type that all its values fit.

    Looks at the lines, and reads all rows once where types are undecided; the frame itself is not computed yet. A row
    with too few values has nulls in place of the missing ones, one with too many keeps the first; where there may be
    such rows, they are marked. Raises DataError when there are no rows.
    """
    dialect = _dialect(source.spec, source.encoding)
    beginnings = [read_beginning(file, dialect) for file in source.files]
    require_same_columns([(file.name, item.columns) for file, item in zip(source.files, beginnings, strict=True)])
    beginning = Beginning(beginnings[0].columns, tuple(row for item in beginnings for row in item.rows))
    table = _Table(spark, source, dialect, beginning,
                   TypeRules.of(source.spec, source.knowledge(beginning.columns)))
    lines = _look_at_files(table)
    types, misfits = _look_at_all_rows(table, lines)
    rows = table.rules.without_null_values(_rows(table, lines.line_breaks, misfits), table.names)
    return typed(rows, table.names, types, source.name)


def _dialect(spec: InputSpec, encoding: str) -> Dialect:
    section = spec.delimited()
    return Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header, encoding)


def _look_at_files(table: _Table) -> _Lines:
    """Return what the lines show; those of large files, which are split unless values hold line breaks, by Spark."""
    source, dialect = table.source, table.dialect
    given = source.spec.multiline if isinstance(source.spec.multiline, bool) else None
    if max(file.size for file in source.files) <= SPLIT_BYTES:
        return _look_at_small_files(table, given)
    if given is not None or not dialect.quote:
        return _Lines(bool(given), None)
    signs = look_at_lines(table.spark, source.files, dialect, len(table.names))
    if signs.odd_quotes:
        LOG.info('%s has line breaks inside quotes and is read by a single task.', source.name)
    return _Lines(signs.odd_quotes, None if signs.uneven else False)


def _look_at_small_files(table: _Table, given: bool | None) -> _Lines:
    """Return what the lines show to one reader of all files."""
    line_breaks, open_ended, uneven = False, False, False
    for file in table.source.files:
        content = runtime.files(file.uri).read(file.uri) or b''
        signs = signs_of(content, table.dialect, len(table.names))
        if given is None and signs.odd_quotes and ends_inside_quotes(content, table.dialect):
            LOG.warning('A quote in %s is never closed; its lines are read one by one, as if no value held a line '
                        'break.', file.name)
            open_ended = True
        # A carriage return alone ends a line or belongs to a value, which the reader of whole files finds out.
        odd_ends = content.count(b'\r') not in (0, content.count(b'\r\n'))
        line_breaks = line_breaks or signs.odd_quotes or odd_ends
        uneven = uneven or signs.uneven or odd_ends
    return _Lines(line_breaks and not open_ended if given is None else given, None if uneven else False)


def _rows(table: _Table, line_breaks: bool, misfits: bool) -> DataFrame:
    """Return all columns as text; rows that do not fit are marked where there may be any.

    Marking makes Spark parse every column of every row, and costs a fifth of the reading.
    """
    if not misfits:
        return table.read(line_breaks)
    unparsed = table.unused('unparsed')
    rows = table.read(line_breaks, unparsed=unparsed)
    return mark_malformed(rows, has_unparsed_text(rows, unparsed), unparsed)


def _look_at_all_rows(table: _Table, lines: _Lines) -> tuple[dict[str, str], bool]:
    """Return the types of undecided columns, and whether a row may be a misfit; reads all rows where it has to.

    That takes one Spark job. Raises DataError when there are no rows.
    """
    rules, undecided = table.rules, table.rules.undecided(table.names, table.beginning.rows)
    if not undecided and table.beginning.rows:
        return {}, lines.misfits is not False
    rows = _masked_rows(table, lines, undecided)
    result = rows.agg(*summed(undecided), F.max('misfit').alias('misfit')).collect()[0].asDict()
    if not result['rows']:
        raise no_rows(table.source.name, 'a header but no rows')
    return settled_types(result, undecided, rules), bool(result['misfit'])


def _masked_rows(table: _Table, lines: _Lines, undecided: list[str]) -> DataFrame:
    """Return a row for each row: the types that its values fit, and whether it may be a misfit unless that is known.

    A value in a column behind the last one is one too many. Spark takes rows to be of any length as long as it does
    not need all columns; so there is one column more that nobody asks for.
    """
    extra, unread = table.unused('extra'), table.unused('unread')
    misfit = F.lit(False)
    if lines.misfits is None:
        misfit = column(extra).isNotNull()
        if len(table.names) > 1:
            misfit = misfit | column(table.names[-1]).isNull()
    rows = table.read(lines.line_breaks, extra, unread).select(
        *[column(name) for name in undecided], misfit.cast('int').alias(extra))
    rows = table.rules.without_null_values(rows, undecided)
    return masked(rows, undecided, table.rules, column(extra).alias('misfit'))


def _texts(names: list[str] | tuple[str, ...]) -> StructType:
    return StructType([StructField(name, StringType()) for name in names])
