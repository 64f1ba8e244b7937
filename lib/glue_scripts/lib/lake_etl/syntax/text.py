"""Turns the bytes of a configuration file into text, whatever byte-order mark and line ends an editor left in it."""
from __future__ import annotations

import codecs

from lake_etl.syntax.records import Findings

# Longest first: the mark of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, 'utf-32'), (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'),
)


def decode_text(content: bytes, findings: Findings) -> str | None:
    """Return the text with plain line feeds at its line ends, or record why it is no text and return None.

    Without a byte-order mark the file is read as UTF-8.
    """
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), 'utf-8')
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        findings.problem('', f'byte {error.start + 1} is not {encoding.upper()} text', 'save the file as UTF-8')
        return None
    return text.replace('\r\n', '\n').replace('\r', '\n')


def position_name(text: str, offset: int) -> str:
    """Return the place of a character for an error message: `line 3, column 5`, both counted from 1."""
    line = text.count('\n', 0, offset) + 1
    column = offset - (text.rfind('\n', 0, offset) + 1) + 1
    return f'line {line}, column {column}'
