r"""Quoted texts of the data quality language: `\"` is a quote, and what other backslashes mean depends on the place."""
from __future__ import annotations

import re
from collections.abc import Mapping

PLAIN_SPECIAL = re.compile(r'["\\]')
CODE_SPECIAL = re.compile(r'(\\.)|"', re.DOTALL)
QUOTE_ESCAPE = re.compile(r'\\(")|(\\.)', re.DOTALL)
PLAIN_ESCAPE = re.compile(r'\\(["\\])')
ANY_ESCAPE = re.compile(r'\\(.)', re.DOTALL)


def quoted(text: str) -> str:
    """Return a text in quotes, its quotes and backslashes escaped."""
    return '"' + PLAIN_SPECIAL.sub(r'\\\g<0>', text) + '"'


def quoted_code(code: str) -> str:
    """Return SQL or a regular expression in quotes; only its quotes are escaped, backslashes stay as they are."""
    return '"' + CODE_SPECIAL.sub(lambda found: found[1] or r'\"', code) + '"'


def quoted_pairs(pairs: Mapping[str, str]) -> str:
    """Return labels as written between square brackets."""
    return ', '.join(f'{quoted(key)}={quoted(value)}' for key, value in pairs.items())


def unquoted(written: str) -> str:
    """Return the text inside quotes; a backslash stays unless a quote or a backslash follows it."""
    return PLAIN_ESCAPE.sub(r'\1', written[1:-1])


def unquoted_member(written: str) -> str:
    """Return a text of a list of `in`, in which a backslash is dropped before any character."""
    return ANY_ESCAPE.sub(r'\1', written[1:-1])


def unquoted_code(written: str) -> str:
    """Return SQL or a regular expression without its quotes; its backslashes are of its own language and stay."""
    return QUOTE_ESCAPE.sub(lambda found: found[1] or found[2], written[1:-1])
