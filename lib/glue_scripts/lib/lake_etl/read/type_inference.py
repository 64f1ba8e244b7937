"""Tells which types the text values of a column fit.

Each value of a column becomes a mask: one bit for each type that the value fits. Combined by `and`, the masks of all
values tell which types the whole column fits.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.spark.columns import column, quoted, try_cast, try_cast_column
from lake_etl.syntax.type_text import WHOLE_TYPES
from lake_etl.transform.type_change import exact_number_from_text

TEXT = 'string'
# TABLE_TYPE stands for the type that the published table has for the column.
INT, BIGINT, WHOLE, DOUBLE, DATE, TIMESTAMP, BOOLEAN, TABLE_TYPE = (1 << position for position in range(8))
# Decimals of 38 digits by their scale, for numbers with more digits than a double holds.
DECIMALS = {scale: 1 << position for position, scale in enumerate((2, 4, 6, 10, 18, 30), start=8)}
ALL_TYPES = (1 << 14) - 1
# In order of preference.
INFERRED_TYPES = ((INT, 'int'), (BIGINT, 'bigint'), (WHOLE, 'decimal(38,0)'), (DOUBLE, 'double'),
                  *[(bit, f'decimal(38,{scale})') for scale, bit in DECIMALS.items()],
                  (DATE, 'date'), (TIMESTAMP, 'timestamp'), (BOOLEAN, 'boolean'))

# Identifiers with leading zeros, such as 007, and telephone numbers that begin with + are text. So are numbers with
# more digits than a decimal holds, because a double would lose most of them.
DIGITS = r'(0|[1-9][0-9]{0,37})'
WHOLE_NUMBER = rf'^-?{DIGITS}$'
PLAIN_NUMBER = rf'^-?({DIGITS}([.][0-9]*)?|[.][0-9]+)$'
# Identifiers such as 10E4501 and 1E5 are text: an exponent follows a decimal point, and a double can hold it.
EXPONENT_NUMBER = r'^-?(0|[1-9][0-9]{0,8})[.][0-9]+[eE][-+]?(0?[0-9]{1,2}|[12][0-9]{2})$'
# Where the specification or the published table says that a column is a number.
NUMBER = rf'^-?({DIGITS}([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'
ISO_DATE = r'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
ISO_TIMESTAMP = (r'^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?'
                 r'(Z|[-+](0[0-9]|1[0-7]):?[0-5][0-9]|[-+]18:?00)?)?$')
LENIENT_DATE = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$'
LENIENT_TIMESTAMP = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]|$)'
TABLE_TYPE_PATTERNS = {'date': LENIENT_DATE, 'timestamp': LENIENT_TIMESTAMP,
                       **dict.fromkeys(WHOLE_TYPES, WHOLE_NUMBER)}
# A double keeps every number of up to 15 digits.
DOUBLE_DIGITS, DOUBLE_SCALE = 15, 18
NOT_ONLY_TEXT = re.compile('|'.join((PLAIN_NUMBER, EXPONENT_NUMBER, ISO_DATE, ISO_TIMESTAMP, '^(?i:true|false)$')))


def may_have_type(values: Iterable[str]) -> bool:
    """Tell whether a column with these sample values may be anything but text."""
    return all(NOT_ONLY_TEXT.match(value) for value in values if value)


def fitting_types(name: str, table_type: str | None = None) -> Column:
    """Build the mask of a text column's value: the types that the value fits, as the bits of an integer.

    Two measures keep this cheap. Comparing the first character rules out most text. And a value is converted only when
    it matches the type's pattern, because a conversion that fails takes Spark fifty times as long as one that succeeds.

    table_type  the type that the published table has for the column
    """
    value = column(name)
    day = try_cast(f'left({quoted(name)}, 10)', 'date')
    begins_like_a_number = (value >= '-') & (value < ':')
    numeric = (
        F.when(_matches(value, PLAIN_NUMBER), _number_types(name))
        .when(_matches(value, EXPONENT_NUMBER), DOUBLE)
        .when(_matches(value, ISO_DATE) & day.isNotNull(), DATE | TIMESTAMP)
        .when(_matches(value, ISO_TIMESTAMP) & day.isNotNull(), TIMESTAMP)
        .otherwise(0))
    mask = (
        F.when(value.isNull(), ALL_TYPES)
        .when(begins_like_a_number, numeric)
        .when(F.lower(value).isin('true', 'false'), BOOLEAN)
        .otherwise(0))
    if table_type is None or table_type == TEXT:
        return mask
    return mask.bitwiseOR(F.when(fits_type(name, table_type), TABLE_TYPE).otherwise(0))


def _number_types(name: str) -> Column:
    """Build the mask of a number without an exponent.

    Numbers of up to 15 characters, which are most, need no conversion beyond one to bigint. What longer ones need stays
    out of the code that Spark generates: compiling it for each column would take longer than reading a large file.
    """
    length, is_whole = F.length(column(name)), F.instr(column(name), '.') == 0
    within_int = try_cast_column(name, 'bigint').between(-1 << 31, (1 << 31) - 1)
    short = (F.when(~is_whole, DOUBLE)
             .when(length <= 9, INT | BIGINT | WHOLE | DOUBLE)
             .when(within_int, INT | BIGINT | WHOLE | DOUBLE)
             .otherwise(BIGINT | WHOLE | DOUBLE))
    within_bigint = try_cast_column(name, 'decimal(38,0)').between(-1 << 63, (1 << 63) - 1)
    long = (F.when(~is_whole, 0).when(within_bigint, BIGINT | WHOLE).otherwise(WHOLE)
            .bitwiseOR(F.when(_is_exact_double(name), DOUBLE).otherwise(0)))
    return (F.when(length <= DOUBLE_DIGITS, short).otherwise(_interpreted(long))
            .bitwiseOR(_decimal_types(name)))


def _interpreted(expression: Column) -> Column:
    """Build the same value, which Spark computes without generating code: it never does for a lambda function."""
    return F.element_at(F.transform(F.array(F.lit(0)), lambda _: expression), 1)


def _is_exact_double(name: str) -> Column:
    """Build a condition: a double prints all digits of the number.

    Programs that compute with doubles write up to 17 digits, as in 0.30000000000000004.
    """
    decimal = f'decimal(38,{DOUBLE_SCALE})'
    printed = try_cast(f'CAST(try_cast({quoted(name)} AS double) AS string)', decimal)
    return (_scale(name) <= DOUBLE_SCALE) & F.coalesce(try_cast_column(name, decimal) == printed, F.lit(False))


def _decimal_types(name: str) -> Column:
    """Build the mask of the decimals that hold all digits of a number.

    The masks are looked up in constant lists: nested conditions would make the code that Spark generates for a column
    ten times as long.
    """
    scale = _scale(name)
    digits = F.length(F.translate(column(name), '-.', '')) - scale
    by_scale = [_bits(other for other in DECIMALS if other >= places) for places in range(max(DECIMALS) + 2)]
    by_digits = [_bits(other for other in DECIMALS if places <= 38 - other) for places in range(39)]
    return _looked_up(by_scale, scale).bitwiseAND(_looked_up(by_digits, digits))


def _looked_up(masks: Sequence[int], position: Column) -> Column:
    """Build the mask at a position; positions beyond the end get the last one."""
    return F.element_at(F.array(*map(F.lit, masks)), F.least(position, F.lit(len(masks) - 1)) + 1)


def _bits(scales: Iterable[int]) -> int:
    return sum(DECIMALS[scale] for scale in scales)


def _scale(name: str) -> Column:
    """Build the number of digits after the decimal point."""
    point = F.instr(column(name), '.')
    return F.when(point > 0, F.length(column(name)) - point).otherwise(0)


def _matches(value: Column, pattern: str) -> Column:
    """Build a condition: the whole text matches; $ would also match before a line break at its end."""
    return value.rlike(pattern.removesuffix('$') + r'\z')


def fits_type(name: str, type_name: str) -> Column:
    """Build a condition: the text column's value keeps its meaning as `type_name`.

    It is not enough that a value converts: Spark converts 12d to a number, and 10:30 to a time of today.
    """
    value, converted = F.trim(column(name)), F.expr(exact_number_from_text(quoted(name), type_name))
    if type_name in ('float', 'double'):
        short = F.length(value) <= DOUBLE_DIGITS
        exact = short | _is_exact_double(name) | F.lower(value).contains('e')
        return value.rlike(NUMBER) & (F.abs(converted) < float('inf')) & exact
    if type_name.startswith('decimal'):
        return value.rlike(NUMBER) & (converted == try_cast_column(name, 'double'))
    pattern = TABLE_TYPE_PATTERNS.get(type_name)
    return converted.isNotNull() if pattern is None else value.rlike(pattern) & converted.isNotNull()


def inferred_type(mask: int, table_type: str | None = None) -> str:
    """Return the type of a column from the combined mask of all its values.

    The type in the published table wins if every value fits it. A column without any value is text.
    """
    if table_type == TEXT or (table_type is not None and mask & TABLE_TYPE):
        return str(table_type)
    if mask & ~TABLE_TYPE == ALL_TYPES & ~TABLE_TYPE:
        return TEXT
    return next((name for bit, name in INFERRED_TYPES if mask & bit), TEXT)
