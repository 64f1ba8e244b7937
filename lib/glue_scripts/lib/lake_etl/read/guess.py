"""Guesses column types from text: which types every value of a column fits, as bits that combine by `and`."""
from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.transform.columns import column, try_cast_column

INT, BIGINT, WHOLE, DOUBLE, DATE, TIMESTAMP, BOOLEAN, TABLE_TYPE = (1 << position for position in range(8))
EVERYTHING = (1 << 8) - 1
NO_VALUE = EVERYTHING
GUESSED_TYPES = ((INT, 'int'), (BIGINT, 'bigint'), (WHOLE, 'decimal(38,0)'), (DOUBLE, 'double'), (DATE, 'date'),
                 (TIMESTAMP, 'timestamp'), (BOOLEAN, 'boolean'))
NUMERIC_TYPES = ('tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'decimal')

# An identifier such as 007 is text, and so is a telephone number that begins with +. More digits than a decimal holds
# are no number either: a double would lose most of them.
LEADING_ZERO = r'^-?0[0-9]+([.eE]|$)'
WHOLE_NUMBER = r'^-?[0-9]{1,38}$'
NUMBER = r'^-?([0-9]{1,38}([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'
DAY = r'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
MOMENT = r'^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$'
ANY_DAY = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$'
BEGINS_WITH_DAY = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]|$)'
TYPED = re.compile('|'.join((NUMBER, DAY, MOMENT, '^(?i:true|false)$')))


def may_be_typed(values: Iterable[str]) -> bool:
    """Tell whether a column with these values may be anything but text; a quick look before the whole file is read."""
    return all(TYPED.match(value) and not re.match(LEADING_ZERO, value) for value in values if value)


def fitting_types(name: str, table_type: str | None = None) -> Column:
    """Build an integer of bits: the types that this text column's value fits.

    TABLE_TYPE stands for `table_type`, the type the published table has for the column. Most text is ruled out by
    comparing its first character, which keeps the cost of wide text columns low.
    """
    value = column(name)
    begins_like_a_number = (value >= '-') & (value < ':')
    numeric = (
        F.when(value.rlike(LEADING_ZERO), 0)
        .when(try_cast_column(name, 'int').isNotNull() & value.rlike(WHOLE_NUMBER), INT | BIGINT | WHOLE | DOUBLE)
        .when(value.rlike(WHOLE_NUMBER), F.when(try_cast_column(name, 'bigint').isNotNull(), BIGINT | WHOLE | DOUBLE)
              .otherwise(WHOLE | DOUBLE))
        .when(value.rlike(NUMBER), DOUBLE)
        .when(value.rlike(DAY) & try_cast_column(name, 'date').isNotNull(), DATE | TIMESTAMP)
        .when(value.rlike(MOMENT) & try_cast_column(name, 'timestamp').isNotNull(), TIMESTAMP)
        .otherwise(0))
    guessed = (
        F.when(value.isNull(), NO_VALUE)
        .when(begins_like_a_number, numeric)
        .when(F.lower(value).isin('true', 'false'), BOOLEAN)
        .otherwise(0))
    if table_type is None or table_type == 'string':
        return guessed
    return guessed.bitwiseOR(F.when(fits_type(name, table_type), TABLE_TYPE).otherwise(0))


def fits_type(name: str, type_name: str) -> Column:
    """Build a condition: the text column's value keeps its meaning as `type_name`.

    That a value converts is not enough: conversions take 12d for a number, and 10:30 for a time of today.
    """
    value, converted = F.trim(column(name)), try_cast_column(name, type_name)
    fits = converted.isNotNull()
    if type_name.startswith(NUMERIC_TYPES):
        fits = fits & value.rlike(NUMBER) & ~value.rlike(LEADING_ZERO)
    if type_name.startswith('decimal'):
        fits = fits & (converted == try_cast_column(name, 'double'))
    if type_name == 'date':
        fits = fits & value.rlike(ANY_DAY)
    if type_name == 'timestamp':
        fits = fits & value.rlike(BEGINS_WITH_DAY)
    return fits


def settled_type(bits: int, table_type: str | None = None) -> str:
    """Return the type of a column from the bits that all its values have in common.

    The published table's type wins where every value fits; a column without any value is text.
    """
    if table_type == 'string' or (table_type is not None and bits & TABLE_TYPE):
        return str(table_type)
    if bits & ~TABLE_TYPE == EVERYTHING & ~TABLE_TYPE:
        return 'string'
    return next((name for bit, name in GUESSED_TYPES if bits & bit), 'string')
