"""Reads JSON as people write it by hand: with comments and byte-order marks, and with errors that name the place."""
from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import NoReturn

from lake_etl.syntax.records import Findings, describe
from lake_etl.syntax.text import decode_text, position_name

STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"?|//[^\n]*')
SPACE = ' \t\n'
# Half of a pair of code units, which no encoding can write.
SURROGATE = re.compile('[\ud800-\udfff]')
DEEPEST = 100
EXPECTED = {
    "Expecting ',' delimiter": 'expected a comma or the closing bracket',
    "Expecting ':' delimiter": "expected ':' after the key",
    'Expecting property name enclosed in double quotes': 'expected a key in double quotes',
    'Expecting value': 'expected a value',
    'Extra data': 'expected the end of the file',
    'Invalid \\escape': 'expected a JSON escape such as \\\\ or \\n',
    'Invalid \\uXXXX escape': 'expected four hexadecimal digits after \\u',
}
HINTS = {
    "Expecting ',' delimiter": 'is a comma missing after the value before it?',
    'Invalid \\escape': 'write a backslash as \\\\',
}


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object in file order, keys given twice included."""


def parse_json(content: bytes, findings: Findings) -> object | None:
    """Return the value of a JSON file with `//` comments, or record the first error and return None.

    A key given twice is a warning at its place, and its last value counts. Trailing commas are errors.
    """
    text = decode_text(content, findings)
    if text is None:
        return None
    bare = STRING_OR_COMMENT.sub(_blank_comment, text)
    if not bare.strip():
        findings.problem('', 'the file is empty', 'write {} for no settings, or delete the file')
        return None
    try:
        value = json.loads(bare, object_pairs_hook=_Pairs, parse_constant=_refuse, parse_float=_finite)
        before = len(findings.problems)
        plain = _plain(value, '', findings, 0)
        return plain if len(findings.problems) == before else None
    except json.JSONDecodeError as error:
        _report(error, bare, findings)
    except RecursionError:
        findings.problem('', f'objects and lists are nested more than {DEEPEST} levels deep')
    except ValueError as error:
        findings.problem('', f'a number cannot be read: {error}')
    return None


def parse_json_object(content: bytes, findings: Findings) -> dict[str, object] | None:
    """Return the object that a JSON file holds, or record why it holds none and return None."""
    before = len(findings.problems)
    value = parse_json(content, findings)
    if isinstance(value, dict):
        return value
    if len(findings.problems) == before:
        findings.problem('', f'expected an object, got {describe(value)}')
    return None


def _blank_comment(match: re.Match[str]) -> str:
    """Keep strings; put spaces in place of a comment, so that all other characters keep their places."""
    found = match[0]
    return ' ' * len(found) if found.startswith('//') else found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} is not JSON')


def _finite(number: str) -> float:
    if math.isinf(value := float(number)):
        raise ValueError(f'{number} is too large')
    return value


def _plain(value: object, place: str, findings: Findings, depth: int) -> object:
    """Return the value with plain dictionaries for its objects; raises RecursionError when it is nested too deeply."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, _Pairs):
        for key, count in Counter(key for key, _ in value).items():
            if count > 1:
                findings.warning(_inside(place, key), f'key given {count} times, the last value counts')
                findings.repeated.append(_inside(place, key))
            _require_characters(key, _inside(place, key), findings)
        return {key: _plain(item, _inside(place, key), findings, depth + 1) for key, item in value}
    if isinstance(value, list):
        return [_plain(item, f'{place}[{index}]', findings, depth + 1) for index, item in enumerate(value)]
    _require_characters(value, place, findings)
    return value


def _require_characters(value: object, place: str, findings: Findings) -> None:
    if isinstance(value, str) and SURROGATE.search(value):
        findings.problem(place, 'the text holds one half of a character that is written as two, such as \\ud83d',
                         'write the character itself')


def _inside(place: str, key: str) -> str:
    return f'{place}.{key}' if place else key


def _report(error: json.JSONDecodeError, text: str, findings: Findings) -> None:
    comma = _trailing_comma(text, error.pos)
    if comma is not None:
        findings.problem(position_name(text, comma), 'a comma stands before a closing bracket', 'remove the comma')
        return
    kind = next((message for message in EXPECTED if error.msg.startswith(message)), error.msg)
    place = position_name(text, error.pos)
    if error.msg.startswith('Unterminated string'):
        findings.problem(place, 'the text that begins here has no closing double quote in its line')
    elif error.msg.startswith('Invalid control character'):
        findings.problem(place, 'a line break or control character stands inside a text', 'write it as \\n, \\t or \\u')
    else:
        expected = EXPECTED.get(kind, f'not JSON: {kind}')
        findings.problem(place, f'{expected}, found {_found(text, error.pos)}', HINTS.get(kind, ''))


def _trailing_comma(text: str, offset: int) -> int | None:
    """Return where a comma before a closing bracket stands, if that is what the error at `offset` is about."""
    at = offset if text[offset:offset + 1] == ',' else len(text[:offset].rstrip(SPACE)) - 1
    follows = text[at + 1:].lstrip(SPACE)[:1]
    return at if at >= 0 and text[at] == ',' and follows in ('}', ']') else None


def _found(text: str, offset: int) -> str:
    return repr(text[offset]) if offset < len(text) else 'the end of the file'
