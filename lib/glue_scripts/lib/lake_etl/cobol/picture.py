"""The picture of a COBOL item: its kind, its characters, and the digits and decimals of a number."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PictureKind = Literal['text', 'number', 'national', 'double-byte']
SYMBOLS = re.compile(r'(?:(?:CR|DB|[A-Z0-9+\-*/,.$¤€£¥])(?:\(\d+\))?)+')
SYMBOL = re.compile(r'(CR|DB|.)(?:\((\d+)\))?')
NUMBER = re.compile(r'S?(P*)(9*)(V?)(9*)(P*)')
EDITED = set('ABENXZ09+-*/,.$¤€£¥VP') | {'CR', 'DB'}
# A picture with more characters would need more memory to write out than any item has bytes.
MOST_CHARACTERS = 16_777_216


@dataclass(frozen=True)
class Picture:
    """What a picture describes.

    length  number of characters; for a number the digits that are stored
    digits  number of digits in all, those that P stands for included
    scale   number of decimals
    zeros   number of zeros that P adds at the end of the stored digits
    signed  whether the number has a sign
    """

    kind: PictureKind
    length: int
    digits: int = 0
    scale: int = 0
    zeros: int = 0
    signed: bool = False


def parse_picture(text: str) -> Picture | None:
    """Return what a picture such as `S9(7)V99` describes; None when it is not a picture.

    Pictures with editing, such as `ZZ9.99-`, describe text.
    """
    text = text.upper()
    if not SYMBOLS.fullmatch(text):
        return None
    symbols = [(match[1], int(match[2] or 1)) for match in SYMBOL.finditer(text)]
    if not 0 < sum(count for _, count in symbols) <= MOST_CHARACTERS or any(not count for _, count in symbols):
        return None
    kinds = {symbol for symbol, _ in symbols}
    if kinds <= set('S9VP'):
        return _number(''.join(symbol * count for symbol, count in symbols))
    if kinds in ({'N'}, {'G'}):
        return Picture('national' if kinds == {'N'} else 'double-byte', sum(count for _, count in symbols))
    if not kinds <= EDITED:
        return None
    return Picture('text', sum(len(symbol) * count for symbol, count in symbols if symbol not in 'VP'))


def _number(symbols: str) -> Picture | None:
    """Return a number; P before the digits, or at once behind V, stands for zeros behind the decimal point."""
    signed = symbols.startswith('S')
    plain = symbols.removeprefix('S')
    if plain.endswith('PV'):
        plain = plain[:-1]
    leading = plain.startswith(('P', 'VP'))
    if leading:
        plain = plain.replace('V', '', 1)
    match = NUMBER.fullmatch(plain)
    if not match or not (match[2] or match[4]):
        return None
    before, whole, _, decimals, after = (len(part) for part in match.groups())
    if before and after or leading and decimals:
        return None
    if leading:
        return Picture('number', whole, before + whole, before + whole, 0, signed)
    if after and decimals:
        return None
    return Picture('number', whole + decimals, whole + decimals + after, decimals, after, signed)
