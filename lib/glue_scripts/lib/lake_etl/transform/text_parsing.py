"""Parses amounts and timestamps from text as source files write them; other text is null."""
from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.spark.columns import quoted, try_cast
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.transform.type_change import HUGE_EXPONENT

# Minus sign, en dash and em dash, which spreadsheets put in place of a hyphen.
DASHES = '\u2212\u2013\u2014'
# Removed: brackets without a digit; a decimal mark without a digit after it, with the dash of "5.-"; an E outside an
# exponent; any other character except digits, signs, brackets and decimal marks.
CLUTTER = r'\([^0-9()]*\)|{mark}-(?![0-9])|{mark}(?![0-9])|(?<![0-9])[eE]|[eE](?![-+]?[0-9])|[^-0-9eE(){mark}]'
BRACKETED_OR_TRAILING_MINUS = r'^\(([0-9.,]+)\)$|^([0-9.,]+)-$'
# Signs that may occur anywhere in an otherwise plain amount.
SIGNS = ('$', '€', ' ')
ISO_PATTERN = re.compile(r"yyyy-MM-dd(?:(?P<between> |'T')HH:mm:ss(?P<fraction>\.S{1,6})?"
                         r"(?P<zone>Z|'Z'|X{1,3})?)?")


def parse_amount(name: str, decimal_format: str, *, comma_is_decimal_mark: bool) -> Column:
    """Build the decimal that a text column spells: `$ 1,234.50`, `(1,234.50)`, `1,234.50-`, `1.2E3`, `1.234,50 €`.

    The result is null when the text without its clutter is empty or not a number, such as `1-2`, and when it has the
    separators of another country, such as `12,50` where the comma separates thousands. Surplus decimals are
    rounded half up.
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
    # Without its digits the exponent is invalid, and so the amount is null.
    in_bounds = f"regexp_replace({signed}, {sql_text(HUGE_EXPONENT)}, 'e')"
    amount = F.coalesce(quick, try_cast(in_bounds, type_name))
    return F.when(~F.expr(_has_other_separators(name, mark, thousands)), amount)


def _has_other_separators(name: str, mark: str, thousands: str) -> str:
    """Return the condition that an amount is written with other separators, so that any number would be a guess.

    After a thousands separator come three digits, or two before another one, as in 12,34,567; and it does not follow
    the decimal mark. So 12,50 and 1.234,50 are not amounts where the comma separates thousands.
    """
    comma, point = re.escape(thousands), re.escape(mark)
    other = (f'[0-9]{comma}(?=[0-9])(?![0-9]{{2,3}}(?![0-9]))|[0-9]{comma}[0-9]{{2}}(?![0-9]|{comma}[0-9])'
             f'|{point}[0-9][^{comma}]*{comma}[0-9]')
    return (f'CASE WHEN contains({quoted(name)}, {sql_text(thousands)}) THEN {quoted(name)} RLIKE {sql_text(other)} '
            'ELSE false END')


def _without(texts: Iterable[str], value: str) -> str:
    return reduce(lambda rest, text: f'replace({rest}, {sql_text(text)})', texts, value)


def _is_plain(name: str, mark: str, thousands: str) -> str:
    """Return the condition that cleaning an amount removes only signs and thousands separators.

    Nearly all amounts are like this, and `replace` removes these in a tenth of the time of a pattern. Other amounts,
    with a bracket, an exponent, a trailing minus, or clutter after the decimal mark, are parsed by the pattern.
    """
    after_mark = [mark + text for text in (*SIGNS, thousands)]
    unlike = [f'contains({quoted(name)}, {sql_text(text)})' for text in ('(', 'e', 'E', *after_mark)]
    return f"trim({quoted(name)}) <> '' AND NOT endswith({quoted(name)}, '-') AND NOT ({' OR '.join(unlike)})"


def parse_implied_decimal(name: str, decimal_format: str, decimals: int) -> Column:
    """Build the decimal of whole-number text whose last `decimals` digits follow the point: `12345` is 123.45.

    Other text is null.
    """
    text = f'trim(CAST({quoted(name)} AS STRING))'
    point_moved = try_cast(f"concat({text}, 'e-{decimals}')", f'decimal({decimal_format})')
    # Spark rejects blank text slowly, so it is excluded first. Digits of other scripts take several bytes and are not
    # accepted.
    whole = f"{text} <> '' AND NOT contains({text}, '.') AND octet_length({text}) = length({text})"
    return F.when(F.expr(whole), point_moved)


def parse_timestamp(text: str, pattern: str) -> str:
    """Return SQL for the timestamp in a SQL text, read by a pattern; null where the text does not match.

    Spark's reader of ISO 8601 takes a third of the time of a pattern, but accepts more texts. Where the pattern has the
    ISO order, this reader gets the texts that both read alike, and the pattern the others.
    """
    by_pattern = f'try_to_timestamp({text}, {sql_text(pattern)})'
    iso = ISO_PATTERN.fullmatch(pattern)
    return by_pattern if iso is None else f'coalesce({_fast_timestamp(text, iso)}, {by_pattern})'


def _fast_timestamp(text: str, iso: re.Match[str]) -> str:
    """Return SQL for the timestamp of a text with all its digits; null for other texts.

    Only the year and the fraction can be longer than in the pattern. So where the text has the expected length and
    these two begin and end in their places, no part is shorter. The suffix that is added leaves no room for anything
    else that Spark accepts there: a time of day, a fraction, blanks, or time zones, none of which ends in seven digits.
    """
    between, fraction = iso['between'], iso['fraction']
    marks, length, rest = {'-': 5}, 10, ' 00:00:00'
    if between:
        marks, length, rest = {**marks, between.strip("'"): 11}, 19, '.0'
    if fraction:
        marks, length, rest = {**marks, '.': 20}, length + len(fraction), '0000000'
    conditions, digits = [f'locate({sql_text(mark)}, {text}) = {place}' for mark, place in marks.items()], text
    if iso['zone']:
        # Only UTC takes the fast way: Spark's reader is slow on time zones.
        utc = '+0000' if iso['zone'] == 'Z' else 'Z'
        conditions.insert(0, f'endswith({text}, {sql_text(utc)})')
        digits = f'substr({text}, 1, {length})'
        length += len(utc)
    conditions.insert(0, f'octet_length({text}) = {length}')
    return f"CASE WHEN {' AND '.join(conditions)} THEN try_cast(concat({digits}, {sql_text(rest)}) AS timestamp) END"
