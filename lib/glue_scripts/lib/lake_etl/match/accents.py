"""Accents in one form: a letter and an accent that are two characters become the one character that has both."""
from __future__ import annotations

import sys
import unicodedata

from lake_etl.syntax.sql_literal import sql_text


def _compositions() -> list[str]:
    """Return every pair of characters that Unicode composes, with the result behind it; what others build on first."""
    found = []
    for letter in map(chr, range(0x80, sys.maxunicode + 1)):
        parts = unicodedata.decomposition(letter).split()
        if len(parts) == 2 and not parts[0].startswith('<') and unicodedata.normalize('NFC', letter) == letter:
            found.append(''.join(chr(int(part, 16)) for part in parts) + letter)
    return sorted(found, key=lambda text: (len(unicodedata.normalize('NFD', text[2])), text))


COMPOSITIONS = _compositions()


def composed_sql(text: str) -> str:
    """Return SQL for a text in which accents are composed, as the Unicode form NFC has them.

    Spark has no function for it. Plain text is told by its length in bytes, and only text that has an accent of its own
    is looked at letter by letter, so that the rows without any, nearly all, cost nothing.
    """
    pairs = f"split({sql_text(' '.join(COMPOSITIONS))}, ' ')"
    replaced = f'aggregate({pairs}, {text}, (done, pair) -> replace(done, substring(pair, 1, 2), substring(pair, 3)))'
    has_accents = f"octet_length({text}) > length({text}) AND {text} RLIKE {sql_text(chr(92) + 'p{M}')}"
    return f'CASE WHEN {has_accents} THEN {replaced} ELSE {text} END'


def composed(text: str) -> str:
    """Return a text in which accents are composed."""
    return unicodedata.normalize('NFC', text)
