"""Reads delimited text: settles the column types in one Spark job, then gives the rows to be read in one pass."""
from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.read.charset import java_charset
from lake_etl.read.collected import Collected
from lake_etl.read.even_lines import may_be_uneven, surely_even
from lake_etl.read.guess import EVERYTHING
from lake_etl.read.header import Beginning, Dialect, ends_inside_quotes, read_beginning
from lake_etl.read.malformed import mark_malformed
from lake_etl.read.same_columns import require_same_columns
from lake_etl.read.text_types import TypeRules, masked, no_rows, settled_types, summed, typed
from lake_etl.spec.input import InputSpec
from lake_etl.transform.columns import column
from lake_etl.transform.helper_names import unused_name

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
        return self.spark.read.csv(
            self.source.paths, schema=_texts([*columns, *([unparsed] if unparsed else [])]),
            sep=self.dialect.delimiter, quote=self.dialect.quote, escape=self.dialect.escape,
            header=self.dialect.header, encoding=java_charset(self.dialect.encoding), multiLine=line_breaks,
            mode='PERMISSIVE', enforceSchema=True, maxColumns=max(MOST_COLUMNS, len(columns)),
            columnNameOfCorruptRecord=unparsed)

    def unused(self, wish: str) -> str:
        """Return a column name that the files do not have."""
        return unused_name(_texts(self.names), wish)


@dataclass(frozen=True)
class _Seen:
    """What reading everything once has shown.

    types       of the columns that were undecided
    odd_quotes  whether a line has an odd number of quotes, so that a quoted value goes on in the next one
    misfits     whether a row may have too few or too many values
    """

    types: dict[str, str]
    odd_quotes: bool
    misfits: bool


def read_delimited(spark: SparkSession, source: Collected) -> DataFrame:
    """Return the rows of delimited files, each column in the type that all its values fit.

    Reads everything once to settle types and line breaks; the frame itself is not computed yet. A row with too few
    values has nulls in place of the missing ones, one with too many keeps the first; where there may be such rows, they
    are marked. Raises DataError when there are no rows.
    """
    dialect = _dialect(source.spec, source.encoding)
    beginnings = [read_beginning(file, dialect) for file in source.files]
    require_same_columns([(file.name, item.columns) for file, item in zip(source.files, beginnings, strict=True)])
    beginning = Beginning(beginnings[0].columns, tuple(row for item in beginnings for row in item.rows))
    table = _Table(spark, source, dialect, beginning,
                   TypeRules.of(source.spec, source.knowledge(beginning.columns)))
    lines = _look_at_small_files(table)
    seen = _look_at_all_rows(table, lines)
    if lines.line_breaks is None and seen.odd_quotes:
        LOG.info('%s has line breaks inside quotes and is read by a single task.', source.name)
        lines = _Lines(True, None)
        seen = _look_at_all_rows(table, lines)
    rows = table.rules.without_null_values(_rows(table, bool(lines.line_breaks), seen.misfits), table.names)
    return typed(rows, table.names, seen.types, source.name)


def _dialect(spec: InputSpec, encoding: str) -> Dialect:
    section = spec.delimited()
    return Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header, encoding)


@dataclass(frozen=True)
class _Lines:
    """What is known of the lines before Spark reads them.

    line_breaks  whether quoted values may go on in the next line; None when the lines have to be looked at
    misfits      whether a row may have too few or too many values; None when that has to be found out
    """

    line_breaks: bool | None
    misfits: bool | None


def _look_at_small_files(table: _Table) -> _Lines:
    """Return what the lines show, if all files are small: each of them is read by one task anyway."""
    source, dialect = table.source, table.dialect
    given = source.spec.multiline if isinstance(source.spec.multiline, bool) else None
    if max(file.size for file in source.files) > SPLIT_BYTES:
        return _Lines(given, None)
    line_breaks, even = True, True
    for file in source.files:
        content = runtime.files(file.uri).read(file.uri) or b''
        if given is None and ends_inside_quotes(content, dialect):
            LOG.warning('A quote in %s is never closed; its lines are read one by one, as if no value held a line '
                        'break.', file.name)
            line_breaks = False
        even = even and surely_even(content, dialect, len(table.names))
    return _Lines(line_breaks if given is None else given, False if even else None)


