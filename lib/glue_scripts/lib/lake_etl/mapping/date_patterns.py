"""Finds the patterns that dates in text may have, for a proposed transform; decides only what the values prove."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')
TIMES = {'': '', r'\d\d:\d\d': 'HH:mm', r'\d\d:\d\d:\d\d': 'HH:mm:ss'}
# The order of the parts, with the part in which each of year, month and day is.
ORDERS: dict[str, tuple[int, int, int]] = {'dmy': (2, 1, 0), 'mdy': (2, 0, 1), 'ymd': (0, 1, 2)}
Parts = tuple[str, str, str]


@dataclass(frozen=True)
class DatePatterns:
    """The patterns that fit all values of a column.

    transform  name of the transform that reads them: `date` or `timestamp`
    patterns   of Spark; several if the values do not decide between them
    """

    transform: str
    patterns: tuple[str, ...]


def date_patterns(values: Iterable[str | None]) -> DatePatterns | None:
    """Return the patterns of dates that fit all values; None when there is no such pattern, or no value."""
    texts = {value.strip() for value in values if value and value.strip()}
    for separator in ('.', '/', '-', ' '):
        for time, time_pattern in TIMES.items():
            behind = rf'([ T])({time})' if time else '()()'
            parts = re.compile(rf'(\d{{1,4}}){re.escape(separator)}(\d{{1,2}}|[A-Z][a-z]{{2}}){re.escape(separator)}'
                               rf'(\d{{1,4}}){behind}')
            matches = [match for text in texts if (match := parts.fullmatch(text))]
            if not texts or len(matches) < len(texts) or len({match[4] for match in matches}) > 1:
                continue
            between = {'T': "'T'"}.get(matches[0][4], matches[0][4])
            found = _patterns([(match[1], match[2], match[3]) for match in matches], separator)
            return DatePatterns('timestamp' if time else 'date',
                                tuple(f'{item}{between}{time_pattern}' for item in found)) if found else None
    return None


def _patterns(dates: list[Parts], separator: str) -> list[str]:
    return [pattern for order in ORDERS if (pattern := _pattern(dates, order, separator))]


def _pattern(dates: list[Parts], order: str, separator: str) -> str | None:
    """Return the pattern of dates with their parts in this order; None when one of them has another form."""
    positions = ORDERS[order]
    years, months, days = ([parts[position] for parts in dates] for position in positions)
    digits = {len(year) for year in years}
    if digits not in ({4}, {2}) or not all(map(_is_date, years, months, days)):
        return None
    # Of two numbers that can both be the year or the day, the year differs less from value to value.
    if digits == {2} and len(set(years)) > len(set(days)):
        return None
    letters = {'y': 'y' * digits.pop(), 'm': _letters('M', months), 'd': _letters('d', days)}
    return separator.join(letters[letter] for letter in order) if all(letters.values()) else None


def _letters(letter: str, parts: list[str]) -> str:
    """Return the letters for a day or a month; none if only some of the parts are names."""
    named = sum(part.isalpha() for part in parts)
    if named:
        return letter * 3 if named == len(parts) else ''
    return letter * 2 if all(len(part) == 2 for part in parts) else letter


def _is_date(year: str, month: str, day: str) -> bool:
    number: Callable[[str], int] = lambda text: MONTHS.index(text) + 1 if text in MONTHS else int(text)
    try:
        date(int(year) + (2000 if len(year) == 2 else 0), number(month), int(day))
    except ValueError:
        return False
    return True
