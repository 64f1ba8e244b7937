"""Fills the patterns of Java's Formatter, as the function format does."""
from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lake_etl.adapters.local.athena.not_computed import NotComputedError

FORMAT_PART = re.compile(r'%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])')


def format_text(pattern: str, arguments: list[Any]) -> str:
    """Return the pattern of Java's Formatter filled with the arguments; raises ValueError for what is not alike."""
    result, position, following = [], 0, 0
    for found in FORMAT_PART.finditer(pattern):
        literal = pattern[position:found.start()]
        result.append(literal)
        position = found.end()
        number, flags, width, precision, kind = found.groups()
        if kind == '%' and not (number or flags or width or precision):
            result.append('%')
            continue
        if number is None:
            following += 1
        index = int(number) if number else following
        if index > len(arguments) or index < 1:
            raise ValueError('format has fewer arguments than its pattern needs')
        text = _formatted(arguments[index - 1], kind, set(flags), precision, int(width or 0))
        result.append(text.ljust(int(width or 0)) if '-' in flags else text.rjust(int(width or 0)))
    rest = pattern[position:]
    result.append(rest)
    if '%' in ''.join(part for part in (FORMAT_PART.sub('', pattern),)):
        raise NotComputedError('format has a conversion that is not read')
    return ''.join(result)


def _formatted(value: Any, kind: str, flags: set[str], precision: str | None, width: int) -> str:
    if kind in 'sS' and not flags - {'-'}:
        text = 'null' if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        text = text if precision is None else text[:int(precision)]
        return text.upper() if kind == 'S' else text
    if value is None and kind in 'dfxXb':
        return 'false' if kind == 'b' else 'null'
    if kind == 'b' and not flags - {'-'} and precision is None:
        return str(value).lower() if isinstance(value, bool) else 'true'
    if kind == 'd' and isinstance(value, int) and not isinstance(value, bool) and precision is None:
        return _number(f'{abs(value):,}' if ',' in flags else str(abs(value)), value < 0, flags, width)
    if kind == 'f' and isinstance(value, (float, Decimal)) and value == value and abs(value) != float('inf'):
        digits = 6 if precision is None else int(precision)
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        number = abs(exact).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        return _number(f'{number:,f}' if ',' in flags else f'{number:f}', str(exact).startswith('-'), flags, width)
    if kind in 'xX' and isinstance(value, int) and value >= 0 and not flags - {'-', '0'} and precision is None:
        return _number(f'{value:x}' if kind == 'x' else f'{value:X}', False, flags, width)
    raise NotComputedError('format has a conversion that is not read')


def _number(digits: str, negative: bool, flags: set[str], width: int) -> str:
    if '(' in flags or '#' in flags:
        raise NotComputedError('format has a flag that is not read')
    sign = '-' if negative else '+' if '+' in flags else ' ' if ' ' in flags else ''
    return sign + (digits.zfill(width - len(sign)) if '0' in flags else digits)