def _rows(table: _Table, line_breaks: bool, misfits: bool) -> DataFrame:
    """Return all columns as text; rows that do not fit are marked where there may be any.

    Marking makes Spark parse every column of every row, and costs a fifth of the reading.
    """
    if not misfits:
        return table.read(line_breaks)
    unparsed = table.unused('unparsed')
    return mark_malformed(table.read(line_breaks, unparsed=unparsed), column(unparsed).isNotNull(), unparsed)


def _look_at_all_rows(table: _Table, lines: _Lines) -> _Seen:
    """Read everything once, in one Spark job, as far as that is needed; raises DataError when there are no rows."""
    rules, undecided = table.rules, table.rules.undecided(table.names, table.beginning.rows)
    reads_rows = bool(undecided or not table.beginning.rows)
    reads_lines = lines.line_breaks is None and bool(table.dialect.quote)
    parts = [_looked_at_lines(table, len(undecided))] if reads_lines else []
    if reads_rows:
        parts.append(_masked_rows(table, bool(lines.line_breaks), undecided, misfits=not reads_lines))
    if not parts:
        return _Seen({}, False, lines.misfits is not False)
    result = reduce(DataFrame.unionByName, parts).agg(
        *summed(undecided), F.max('odd_quotes').alias('odd_quotes'), F.max('misfit').alias('misfit')
    ).collect()[0].asDict()
    if reads_rows and not result['rows']:
        raise no_rows(table.source.name, 'a header but no rows')
    return _Seen(settled_types(result, undecided, rules), bool(result['odd_quotes']),
                 bool(result['misfit']) and lines.misfits is not False)


def _masked_rows(table: _Table, line_breaks: bool, undecided: list[str], misfits: bool) -> DataFrame:
    """Return a row for each row: the types that its values fit, and, if asked, whether it may be a misfit.

    A value in a column behind the last one is one too many. Spark takes rows to be of any length as long as it does
    not need all columns; so there is one column more that nobody asks for.
    """
    extra, unread = table.unused('extra'), table.unused('unread')
    misfit = F.lit(0)
    if misfits:
        uneven = column(extra).isNotNull()
        misfit = (uneven | column(table.names[-1]).isNull() if len(table.names) > 1 else uneven).cast('int')
    rows = table.read(line_breaks, extra, unread).select(
        *[column(name) for name in undecided], misfit.alias(extra))
    rows = table.rules.without_null_values(rows, undecided)
    return masked(rows, undecided, table.rules, F.lit(0).alias('odd_quotes'), column(extra).alias('misfit'))


def _looked_at_lines(table: _Table, undecided: int) -> DataFrame:
    """Return a row for each line of the files: whether its number of quotes is odd, and whether it may be a misfit.

    An odd number means that a quoted value goes on in the next line, so the file cannot be split at line ends.
    """
    dialect = table.dialect
    line, quote = F.col('value'), dialect.quote
    unescaped = line
    if dialect.escape and dialect.escape != quote:
        unescaped = F.replace(line, F.lit(dialect.escape + quote), F.lit(''))
    # Lengths in bytes, which a text knows, rather than in characters, which are counted. Looking whether there is a
    # quote at all is much quicker than removing quotes, so lines without any are left out first.
    quotes = (F.octet_length(unescaped) - F.octet_length(F.replace(unescaped, F.lit(quote), F.lit('')))
              ) / len(quote.encode())
    odd = F.when(unescaped.contains(quote), (quotes % 2).cast('int')).otherwise(0)
    everything = [F.lit(EVERYTHING).alias(f'fits_{index}') for index in range(undecided)]
    misfit = may_be_uneven(line, dialect, len(table.names)).cast('int')
    return table.spark.read.text(table.source.paths).select(
        F.lit(0).alias('row'), *everything, odd.alias('odd_quotes'), misfit.alias('misfit'))


def _texts(names: list[str] | tuple[str, ...]) -> StructType:
    return StructType([StructField(name, StringType()) for name in names])
