"""Amounts as files spell them - with currency signs, brackets, or no decimal point - as decimals."""
from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.transform.columns import quoted, try_cast
from lake_etl.transform.sql_text import sql_text

# Minus sign, en dash and em dash, which spreadsheets put in place of a hyphen.
DASHES = '\u2212\u2013\u2014'
# Goes: brackets without a digit in them; a decimal mark that no digit follows, with the dash of "5.-"; an E that is no
# exponent; every other character that is no digit, sign, bracket or decimal mark.
CLUTTER = r'\([^0-9()]*\)|{mark}-(?![0-9])|{mark}(?![0-9])|(?<![0-9])[eE]|[eE](?![-+]?[0-9])|[^-0-9eE(){mark}]'
BRACKETED_OR_TRAILING_MINUS = r'^\(([0-9.,]+)\)$|^([0-9.,]+)-$'
WHOLE_NUMBER = '^[-+]?[0-9]+$'


def amount(name: str, decimal_format: str, *, comma_is_decimal_mark: bool) -> Column:
    """Build the decimal that a text column spells: `$ 1,234.50`, `(1,234.50)`, `1,234.50-`, `1.2E3`, `1.234,50 €`.

    What is left after the clutter is gone and is no number, such as `1-2` or nothing at all, gives null. Further digits
    are rounded half up.
    """
    clutter = CLUTTER.format(mark=',' if comma_is_decimal_mark else r'\.')
    dashes = f'translate({quoted(name)}, {sql_text(DASHES)}, {sql_text("-" * len(DASHES))})'
    bare = f"regexp_replace({dashes}, {sql_text(clutter)}, '')"
    signed = f"regexp_replace({bare}, {sql_text(BRACKETED_OR_TRAILING_MINUS)}, '-$1$2')"
    type_name = f'decimal({decimal_format})'
    if comma_is_decimal_mark:
        return try_cast(f"replace({signed}, ',', '.')", type_name)
    # Most amounts are plain numbers; those skip the clean-up.
    return F.coalesce(try_cast(quoted(name), type_name), try_cast(signed, type_name))


def implied_decimal(name: str, decimal_format: str, decimals: int) -> Column:
    """Build the decimal of whole-number text whose last `decimals` digits follow the point: `12345` is 123.45.

    Text that is no whole number gives null.
    """
    text = f'trim(CAST({quoted(name)} AS STRING))'
    point_moved = try_cast(f"concat({text}, 'e-{decimals}')", f'decimal({decimal_format})')
    return F.when(F.expr(text).rlike(WHOLE_NUMBER), point_moved)
