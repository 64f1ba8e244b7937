"""Guesses column types from text: which types every value of a column fits, as bits that combine by `and`."""
from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.spark.columns import column, quoted, try_cast, try_cast_column
from lake_etl.syntax.type_text import WHOLE_TYPES
from lake_etl.transform.type_change import exact_number_from_text

INT, BIGINT, WHOLE, DOUBLE, DATE, TIMESTAMP, BOOLEAN, TABLE_TYPE = (1 << position for position in range(8))
EVERYTHING = (1 << 8) - 1
NO_VALUE = EVERYTHING
GUESSED_TYPES = ((INT, 'int'), (BIGINT, 'bigint'), (WHOLE, 'decimal(38,0)'), (DOUBLE, 'double'), (DATE, 'date'),
                 (TIMESTAMP, 'timestamp'), (BOOLEAN, 'boolean'))

# An identifier such as 007 is text, and so is a telephone number that begins with +. More digits than a decimal holds
# are no number either: a double would lose most of them.
DIGITS = r'(0|[1-9][0-9]{0,37})'
WHOLE_NUMBER = rf'^-?{DIGITS}$'
NUMBER = rf'^-?({DIGITS}([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'
DAY = r'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
MOMENT = (r'^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?'
          r'(Z|[-+](0[0-9]|1[0-7]):?[0-5][0-9]|[-+]18:?00)?)?$')
ANY_DAY = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$'
BEGINS_WITH_DAY = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]|$)'
FORMS = {'float': NUMBER, 'double': NUMBER, 'date': ANY_DAY, 'timestamp': BEGINS_WITH_DAY,
         **dict.fromkeys(WHOLE_TYPES, WHOLE_NUMBER)}
TYPED = re.compile('|'.join((NUMBER, DAY, MOMENT, '^(?i:true|false)$')))


def may_be_typed(values: Iterable[str]) -> bool:
    """Tell whether a column with these values may be anything but text; a quick look before the whole file is read."""
    return all(TYPED.match(value) for value in values if value)


def fitting_types(name: str, table_type: str | None = None) -> Column:
    """Build an integer of bits: the types that this text column's value fits.

    TABLE_TYPE stands for `table_type`, the type the published table has for the column. Most text is ruled out by
    comparing its first character, which keeps the cost of wide text columns low; and a value is converted only where
    its form lets it: a conversion that fails takes Spark fifty times as long as one that does not.
    """
    value = column(name)
    day = try_cast(f'left({quoted(name)}, 10)', 'date')
    begins_like_a_number = (value >= '-') & (value < ':')
    numeric = (
        F.when(value.rlike(WHOLE_NUMBER), _whole_number(name))
        .when(value.rlike(NUMBER), DOUBLE)
        .when(value.rlike(DAY) & day.isNotNull(), DATE | TIMESTAMP)
        .when(value.rlike(MOMENT) & day.isNotNull(), TIMESTAMP)
        .otherwise(0))
    guessed = (
        F.when(value.isNull(), NO_VALUE)
        .when(begins_like_a_number, numeric)
        .when(F.lower(value).isin('true', 'false'), BOOLEAN)
        .otherwise(0))
    if table_type is None or table_type == 'string':
        return guessed
    return guessed.bitwiseOR(F.when(fits_type(name, table_type), TABLE_TYPE).otherwise(0))


def _whole_number(name: str) -> Column:
    """Build the bits of a text that is a whole number; one with few digits is within a type whatever they are."""
    length = F.length(column(name))
    within_int = try_cast_column(name, 'bigint').between(-1 << 31, (1 << 31) - 1)
    within_bigint = try_cast_column(name, 'decimal(38,0)').between(-1 << 63, (1 << 63) - 1)
    return (F.when(length <= 9, INT | BIGINT | WHOLE | DOUBLE)
            .when(length <= 18, F.when(within_int, INT | BIGINT | WHOLE | DOUBLE).otherwise(BIGINT | WHOLE | DOUBLE))
            .otherwise(F.when(within_bigint, BIGINT | WHOLE | DOUBLE).otherwise(WHOLE | DOUBLE)))


def fits_type(name: str, type_name: str) -> Column:
    """Build a condition: the text column's value keeps its meaning as `type_name`.

    That a value converts is not enough: conversions take 12d for a number, and 10:30 for a time of today.
    """
    value, converted = F.trim(column(name)), F.expr(exact_number_from_text(quoted(name), type_name))
    if type_name.startswith('decimal'):
        return value.rlike(NUMBER) & (converted == try_cast_column(name, 'double'))
    form = FORMS.get(type_name)
    return converted.isNotNull() if form is None else value.rlike(form) & converted.isNotNull()


def settled_type(bits: int, table_type: str | None = None) -> str:
    """Return the type of a column from the bits that all its values have in common.

    The published table's type wins where every value fits; a column without any value is text.
    """
    if table_type == 'string' or (table_type is not None and bits & TABLE_TYPE):
        return str(table_type)
    if bits & ~TABLE_TYPE == EVERYTHING & ~TABLE_TYPE:
        return 'string'
    return next((name for bit, name in GUESSED_TYPES if bits & bit), 'string')
