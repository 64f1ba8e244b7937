"""Spells the address of a file so that Spark reads this file, whatever characters its name has."""
from __future__ import annotations

import re

PATTERN_CHARACTERS = re.compile(r'[\\{}\[\]*?]')


def literal_path(uri: str) -> str:
    """Return the address with a backslash before each character by which Spark would take it for a pattern."""
    return PATTERN_CHARACTERS.sub(r'\\\g<0>', uri)
