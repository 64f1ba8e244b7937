"""Computes on texts as Athena does: splitting, padding, distances, URLs and codes."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

URL = re.compile(r'(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?', re.DOTALL)
URL_LETTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%\u0080-\U0010ffff]*")
SOUNDEX = {letter: digit for digit, letters in
           {'1': 'BFPV', '2': 'CGJKQSXZ', '3': 'DT', '4': 'L', '5': 'MN', '6': 'R'}.items() for letter in letters}


def levenshtein_distance(first: str, second: str) -> int:
    """Return the smallest number of letters that are changed, added or left out."""
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, start=1):
        before, row[0] = row[0], place
        for column, other in enumerate(second, start=1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (letter != other))
    return row[-1]


def split(text: str, delimiter: str, limit: int | None) -> list[str]:
    """Return the pieces of a text, at most so many."""
    if not delimiter:
        raise ValueError('The delimiter may not be the empty string')
    if limit is not None and limit <= 0:
        raise ValueError('Limit must be positive')
    return text.split(delimiter, -1 if limit is None else limit - 1)


def split_unlimited(text: str, delimiter: str) -> list[str]:
    """Return the pieces of a text."""
    return split(text, delimiter, None)


def split_part(text: str, delimiter: str, index: int) -> str | None:
    """Return one piece of a text, or None when there are fewer."""
    if index < 1:
        raise ValueError('Index must be greater than zero')
    if not delimiter:
        return text[index - 1] if index <= len(text) else None
    pieces = text.split(delimiter)
    return pieces[index - 1] if index <= len(pieces) else None


def split_to_map(text: str, entry: str, pair: str) -> dict[str, str]:
    """Return the key=value pairs of a text."""
    result: dict[str, str] = {}
    for key, value in _pairs(text, entry, pair):
        if key in result:
            raise ValueError('Duplicate keys are not allowed')
        result[key] = value
    return result


def split_to_multimap(text: str, entry: str, pair: str) -> dict[str, list[str]]:
    """Return the key=value pairs of a text, the values of a key together."""
    result: dict[str, list[str]] = {}
    for key, value in _pairs(text, entry, pair):
        result.setdefault(key, []).append(value)
    return result


def _pairs(text: str, entry: str, pair: str) -> list[tuple[str, str]]:
    if not entry or not pair or entry == pair:
        raise ValueError('The delimiters must be two different texts that are not empty')
    pairs = []
    for item in text.split(entry) if text else []:
        key, found, value = item.partition(pair)
        if not found:
            raise ValueError('Key-value delimiter must appear in each entry')
        if pair in value:
            raise ValueError('Key-value delimiter must appear exactly once in each entry')
        pairs.append((key, value))
    return pairs


def translate(text: str, source: str, target: str) -> str:
    """Return the text with each letter of source replaced by that of target, or removed."""
    table: dict[int, str] = {}
    for number, letter in enumerate(source):
        table.setdefault(ord(letter), target[number] if number < len(target) else '')
    return text.translate(table)


def pad(text: str, size: int, padding: str, left: bool) -> str:
    """Return the text cut or padded to the size."""
    if size < 0 or size > 1_000_000 or not padding:
        raise ValueError('Padding text must not be empty, and the size must not be negative')
    missing = size - len(text)
    if missing <= 0:
        return text[:size]
    filling = (padding * (missing // len(padding) + 1))[:missing]
    return filling + text if left else text + filling


def lpad(text: str, size: int, padding: str) -> str:
    """Return the text padded on the left."""
    return pad(text, size, padding, True)


def rpad(text: str, size: int, padding: str) -> str:
    """Return the text padded on the right."""
    return pad(text, size, padding, False)


def strpos(text: str, part: str, instance: int) -> int:
    """Return the place of an occurrence, counted from the end when the number is negative."""
    if instance == 0:
        raise ValueError("'instance' must not be zero")
    if not part:
        return 1
    starts = [place for place in range(len(text)) if text.startswith(part, place)]
    if abs(instance) > len(starts):
        return 0
    return starts[instance - 1 if instance > 0 else instance] + 1


def hamming_distance(first: str, second: str) -> int:
    """Return in how many places two texts of one length differ."""
    if len(first) != len(second):
        raise ValueError('The input strings to hamming_distance must have the same length')
    return sum(one != other for one, other in zip(first, second, strict=True))


def luhn_check(text: str) -> bool:
    """Tell whether the last digit is the check digit."""
    if not text:
        return False
    if not re.fullmatch('[0-9]+', text):
        raise ValueError('Input is not a number')
    digits = [int(digit) for digit in reversed(text)]
    return sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)) % 10 == 0


def soundex(text: str) -> str:
    """Return the Soundex code."""
    if not text.isascii():
        raise ValueError('soundex takes ASCII letters')
    letters = [letter for letter in text.upper() if letter.isalpha()]
    if not letters:
        return ''
    code, last = letters[0], SOUNDEX.get(letters[0], '')
    for letter in letters[1:]:
        digit = SOUNDEX.get(letter, '')
        if digit and digit != last:
            code += digit
        if letter not in 'HW':
            last = digit
    return (code + '000')[:4]


def normalize(text: str, form: str) -> str:
    """Return the text in a normal form of Unicode."""
    return unicodedata.normalize(form, text)       # type: ignore[arg-type]


def chr_text(code: int) -> str:
    """Return the letter of a code point."""
    return chr(code)


def codepoint(text: str) -> int:
    """Return the code point of a text of one letter."""
    if len(text) != 1:
        raise ValueError('codepoint takes a text of one letter')
    return ord(text)


def url_encode(text: str) -> str:
    """Return the text as it is written in a URL's query."""
    return quote_plus(text, safe='*').replace('~', '%7E')


def url_decode(text: str) -> str:
    """Return the text behind a URL's query."""
    if re.search(r'%(?![0-9A-Fa-f]{2})', text):
        raise ValueError('Incomplete percent sequence')
    return unquote_plus(text)


def url_part(part: str) -> Callable[[str], Any]:
    """Return the function that takes a part out of a URL."""
    def url_extract(text: str) -> Any:
        scheme, authority, path, query, fragment = _url(text)
        if part == 'host':
            return _host(authority)
        if part == 'port':
            port = re.search(r':(\d+)\Z', authority or '')
            return int(port[1]) if port else None
        return {'protocol': scheme, 'path': path, 'query': query, 'fragment': fragment}[part]
    return url_extract


def url_extract_parameter(text: str, name: str) -> str | None:
    """Return the first value of a parameter of a URL's query."""
    if _url(text)[3] is None:
        return None
    found = URL.fullmatch(text)
    for item in (found[4] or '').split('&') if found else ():
        key, _, value = item.partition('=')
        if _decoded(key) == name:
            return _decoded(value)
    return None


def _url(text: str) -> tuple[str | None, str | None, str | None, str | None, str | None]:
    if not URL_LETTERS.fullmatch(text) or re.search(r'%(?![0-9A-Fa-f]{2})', text):
        return None, None, None, None, None
    found = URL.fullmatch(text)
    assert found
    try:
        urlsplit(text)
    except ValueError:
        return None, None, None, None, None
    scheme, authority, path, query, fragment = found.groups()
    if scheme and authority is None and not path.startswith('/'):
        path = query = None          # such as mailto:someone
    return scheme or '', authority or '', _decoded(path), _decoded(query), _decoded(fragment)


def _decoded(text: str | None) -> str:
    from urllib.parse import unquote
    return unquote(text or '')


def _host(authority: str | None) -> str | None:
    if authority is None:
        return None
    host = re.sub(r':\d*\Z', '', authority.rpartition('@')[2])
    return host
