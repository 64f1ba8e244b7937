"""Computes on texts as Athena does: regular expressions, splitting, format, URLs and codes."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

from lake_etl.adapters.local.athena.refusal import Refusal

# What Athena's regular expressions and Python's read alike. Anything else is refused.
REGEX_TOKEN = re.compile(
    r'\\[dDwWsSbBntrf]|\\[1-9]|\\[^A-Za-z0-9]|\[(?:\^)?(?:\\[dDwWsSntrf]|\\[^A-Za-z0-9]|[^\]\[\\&])+\]'
    r'|\(\?[:=!]|\(\?<[=!]|\(\?<[A-Za-z][A-Za-z0-9]*>|\(\?i:|\((?!\?)|\)|\{\d+(?:,\d*)?\}[?+]?|[*+?][?+]?|[|^$.]'
    r'|[^\\\[\](){}*+?|^$.]', re.DOTALL)
FORMAT_PART = re.compile(r'%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])')
URL = re.compile(r'(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?', re.DOTALL)
URL_LETTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%\u0080-\U0010ffff]*")
SOUNDEX = {letter: digit for digit, letters in
           {'1': 'BFPV', '2': 'CGJKQSXZ', '3': 'DT', '4': 'L', '5': 'MN', '6': 'R'}.items() for letter in letters}


@lru_cache(maxsize=512)
def regex(pattern: str) -> re.Pattern[str]:
    """Return the pattern for Python; raises ValueError when both would not read it alike."""
    flags = re.ASCII
    rest = pattern
    while (head := re.match(r'\(\?([ims]+)\)', rest)):
        flags |= sum({'i': re.IGNORECASE, 'm': re.MULTILINE, 's': re.DOTALL}[flag] for flag in set(head[1]))
        rest = rest[head.end():]
    parts, position = [], 0
    while position < len(rest):
        found = REGEX_TOKEN.match(rest, position)
        if not found or (flags & re.IGNORECASE and not found[0].isascii()):
            raise Refusal('a regular expression has a part that is not read as in Athena')
        named = re.fullmatch(r'\(\?<([A-Za-z]\w*)>', found[0])
        parts.append(f'(?P<{named[1]}>' if named else found[0])
        position = found.end()
    try:
        return re.compile(''.join(parts), flags)
    except re.error as error:
        raise Refusal('a regular expression is not one, or not one that is read here') from error


def regexp_like(text: str, pattern: str) -> bool:
    """Tell whether the pattern is found."""
    return regex(pattern).search(text) is not None


def regexp_extract(text: str, pattern: str, group: int) -> str | None:
    """Return the group of the first match."""
    found = regex(pattern).search(text)
    _check_group(regex(pattern), group)
    return found[group] if found else None


def regexp_extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    """Return the group of every match."""
    _check_group(regex(pattern), group)
    return [found[group] for found in regex(pattern).finditer(text)]


def regexp_split(text: str, pattern: str) -> list[str]:
    """Return the pieces between matches."""
    pieces, start = [], 0
    for found in regex(pattern).finditer(text):
        pieces.append(text[start:found.start()])
        start = found.end()
    return [*pieces, text[start:]]


def regexp_count(text: str, pattern: str) -> int:
    """Return the number of matches."""
    return sum(1 for _ in regex(pattern).finditer(text))


def regexp_position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """Return the place of a match from 1, or -1."""
    if start < 1 or occurrence < 1:
        raise ValueError('start and occurrence must be at least 1')
    if start > len(text):
        return -1
    for number, found in enumerate(regex(pattern).finditer(text, start - 1), start=1):
        if number == occurrence:
            return found.start() + 1
    return -1


def regexp_replace(text: str, pattern: str, replacement: str) -> str:
    """Return the text with each match replaced; $1 and ${name} stand for groups."""
    compiled = regex(pattern)
    parts = replacement_parts(compiled, replacement)
    return compiled.sub(lambda found: ''.join(
        part if isinstance(part, str) else found[part[0]] or '' for part in parts), text)


@lru_cache(maxsize=512)
def replacement_parts(pattern: re.Pattern[str], replacement: str) -> tuple[str | tuple[int | str], ...]:
    """Return the literal parts and, in tuples, the groups of a replacement."""
    parts: list[str | tuple[int | str]] = []
    position = 0
    while position < len(replacement):
        letter = replacement[position]
        position += 1
        if letter == '\\':
            if position == len(replacement):
                raise ValueError('Illegal replacement sequence')
            parts.append(replacement[position])
            position += 1
        elif letter != '$':
            parts.append(letter)
        elif named := re.compile(r'\{([A-Za-z]\w*)\}').match(replacement, position):
            if named[1] not in pattern.groupindex:
                raise ValueError('Illegal replacement sequence: unknown group')
            parts.append((named[1],))
            position = named.end()
        else:
            group, position = _group_number(pattern, replacement, position)
            parts.append((group,))
    return tuple(parts)


def _group_number(pattern: re.Pattern[str], replacement: str, position: int) -> tuple[int, int]:
    if not replacement[position:position + 1].isdecimal():
        raise ValueError('Illegal replacement sequence')
    group = int(replacement[position])
    position += 1
    _check_group(pattern, group)
    while replacement[position:position + 1].isdecimal() and group * 10 + int(replacement[position]) <= pattern.groups:
        group = group * 10 + int(replacement[position])
        position += 1
    return group, position


def _check_group(pattern: re.Pattern[str], group: int) -> None:
    if not 0 <= group <= pattern.groups:
        raise ValueError(f'Pattern has {pattern.groups} groups, cannot access group {group}')


def groups_of_matches(text: str, pattern: str) -> list[list[str | None]]:
    """Return the groups of each match."""
    return [list(found.groups()) for found in regex(pattern).finditer(text)]


def with_replacements(text: str, pattern: str, replacements: list[str | None]) -> str:
    """Return the text with each match replaced by its own text."""
    rest = iter(replacements)
    return regex(pattern).sub(lambda found: next(rest) or '', text)


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
        raise Refusal('format has a conversion that is not read')
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
    raise Refusal('format has a conversion that is not read')


def _number(digits: str, negative: bool, flags: set[str], width: int) -> str:
    if '(' in flags or '#' in flags:
        raise Refusal('format has a flag that is not read')
    sign = '-' if negative else '+' if '+' in flags else ' ' if ' ' in flags else ''
    return sign + (digits.zfill(width - len(sign)) if '0' in flags else digits)
