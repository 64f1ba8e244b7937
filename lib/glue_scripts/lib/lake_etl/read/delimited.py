"""Reads delimited text: settles the column types in one Spark job, then gives the rows to be read in one pass."""
from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from lake_etl.errors import DataError
from lake_etl.read.charset import has_plain_line_ends, java_charset
from lake_etl.read.guess import EVERYTHING, fitting_types, may_be_typed, settled_type
from lake_etl.read.header import Beginning, Dialect
from lake_etl.read.literal_path import literal_path
from lake_etl.transform.columns import column, try_cast_column

LOG = logging.getLogger(__name__)
SPLIT_BYTES = 32 * 1024 * 1024
MOST_COLUMNS = 20_480
COMPRESSED = ('.gz', '.bz2')


@dataclass(frozen=True)
class DelimitedOptions:
    """How to read a delimited file.

    beginning     the file's column names and first rows
    size          of the file, in bytes
    line_breaks   whether quoted values may hold line breaks: yes, no, or None to find out
    infer_types   whether to guess types; otherwise every column is text
    fixed_types   types given by name of the source column, in any case
    text_columns  source columns (lower case) that stay text because the first step that touches them parses text
    table_types   types that the published table has, by name of the source column
    null_values   texts that stand for no value
    """

    dialect: Dialect
    beginning: Beginning
    size: int
    line_breaks: bool | None = None
    infer_types: bool = True
    fixed_types: Mapping[str, str] = field(default_factory=dict)
    text_columns: Collection[str] = ()
    table_types: Mapping[str, str] = field(default_factory=dict)
    null_values: tuple[str, ...] = ()


def read_delimited(spark: SparkSession, uri: str, options: DelimitedOptions) -> DataFrame:
    """Return the rows of a delimited file, each column in the type that all its values fit.

    Reads the whole file once to settle types and line breaks; the frame itself is not computed yet. Values of a column
    whose type was fixed become null where they do not convert. Raises DataError when the file has no rows.
    """
    names = options.beginning.columns
    open_types = _open_columns(options)
    line_breaks = options.line_breaks
    if line_breaks is None and (options.size <= SPLIT_BYTES or uri.lower().endswith(COMPRESSED)):
        line_breaks = True  # Such a file is read by one task anyway.
    if not has_plain_line_ends(options.dialect.encoding):
        line_breaks = True
    bits, odd_quotes = _settle(spark, uri, open_types, options, line_breaks)
    if line_breaks is None and odd_quotes:
        LOG.info('%s has line breaks inside quotes and is read by a single task.', uri)
        line_breaks = True
        bits, _ = _settle(spark, uri, open_types, options, line_breaks)
    types = {name: settled_type(bits[name], options.table_types.get(name)) for name in open_types}
    types.update(_fixed_types(options))
    LOG.info('Settled the types of %s: %d columns, %d of them other than text.', uri, len(names),
             sum(1 for kind in types.values() if kind != 'string'))
    rows = _read(spark, uri, options, bool(line_breaks))
    return rows.select(*[_typed(name, types.get(name, 'string')) for name in names])


def _typed(name: str, type_name: str) -> Column:
    if type_name == 'string':
        return column(name)
    return try_cast_column(name, type_name).alias(name)


def _open_columns(options: DelimitedOptions) -> list[str]:
    """Return the columns whose type only the whole file can tell.

    A column that is published as text stays text, and a sample rules out most of the others.
    """
    if not options.infer_types:
        return []
    undecided, fixed = [], _fixed_types(options)
    for position, name in enumerate(options.beginning.columns):
        published = options.table_types.get(name)
        if name.lower() in options.text_columns or name in fixed or published == 'string':
            continue
        values = [row[position] for row in options.beginning.rows
                  if position < len(row) and row[position] not in options.null_values]
        if published or may_be_typed(values):
            undecided.append(name)
    return undecided


def _fixed_types(options: DelimitedOptions) -> dict[str, str]:
    """Return the types that were given, by the names as the file spells them."""
    given = {name.lower(): kind for name, kind in options.fixed_types.items()}
    return {name: given[name.lower()] for name in options.beginning.columns if name.lower() in given}


def _read(spark: SparkSession, uri: str, options: DelimitedOptions, line_breaks: bool) -> DataFrame:
    """Return all columns as text."""
    dialect, names = options.dialect, options.beginning.columns
    schema = StructType([StructField(name, StringType()) for name in names])
    rows = spark.read.csv(literal_path(uri), schema=schema, sep=dialect.delimiter, quote=dialect.quote,
                          escape=dialect.escape, header=dialect.header, encoding=java_charset(dialect.encoding),
                          multiLine=line_breaks, mode='PERMISSIVE', enforceSchema=True,
                          maxColumns=max(MOST_COLUMNS, len(names)))
    if not options.null_values:
        return rows
    return rows.select(*[F.when(~column(name).isin(*options.null_values), column(name)).alias(name) for name in names])


def _settle(spark: SparkSession, uri: str, open_columns: list[str], options: DelimitedOptions,
            line_breaks: bool | None) -> tuple[dict[str, int], bool]:
    """Read the whole file once: the types that all values fit, and whether a line has an odd number of quotes.

    Raises DataError when there are no rows.
    """
    masks = [fitting_types(name, options.table_types.get(name)).cast(IntegerType()).alias(f'fits_{index}')
             for index, name in enumerate(open_columns)]
    looks_for_line_breaks = line_breaks is None and bool(options.dialect.quote)
    parts = [_quote_counts(spark, uri, options.dialect, len(open_columns))] if looks_for_line_breaks else []
    reads_rows = bool(open_columns or not options.beginning.rows)
    if reads_rows:
        rows = _read(spark, uri, options, bool(line_breaks))
        parts.append(rows.select(F.lit(1).alias('row'), F.lit(0).alias('odd_quotes'), *masks))
    if not parts:
        return {}, False
    seen = reduce(DataFrame.unionByName, parts)
    found = seen.agg(F.sum('row').alias('rows'), F.max('odd_quotes').alias('odd_quotes'),
                     *[F.expr(f'bit_and(fits_{index})').alias(f'fits_{index}') for index in range(len(open_columns))])
    result = found.collect()[0]
    if reads_rows and not result['rows']:
        raise DataError(f'{uri} holds a header but no rows. The published data stays as it is; land the file again '
                        'with its content.')
    bits = {name: int(result[f'fits_{index}']) for index, name in enumerate(open_columns)}
    return bits, bool(result['odd_quotes'])


def _quote_counts(spark: SparkSession, uri: str, dialect: Dialect, columns: int) -> DataFrame:
    """Return a row for each line of the file that tells whether its number of quotes is odd.

    An odd number means that a quoted value goes on in the next line, so the file cannot be split at line ends.
    """
    line, quote = F.col('value'), dialect.quote
    if dialect.escape and dialect.escape != quote:
        line = F.replace(line, F.lit(dialect.escape + quote), F.lit(''))
    # Lengths in bytes, which a text knows, rather than in characters, which are counted. Looking whether there is a
    # quote at all is much quicker than removing quotes, so lines without any are left out first.
    quotes = (F.octet_length(line) - F.octet_length(F.replace(line, F.lit(quote), F.lit('')))) / len(quote.encode())
    odd = F.when(line.contains(quote), (quotes % 2).cast('int')).otherwise(0)
    everything = [F.lit(EVERYTHING).alias(f'fits_{index}') for index in range(columns)]
    return spark.read.text(literal_path(uri)).select(F.lit(0).alias('row'), odd.alias('odd_quotes'), *everything)
