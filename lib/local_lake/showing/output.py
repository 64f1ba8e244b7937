"""Prints rows as an aligned table, CSV or JSON."""
from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import TextIO

WIDEST_CELL = 60


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], style: str = 'table',
               stream: TextIO | None = None) -> None:
    """Print rows under their column names; `style` is table, csv or json (one object a row, in a list)."""
    out = stream or sys.stdout
    if style == 'csv':
        writer = csv.writer(out, lineterminator='\n')
        writer.writerow(columns)
        writer.writerows(['' if value is None else value for value in row] for row in rows)
    elif style == 'json':
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(records, default=_json_value, ensure_ascii=False, indent=2), file=out)
    else:
        print('\n'.join(table_lines(columns, rows)), file=out)


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of an aligned table: numbers aligned right, long texts truncated."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[index]) for row in cells)]) for index, name in enumerate(columns)]
    right = [bool(rows) and all(isinstance(row[index], (int, float, Decimal)) or row[index] is None for row in rows)
             for index in range(len(columns))]

    def line(texts: Sequence[str]) -> str:
        padded = (text.rjust(width) if to_right else text.ljust(width)
                  for text, width, to_right in zip(texts, widths, right, strict=True))
        return '  '.join(padded).rstrip()
    return [line(columns), line(['-' * width for width in widths]), *(line(row) for row in cells)]


def _cell(value: object) -> str:
    if value is None:
        return ''
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f'{value:,}'
    text = ' '.join(str(value).split())
    return text if len(text) <= WIDEST_CELL else f'{text[:WIDEST_CELL - 1]}…'


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    return str(value)
