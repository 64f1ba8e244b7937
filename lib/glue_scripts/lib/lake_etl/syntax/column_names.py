"""Compares column names as people read them: blanks, line breaks and characters that nobody sees do not count."""
from __future__ import annotations

import unicodedata

LINE_SEPARATORS = '\x85\u2028\u2029'


def visible_name(name: str) -> str:
    """Return the name without invisible characters, such as a byte-order mark, and without blanks at its ends.

    Every kind of blank, such as a no-break space, becomes a plain one.
    """
    if name.isascii():
        return name.strip()
    return ''.join(_visible(character) for character in name).strip()


def comparable_name(name: str) -> str:
    """Return the name in the form for comparison: in lower case, with one blank for any blanks and line breaks."""
    return ' '.join(unicodedata.normalize('NFC', visible_name(name)).lower().split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == 'Zs' or character in LINE_SEPARATORS:
        return ' '
    return '' if category == 'Cf' else character
