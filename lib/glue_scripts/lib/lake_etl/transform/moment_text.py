"""Reads dates and times from text by a pattern, those of the ISO 8601 order by the quicker reader that Spark has."""
from __future__ import annotations

import re

from lake_etl.transform.sql_text import sql_text

ISO_PATTERN = re.compile(r"yyyy-MM-dd(?:(?P<between> |'T')HH:mm:ss(?P<fraction>\.S{1,6})?)?")
DATE_LENGTH, TIME_LENGTH = 10, 19


def moment(text: str, pattern: str) -> str:
    """Return SQL for the timestamp that a SQL text spells by a pattern; null where it does not match.

    Spark's reader of ISO 8601 takes a fifth of the time of one by a pattern. It is asked first, where its pattern is
    that order, and it reads more than the pattern does: so only texts of the one form that both read alike go to it.
    """
    by_pattern = f'try_to_timestamp({text}, {sql_text(pattern)})'
    iso = ISO_PATTERN.fullmatch(pattern)
    return by_pattern if iso is None else f'coalesce({_quickly_read(text, iso)}, {by_pattern})'


def _quickly_read(text: str, iso: re.Match[str]) -> str:
    """Return SQL for the timestamp of a text that has all its digits, and null for other texts.

    Where the length, the first mark, the one between date and time and the last one are as they shall be, no part
    between them can be shorter, as none may be longer. The last digit keeps out blanks at the end, and the Z after it
    every other time zone.
    """
    between, fraction = iso['between'], iso['fraction'] or ''
    length = TIME_LENGTH + len(fraction) if between else DATE_LENGTH
    marks = {5: '-', 11: between.strip("'"), **({20: '.'} if fraction else {17: ':'})} if between else {5: '-', 8: '-'}
    conditions = [f'octet_length({text}) = {length}', f"substr({text}, -1) BETWEEN '0' AND '9'",
                  *(f'substr({text}, {place}, 1) = {sql_text(mark)}' for place, mark in marks.items())]
    complete = f"concat({text}, 'Z')" if between else text
    return f"CASE WHEN {' AND '.join(conditions)} THEN try_cast({complete} AS timestamp) END"
