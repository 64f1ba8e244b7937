"""Tells from the lines of delimited text, without taking them apart, that each holds as many values as the header.

That is much quicker than parsing every column. Where a line leaves any doubt, the reader has to look closely.
"""
from __future__ import annotations

import re

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.read.header import Dialect


def surely_even(content: bytes, dialect: Dialect, values: int) -> bool:
    """Tell whether a file has no quotes and surely so many values in each line; empty lines are no rows."""
    delimiter, quote = dialect.delimiter.encode(dialect.encoding), dialect.quote.encode(dialect.encoding)
    if len(delimiter) != 1 or quote and quote in content or content.count(b'\r') != content.count(b'\r\n'):
        return False
    return all(line.count(delimiter) == values - 1 for line in content.splitlines() if line)


def may_be_uneven(line: Column, dialect: Dialect, values: int) -> Column:
    """Build a condition on a line: it may hold more or fewer values than so many.

    Quoted values are taken out first, and doubled quotes before them. Quotes that remain are none that open and close
    a value, so how a reader takes that line is left to it.
    """
    delimiter, quote = dialect.delimiter, dialect.quote
    if len(delimiter) != 1 or dialect.escape not in ('', quote):
        return F.lit(True)
    without_quoted = line
    if quote:
        apart, inside = f'[^{re.escape(delimiter)}]', re.escape(quote)
        value = f'(?<!{apart}){inside}[^{inside}]*{inside}(?!{apart})'
        without_quoted = F.when(line.contains(quote), F.regexp_replace(
            F.replace(line, F.lit(quote * 2), F.lit('')), value, '')).otherwise(line)
    delimiters = F.octet_length(without_quoted) - F.octet_length(
        F.replace(without_quoted, F.lit(delimiter), F.lit('')))
    uneven = delimiters != (values - 1) * len(delimiter.encode())
    return (line != '') & (uneven | without_quoted.contains(quote) if quote else uneven)
