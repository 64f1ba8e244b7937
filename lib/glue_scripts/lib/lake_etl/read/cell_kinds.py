"""Tells numbers and dates from other text in the cells of a few rows."""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence

NUMBER = re.compile(r"[-+(]?[€$£]? ?\d[\d.,' \u00a0]*[)%-]?|[-+]?[.,]\d+")
NUMERIC_DATE = re.compile(r'(\d{1,4})([-./])(\d{1,2})\2(\d{2,4})(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?Z?)?')
NAMED_DATE = re.compile(r'\d{1,2}[-. ]?[^\W\d]{3,9}[-. ,]{1,2}\d{2,4}')
Kind = Callable[[str], bool]


def is_number(text: str) -> bool:
    """Tell whether a text is a number in any usual form."""
    return bool(NUMBER.fullmatch(text.strip())) and not is_date(text)


def is_date(text: str) -> bool:
    """Tell whether a text is a date, also with a time of day."""
    match = NUMERIC_DATE.fullmatch(text.strip())
    if match:
        first, second = int(match[1]), int(match[3])
        return second <= 12 if len(match[1]) > 2 else min(first, second) <= 12
    return bool(NAMED_DATE.fullmatch(text.strip()))


def is_typed(text: str) -> bool:
    """Tell whether a text is a number or a date."""
    return is_number(text) or is_date(text)


def typed_columns(rows: Sequence[Sequence[str]]) -> dict[int, Kind]:
    """Return the columns all of whose values are numbers, or dates, by position; rows must be equally long."""
    found: dict[int, Kind] = {}
    for index, column in enumerate(zip(*rows, strict=False)):
        values = [value for value in column if value.strip()]
        kind = next((kind for kind in (is_number, is_date) if values and all(map(kind, values))), None)
        if kind:
            found[index] = kind
    return found
