"""Builds SQL for the types that a text keeps its meaning in, as one bit for each type.

All of it is SQL text: Spark parses a whole mask in one call from Python, where building it piece by piece would take a
hundred calls.
"""
from __future__ import annotations

import re
from collections.abc import Iterable

from lake_etl.spark.columns import quoted
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.syntax.type_text import WHOLE_TYPES
from lake_etl.transform.type_change import exact_number_from_text

TEXT = 'string'
# TABLE_TYPE stands for the type that the published table has for the column.
INT, BIGINT, WHOLE, DOUBLE, DATE, TIMESTAMP, BOOLEAN, TABLE_TYPE = (1 << position for position in range(8))
# Decimals of 38 digits by their scale, for numbers with more digits than a double holds.
DECIMALS = {scale: 1 << position for position, scale in enumerate((2, 4, 6, 10, 18), start=8)}
ALL_TYPES = (1 << 13) - 1
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
ISO_TIME = (r'[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?'
            r'(Z|[-+](0[0-9]|1[0-7]):?[0-5][0-9]|[-+]18:?00)?)?')
ISO_DATE_OR_TIMESTAMP = rf'^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({ISO_TIME})?$'
ISO_DATE_LENGTH = len('2026-01-31')
LENIENT_DATE = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$'
LENIENT_TIMESTAMP = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]|$)'
TABLE_TYPE_PATTERNS = {'date': LENIENT_DATE, 'timestamp': LENIENT_TIMESTAMP,
                       **dict.fromkeys(WHOLE_TYPES, WHOLE_NUMBER)}
# A double keeps every number of up to 15 digits. A text of 15 characters fits a decimal of any scale listed above.
DOUBLE_DIGITS, DOUBLE_SCALE = 15, 18
NOT_ONLY_TEXT = re.compile('|'.join((PLAIN_NUMBER, EXPONENT_NUMBER, ISO_DATE_OR_TIMESTAMP, '^(?i:true|false)$')))


def may_have_type(values: Iterable[str]) -> bool:
    """Return whether a column with these sample values may be anything but text."""
    return all(NOT_ONLY_TEXT.match(value) for value in values if value)


def inferred_type(mask: int, table_type: str | None = None) -> str:
    """Return the type of a column from the combined mask of all its values.

    The type in the published table wins if every value fits it. A column without any value is text.
    """
    if table_type == TEXT or (table_type is not None and mask & TABLE_TYPE):
        return str(table_type)
    if mask | TABLE_TYPE == ALL_TYPES:
        return TEXT
    return next((name for bit, name in INFERRED_TYPES if mask & bit), TEXT)


def fitting_types(name: str, table_type: str | None = None) -> str:
    """Return SQL for the mask of a text column's value: the types that the value fits, as the bits of an integer.

    Two measures keep this cheap. Comparing the first character rules out most text. And a value is converted only when
    it matches the type's pattern, because a conversion that fails takes Spark fifty times as long as one that succeeds.

    table_type  the type that the published table has for the column
    """
    text = quoted(name)
    mask = (f'CASE WHEN {text} IS NULL THEN {ALL_TYPES} '
            f"WHEN {text} >= '-' AND {text} < ':' THEN "
            f'CASE WHEN {_matches(text, PLAIN_NUMBER)} THEN {_number_types(text)} '
            f'WHEN {_matches(text, EXPONENT_NUMBER)} THEN {DOUBLE} '
            f'WHEN {_matches(text, ISO_DATE_OR_TIMESTAMP)} THEN {_day_types(text)} ELSE 0 END '
            f"WHEN lower({text}) IN ('true', 'false') THEN {BOOLEAN} ELSE 0 END")
    if table_type is None or table_type == TEXT:
        return mask
    return f'({mask}) | CASE WHEN {fits_type(name, table_type)} THEN {TABLE_TYPE} ELSE 0 END'


