"""Prints rows as an aligned table that fits the terminal, as CSV, or as JSON."""
from __future__ import annotations

import csv
import json
import math
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TextIO


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], style: str = 'table',
               stream: TextIO | None = None) -> None:
    """Print rows under their column names; `style` is table, csv or json (one object a row, in a list).

    Rows that come one after another are written so as CSV; the other styles need all of them first.
    """
    out = stream or sys.stdout
    if style == 'csv':
        writer = csv.writer(out, lineterminator='\n')
        writer.writerow(columns)
        writer.writerows(['' if value is None else value for value in row] for row in rows)
    elif style == 'json':
        names = distinct_names(columns)
        print_json([dict(zip(names, row, strict=True)) for row in rows], out)
    else:
        # Only tables need the package rich; the packages of the deployment are enough to validate configuration.
        from lib.local_lake.showing.text_table import table_lines
        print('\n'.join(table_lines(columns, list(rows), terminal_width(out))), file=out)


def print_json(value: object, stream: TextIO | None = None) -> None:
    """Print a value as JSON, see `json_text`."""
    out = stream or sys.stdout
    text = json_text(value)
    try:
        text.encode(out.encoding or 'utf-8')
    except UnicodeEncodeError:
        # The name of a file may hold bytes of another encoding, and the output may know fewer characters.
        text = ''.join(char if char.isascii() else json.dumps(char)[1:-1] for char in text)
    print(text, file=out)


def json_text(value: object, indent: str = '') -> str:
    """Return a value as JSON that any program reads, without loss.

    A decimal is a number with all its digits. NaN and infinity, which JSON does not have, are texts. Bytes are their
    hexadecimal digits, and dates and times are texts.
    """
    if isinstance(value, Mapping):
        inner = [f'{json.dumps(str(key), ensure_ascii=False)}: {json_text(item, indent + "  ")}'
                 for key, item in value.items()]
        return _enclosed('{}', inner, indent)
    if isinstance(value, (list, tuple)):
        return _enclosed('[]', [json_text(item, indent + '  ') for item in value], indent)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, 'f')
    if value is None or isinstance(value, (bool, int, str)) or isinstance(value, float) and math.isfinite(value):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(_as_text(value), ensure_ascii=False)


def _enclosed(brackets: str, items: Sequence[str], indent: str) -> str:
    if not items:
        return brackets
    lines = ',\n'.join(f'{indent}  {item}' for item in items)
    return f'{brackets[0]}\n{lines}\n{indent}{brackets[1]}'


def _as_text(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (float, Decimal)):
        return 'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'
    return str(value)


def distinct_names(columns: Sequence[str]) -> list[str]:
    """Return column names in which a repeated name has a number: an object of JSON holds each name once."""
    return list(_distinct(columns))


def _distinct(columns: Sequence[str]) -> Iterator[str]:
    used = set(columns)
    seen: set[str] = set()
    for name in columns:
        chosen, number = name, 2
        while chosen in seen or chosen != name and chosen in used:
            chosen, number = f'{name}_{number}', number + 1
        seen.add(chosen)
        yield chosen


def terminal_width(stream: TextIO) -> int | None:
    """Return the columns of the terminal that shows the stream, or None when a file or a program takes it.

    The variable COLUMNS overrides both.
    """
    if os.environ.get('COLUMNS', '').isdigit() or stream.isatty():
        return shutil.get_terminal_size().columns or None
    return None
