"""Amounts as files spell them - with currency signs, brackets, or no decimal point - as decimals."""
from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.spark.columns import quoted, try_cast
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.transform.number_text import ENDLESS_EXPONENT

# Minus sign, en dash and em dash, which spreadsheets put in place of a hyphen.
DASHES = '\u2212\u2013\u2014'
# Goes: brackets without a digit in them; a decimal mark that no digit follows, with the dash of "5.-"; an E that is no
# exponent; every other character that is no digit, sign, bracket or decimal mark.
CLUTTER = r'\([^0-9()]*\)|{mark}-(?![0-9])|{mark}(?![0-9])|(?<![0-9])[eE]|[eE](?![-+]?[0-9])|[^-0-9eE(){mark}]'
BRACKETED_OR_TRAILING_MINUS = r'^\(([0-9.,]+)\)$|^([0-9.,]+)-$'
# What may stand anywhere in an amount that is plain otherwise.
SIGNS = ('$', '€', ' ')


def amount(name: str, decimal_format: str, *, comma_is_decimal_mark: bool) -> Column:
    """Build the decimal that a text column spells: `$ 1,234.50`, `(1,234.50)`, `1,234.50-`, `1.2E3`, `1.234,50 €`.

    What is left after the clutter is gone and is no number, such as `1-2` or nothing at all, gives null. Further digits
    are rounded half up.
    """
    mark, thousands = (',', '.') if comma_is_decimal_mark else ('.', ',')
    type_name = f'decimal({decimal_format})'
    clutter = CLUTTER.format(mark=mark if comma_is_decimal_mark else r'\.')
    dashes = f'translate({quoted(name)}, {sql_text(DASHES)}, {sql_text("-" * len(DASHES))})'
    bare = f"regexp_replace({dashes}, {sql_text(clutter)}, '')"
    signed = f"regexp_replace({bare}, {sql_text(BRACKETED_OR_TRAILING_MINUS)}, '-$1$2')"
    plain = _without([*SIGNS, thousands], quoted(name))
    if comma_is_decimal_mark:
        signed, plain = (f"replace({value}, ',', '.')" for value in (signed, plain))
    quick = F.when(F.expr(_is_plain(name, mark, thousands)), try_cast(plain, type_name))
    # Without its digits an exponent is none, nor is the amount.
    in_bounds = f"regexp_replace({signed}, {sql_text(ENDLESS_EXPONENT)}, 'e')"
    return F.coalesce(quick, try_cast(in_bounds, type_name))


def _without(texts: Iterable[str], value: str) -> str:
    return reduce(lambda rest, text: f'replace({rest}, {sql_text(text)})', texts, value)


def _is_plain(name: str, mark: str, thousands: str) -> str:
    """Return the condition that the clean-up of an amount takes nothing away but signs and thousands marks.

    Nearly all amounts are so, and removing these as texts takes a tenth of the time. A condition that does not hold
    costs nothing but the long way: a blank, a bracket, an exponent, a minus behind the number, or a decimal mark that
    clutter follows.
    """
    after_mark = [mark + text for text in (*SIGNS, thousands)]
    unlike = [f'contains({quoted(name)}, {sql_text(text)})' for text in ('(', 'e', 'E', *after_mark)]
    return f"trim({quoted(name)}) <> '' AND NOT endswith({quoted(name)}, '-') AND NOT ({' OR '.join(unlike)})"


def implied_decimal(name: str, decimal_format: str, decimals: int) -> Column:
    """Build the decimal of whole-number text whose last `decimals` digits follow the point: `12345` is 123.45.

    Text that is no whole number gives null.
    """
    text = f'trim(CAST({quoted(name)} AS STRING))'
    point_moved = try_cast(f"concat({text}, 'e-{decimals}')", f'decimal({decimal_format})')
    # Spark reads the rest as a number only where it is one: blank text is left out as it is found out slowly, and
    # digits of other scripts, which take more bytes than one, are no digits here.
    whole = f"{text} <> '' AND NOT contains({text}, '.') AND octet_length({text}) = length({text})"
    return F.when(F.expr(whole), point_moved)