def fits_type(name: str, type_name: str) -> str:
    """Return a SQL condition: the text column's value keeps its meaning as `type_name`.

    It is not enough that a value converts: Spark converts 12d to a number, and 10:30 to a time of today.
    """
    text = quoted(name)
    value, converted = f'trim({text})', exact_number_from_text(text, type_name)
    if type_name in ('float', 'double'):
        exact = f"length({value}) <= {DOUBLE_DIGITS} OR {_is_exact_double(text)} OR contains(lower({value}), 'e')"
        return f"{value} RLIKE {sql_text(NUMBER)} AND abs({converted}) < double('Infinity') AND ({exact})"
    if type_name.startswith('decimal'):
        return f'{value} RLIKE {sql_text(NUMBER)} AND ({converted}) = try_cast({text} AS double)'
    pattern = TABLE_TYPE_PATTERNS.get(type_name)
    converts = f'({converted}) IS NOT NULL'
    return converts if pattern is None else f'{value} RLIKE {sql_text(pattern)} AND {converts}'


def _number_types(text: str) -> str:
    """Return SQL for the mask of a number without an exponent.

    Numbers of up to 15 characters, which are most, need no conversion beyond one to bigint.
    """
    masks_by_scale = ', '.join(str(DOUBLE | _decimals_from(scale)) for scale in range(DOUBLE_DIGITS + 1))
    short_whole = WHOLE | DOUBLE | _decimals_from(0)
    within_int = f'try_cast({text} AS bigint) BETWEEN {-1 << 31} AND {(1 << 31) - 1}'
    return (f'CASE WHEN length({text}) > {DOUBLE_DIGITS} THEN {_long_number_types(text)} '
            f"WHEN instr({text}, '.') > 0 "
            f"THEN element_at(array({masks_by_scale}), length({text}) - instr({text}, '.') + 1) "
            f'WHEN length({text}) <= 9 OR {within_int} THEN {short_whole | INT | BIGINT} '
            f'ELSE {short_whole | BIGINT} END')


def _long_number_types(text: str) -> str:
    whole_digits = f"length(regexp_replace({text}, '^-|[.].*', ''))"
    decimals = ' | '.join(
        f'CASE WHEN {_scale(text)} <= {scale} AND {whole_digits} <= {38 - scale} THEN {bit} ELSE 0 END'
        for scale, bit in DECIMALS.items())
    within_bigint = f'try_cast({text} AS decimal(38,0)) BETWEEN {-1 << 63} AND {(1 << 63) - 1}'
    return (f"CASE WHEN instr({text}, '.') > 0 THEN 0 WHEN {within_bigint} THEN {BIGINT | WHOLE} ELSE {WHOLE} END "
            f'| CASE WHEN {_is_exact_double(text)} THEN {DOUBLE} ELSE 0 END | {decimals}')


def _is_exact_double(text: str) -> str:
    """Return a SQL condition: a double prints all digits of the number.

    Programs that compute with doubles write up to 17 digits, as in 0.30000000000000004.
    """
    decimal = f'decimal(38,{DOUBLE_SCALE})'
    printed = f'try_cast(CAST(try_cast({text} AS double) AS string) AS {decimal})'
    return f'({_scale(text)} <= {DOUBLE_SCALE} AND coalesce(try_cast({text} AS {decimal}) = {printed}, false))'


def _day_types(text: str) -> str:
    """Return SQL for the mask of a text in the form of an ISO date or timestamp, whose day may not exist."""
    return (f'CASE WHEN try_cast(left({text}, {ISO_DATE_LENGTH}) AS date) IS NULL THEN 0 '
            f'WHEN length({text}) = {ISO_DATE_LENGTH} THEN {DATE | TIMESTAMP} ELSE {TIMESTAMP} END')


def _scale(text: str) -> str:
    """Return SQL for the number of digits after the decimal point."""
    return f"CASE WHEN instr({text}, '.') > 0 THEN length({text}) - instr({text}, '.') ELSE 0 END"


def _decimals_from(scale: int) -> int:
    """Return the mask of the decimals with at least this scale."""
    return sum(bit for other, bit in DECIMALS.items() if other >= scale)


def _matches(text: str, pattern: str) -> str:
    r"""Return a SQL condition: the whole text matches. It ends with \z, because $ also matches before a line break."""
    return f'{text} RLIKE {sql_text(pattern.removesuffix("$") + chr(92) + "z")}'
