"""Splits delimited text into rows of values, as its dialect says, without Spark."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """The delimiter, the quoting and the encoding of delimited text."""

    delimiter: str
    quote: str
    escape: str
    header: bool
    encoding: str = 'utf-8'


def records(text: str, dialect: Dialect, complete: bool) -> Iterator[tuple[str, ...]]:
    """Split delimited text into rows of values; line breaks inside quotes belong to the value, empty lines are skipped.

    complete  whether the text ends with the file; otherwise the last row is skipped, because it may be truncated
    """
    values: list[str] = []
    buffer: list[str] = []
    unquoted = re.compile(rf'[^\r\n{re.escape(dialect.quote)}{re.escape(dialect.delimiter[0])}]+')
    position, end = 0, len(text)
    while position < end:
        if run := unquoted.match(text, position):
            buffer.append(run[0])
            position = run.end()
        elif text[position] == dialect.quote and not buffer:
            value, position = _quoted_value(text, position + 1, dialect)
            buffer += [value] if value else []
        elif text.startswith(dialect.delimiter, position):
            values.append(''.join(buffer))
            buffer = []
            position += len(dialect.delimiter)
        elif text[position] in '\r\n':
            if values or buffer:
                yield (*values, ''.join(buffer))
            values, buffer = [], []
            position += 1
        else:
            buffer.append(text[position])
            position += 1
    if complete and (values or buffer):
        yield (*values, ''.join(buffer))


def _quoted_value(text: str, start: int, dialect: Dialect) -> tuple[str, int]:
    """Return the text from `start` to the closing quote, and the position after that quote."""
    quote, escape = re.escape(dialect.quote), re.escape(dialect.escape)
    escaped = f'{escape}{quote}|' if escape else ''
    inside = re.compile(f'(?:{escaped}[^{quote}])*', re.DOTALL).match(text, start)
    value = inside[0] if inside else ''
    return value.replace(dialect.escape + dialect.quote, dialect.quote) if escape else value, start + len(value) + 1


def ends_inside_quotes(content: bytes, dialect: Dialect) -> bool:
    """Tell whether a quote that opens a value is still open at the end of the content."""
    quote = dialect.quote
    if not quote:
        return False
    inside, escape = re.escape(quote), re.escape(dialect.escape)
    if dialect.escape == quote:
        inside_value = f'[^{inside}]*(?:{inside}{inside}[^{inside}]*)*'
    elif dialect.escape:
        inside_value = f'(?:[^{inside}{escape}]|{escape}.)*'
    else:
        inside_value = f'[^{inside}]*'
    beginning = rf'(?:\A|[\r\n]|{re.escape(dialect.delimiter)})'
    value = re.compile(rf'{beginning}{inside}{inside_value}(?:{inside}|(\Z))', re.DOTALL)
    text = content.decode(dialect.encoding, errors='replace').removeprefix('\ufeff')
    return any(match.group(1) is not None for match in value.finditer(text))
