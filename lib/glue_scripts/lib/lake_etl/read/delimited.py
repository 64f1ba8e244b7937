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
from lake_etl.read.guess import EVERYTHING
from lake_etl.read.header import Beginning, Dialect, ends_inside_quotes, read_beginning
from lake_etl.read.malformed import has_unparsed_text, mark_malformed
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
    misfits     whether a row may have too few or too many values; None when nobody looked
    """

    types: dict[str, str]
    odd_quotes: bool
    misfits: bool | None


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
    line_breaks = _line_breaks(source, dialect)
    seen = _look_at_all_rows(table, line_breaks)
    if line_breaks is None and seen.odd_quotes:
        LOG.info('%s has line breaks inside quotes and is read by a single task.', source.name)
        line_breaks = True
        seen = _look_at_all_rows(table, line_breaks)
    rows = table.rules.without_null_values(_rows(table, bool(line_breaks), seen.misfits), table.names)
    return typed(rows, table.names, seen.types, source.name)


def _dialect(spec: InputSpec, encoding: str) -> Dialect:
    section = spec.delimited()
    return Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header, encoding)


def _line_breaks(source: Collected, dialect: Dialect) -> bool | None:
    """Return whether quoted values may go on in the next line; None when the lines have to be looked at."""
    if isinstance(source.spec.multiline, bool):
        return source.spec.multiline
    if max(file.size for file in source.files) > SPLIT_BYTES:
        return None
    for file in source.files:  # Each is read by one task anyway.
        content = runtime.files(file.uri).read(file.uri) or b''
        if ends_inside_quotes(content, dialect):
            LOG.warning('A quote in %s is never closed; its lines are read one by one, as if no value held a line '
                        'break.', file.name)
            return False
    return True


def _rows(table: _Table, line_breaks: bool, misfits: bool | None) -> DataFrame:
    """Return all columns as text; rows that do not fit are marked unless it is known that there are none.

    Marking makes Spark parse every column of every row, and costs a fifth of the reading.
    """
    if misfits is False:
        return table.read(line_breaks)
    unparsed = table.unused('unparsed')
    rows = table.read(line_breaks, unparsed=unparsed)
    return mark_malformed(rows, has_unparsed_text(rows, unparsed), unparsed)


def _look_at_all_rows(table: _Table, line_breaks: bool | None) -> _Seen:
    """Read everything once, in one Spark job, as far as that is needed; raises DataError when there are no rows."""
    rules, undecided = table.rules, table.rules.undecided(table.names, table.beginning.rows)
    reads_rows = bool(undecided or not table.beginning.rows)
    parts = [_quote_counts(table, len(undecided))] if line_breaks is None and table.dialect.quote else []
    if reads_rows:
        parts.append(_masked_rows(table, bool(line_breaks), undecided))
    if not parts:
        return _Seen({}, False, None)
    result = reduce(DataFrame.unionByName, parts).agg(
        *summed(undecided), F.max('odd_quotes').alias('odd_quotes'), F.max('misfit').alias('misfit')
    ).collect()[0].asDict()
    if reads_rows and not result['rows']:
        raise no_rows(table.source.name, 'a header but no rows')
    return _Seen(settled_types(result, undecided, rules), bool(result['odd_quotes']),
                 bool(result['misfit']) if reads_rows else None)


def _masked_rows(table: _Table, line_breaks: bool, undecided: list[str]) -> DataFrame:
    """Return a row for each row: the types that its values fit, and whether it may have too few or too many values.

    A value in a column behind the last one is one too many. Spark takes rows to be of any length as long as it does
    not need all columns; so there is one column more that nobody asks for.
    """
    extra, unread = table.unused('extra'), table.unused('unread')
    misfit = column(extra).isNotNull()
    if len(table.names) > 1:
        misfit = misfit | column(table.names[-1]).isNull()
    rows = table.read(line_breaks, extra, unread).select(
        *[column(name) for name in undecided], misfit.cast('int').alias(extra))
    rows = table.rules.without_null_values(rows, undecided)
    return masked(rows, undecided, table.rules, F.lit(0).alias('odd_quotes'), column(extra).alias('misfit'))


def _quote_counts(table: _Table, undecided: int) -> DataFrame:
    """Return a row for each line of the files that tells whether its number of quotes is odd.

    An odd number means that a quoted value goes on in the next line, so the file cannot be split at line ends.
    """
    dialect = table.dialect
    line, quote = F.col('value'), dialect.quote
    if dialect.escape and dialect.escape != quote:
        line = F.replace(line, F.lit(dialect.escape + quote), F.lit(''))
    # Lengths in bytes, which a text knows, rather than in characters, which are counted. Looking whether there is a
    # quote at all is much quicker than removing quotes, so lines without any are left out first.
    quotes = (F.octet_length(line) - F.octet_length(F.replace(line, F.lit(quote), F.lit('')))) / len(quote.encode())
    odd = F.when(line.contains(quote), (quotes % 2).cast('int')).otherwise(0)
    everything = [F.lit(EVERYTHING).alias(f'fits_{index}') for index in range(undecided)]
    return table.spark.read.text(table.source.paths).select(
        F.lit(0).alias('row'), *everything, odd.alias('odd_quotes'), F.lit(0).alias('misfit'))


def _texts(names: list[str] | tuple[str, ...]) -> StructType:
    return StructType([StructField(name, StringType()) for name in names])
