"""Names an encoding so that Spark knows it, and tells whether text in it can be split at its line ends."""
from __future__ import annotations

import codecs
import re

UTF_8 = 'utf-8'


def java_charset(encoding: str) -> str:
    """Return Java's name of an encoding that Python knows; Spark skips a byte-order mark of UTF-8 by itself."""
    name = codecs.lookup(encoding).name
    return UTF_8 if name == 'utf-8-sig' else re.sub(r'^(utf-16|utf-32)-', r'\1', name)


def has_plain_line_ends(encoding: str) -> bool:
    """Tell whether a line end is the one byte that Spark looks for where it splits a file; not so in UTF-16."""
    return '\n'.encode(java_charset(encoding)) == b'\n'
