"""Reads numbers from text: texts that are none are told before Spark tries them, at a fiftieth of the time."""
from __future__ import annotations

from lake_etl.syntax.sql_literal import sql_text
from lake_etl.syntax.type_text import WHOLE_TYPES

# Exponents of more digits lead out of every type. Spark's decimals take minutes for 1e-99999999, and stop the job for
# 1e-2147483647.
ENDLESS_EXPONENT = r'[eE][-+]?\p{Nd}{4,}'


def number_from_text(text: str, type_name: str) -> str:
    """Return SQL for the number that a SQL text spells; null where it spells none that the type holds.

    Whole numbers are cut off behind the point: `12.7` is 12. Numbers with an exponent of more than three digits are
    none, except for `double` and `float`. Types that are no numbers are converted as Spark does it.
    """
    if type_name in WHOLE_TYPES:
        return _whole_number(text, type_name)
    if type_name.startswith('decimal'):
        return _when(_may_be_number(text), _decimal(text, type_name))
    return f'try_cast({text} AS {type_name})'


def exact_number_from_text(text: str, type_name: str) -> str:
    """Return SQL for the number that a SQL text spells; a whole number has nothing behind the point."""
    if type_name in WHOLE_TYPES:
        return _when(_may_be_number(text), f'try_cast({text} AS {type_name})')
    return number_from_text(text, type_name)


def _whole_number(text: str, type_name: str) -> str:
    """Return SQL for a whole number, by way of a decimal where it has a point or an exponent."""
    by_decimal = f"try_cast({_decimal(text, 'decimal(38,18)')} AS {type_name})"
    # Nearly all such texts are plain digits, which Spark reads far more quickly than decimals.
    plain = f'coalesce(try_cast({text} AS {type_name}), {by_decimal})'
    return _when(_may_be_number(text), f"CASE WHEN contains({text}, '.') THEN {by_decimal} ELSE {plain} END")


def _decimal(text: str, type_name: str) -> str:
    no_exponent = f"NOT (contains({text}, 'e') OR contains({text}, 'E'))"
    return _when(f'{no_exponent} OR NOT {text} RLIKE {sql_text(ENDLESS_EXPONENT)}', f'try_cast({text} AS {type_name})')


def _may_be_number(text: str) -> str:
    """Return a SQL condition: the text is not blank, and does not begin with a letter; digits of any script may."""
    return f"({text} < ':' OR {text} >= '\u0080') AND trim({text}) <> ''"


def _when(condition: str, value: str) -> str:
    return f'CASE WHEN {condition} THEN {value} END'
