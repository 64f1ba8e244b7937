"""Fills the `{name}` placeholders of SQL files so that no value can change what a statement does."""
from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from lake_etl.errors import ConfigurationError
from lake_etl.syntax.records import Findings, suggestion
from lake_etl.syntax.sql_pieces import Dialect, Kind, Piece, pieces

# Not after \p, \P, \x and \N: there, braces belong to a regular expression.
PLACEHOLDER = r'(?<!\\[pPxN])\{(?P<name>[A-Za-z_]\w*)(?:!(?P<conversion>[rsa]))?(?::(?P<format>[^{}\n]*))?\}'
TOKEN = re.compile(rf'\{{\{{|{PLACEHOLDER}|[{{}}]')
# Python's format specification, but for a leading space, which a braced `key: value` has too.
FORMAT = re.compile(r'(?:.?[<>=^])?[+-]?#?0?\d*[_,]?(?:\.\d+)?[bcdeEfFgGnosxX%]?|.*%[A-Za-z].*')
PLAIN_WORD = re.compile(r'-?[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*')
NUMBER = re.compile(r'[+-]?[0-9][0-9_.]*(?:[eE][+-]?[0-9]+)?')
CONVERSIONS: Mapping[str, Callable[[object], str]] = {'r': repr, 's': str, 'a': ascii}


class _Refused(Exception):
    """A value cannot stand where its placeholder stands; the text says why, without the value."""


def report_unknown_placeholders(text: str, known: Collection[str], dialect: Dialect, findings: Findings) -> None:
    """Record a problem for each placeholder outside comments whose name is not known.

    Braces that cannot be a placeholder, such as those of `{2,4}` or `{"a": 1}`, are no problem.
    """
    reported = set()
    for piece in pieces(text, dialect):
        for match in TOKEN.finditer(piece.text) if piece.kind is not Kind.COMMENT else ():
            if match['name'] and match['name'] not in known and match[0] not in reported and _is_meant(match):
                reported.add(match[0])
                known_names = f'known: {", ".join(sorted(known))}'
                hint = '; '.join(filter(None, (suggestion(match['name'], known), known_names)))
                findings.problem(match[0], 'unknown placeholder', f'{hint}; a literal brace is written twice')


def fill_placeholders(text: str, values: Mapping[str, object], dialect: Dialect, file: str) -> str:
    """Return the SQL text with `{name}` and `{name:format}` filled by Python's format rules; comments stay as they are.

    Inside quotes a value is escaped for the engine. Outside them only numbers and words of letters, digits, `_`, `.`
    and single `-` may be filled in. `{{` and `}}` become single braces; braces that hold no placeholder stay.

    Raises ConfigurationError listing every placeholder of `file` that is unknown or cannot be filled.
    """
    findings = Findings(file)
    report_unknown_placeholders(text, values.keys(), dialect, findings)
    filled = ''.join(_fill(piece, values, dialect, findings) for piece in pieces(text, dialect))
    if findings.problems:
        raise ConfigurationError(dict.fromkeys(findings.problems))
    return filled


def _is_meant(match: re.Match[str]) -> bool:
    """Tell whether braces with an unknown name were meant as a placeholder, rather than as `{key: "value"}`."""
    return match['format'] is None or FORMAT.fullmatch(match['format']) is not None


def _fill(piece: Piece, values: Mapping[str, object], dialect: Dialect, findings: Findings) -> str:
    if piece.kind is Kind.COMMENT:
        return piece.text
    text, filled, at = piece.text, '', 0
    opened: list[str] = []
    while match := TOKEN.search(text, at):
        filled += text[at:match.start()]
        at = match.end()
        if match['name']:
            filled += _value(match, filled, values, piece, dialect, findings)
        elif match[0] == '}':
            # Two closing braces are one literal brace, unless they close braces that stay as they are.
            doubled = (opened.pop() if opened else '{{') == '{{' and text.startswith('}', at)
            at += 1 if doubled else 0
            filled += '}'
        else:
            opened.append(match[0])
            filled += '{'
    return filled + text[at:]


def _value(match: re.Match[str], before: str, values: Mapping[str, object], piece: Piece, dialect: Dialect,
           findings: Findings) -> str:
    """Return what to write for a placeholder; unknown ones, reported elsewhere, stay."""
    if match['name'] not in values:
        return match[0]
    value = values[match['name']]
    try:
        text = _formatted(value, match)
        if piece.kind in (Kind.CODE, Kind.BODY):
            return _plain(text, value, before)
        return _escaped(text, before, piece, dialect)
    except _Refused as refusal:
        findings.problem(match[0], str(refusal))
        return match[0]


def _formatted(value: object, match: re.Match[str]) -> str:
    converted = CONVERSIONS[match['conversion']](value) if match['conversion'] else value
    try:
        return format(converted, match['format'] or '')
    except (ValueError, TypeError, OverflowError, MemoryError):
        kind = 'a text' if isinstance(converted, str) else f'a {type(converted).__name__}'
        raise _Refused(f"the format '{match['format']}' does not suit the value, which is {kind}") from None


def _plain(text: str, value: object, before: str) -> str:
    """Return a value for a place outside quotes."""
    bare = text.strip(' ')
    is_number = isinstance(value, (int, float, Decimal)) and NUMBER.fullmatch(bare)
    if not (is_number or PLAIN_WORD.fullmatch(bare)):
        raise _Refused('the value is neither a number nor a plain word; write quotes around the placeholder')
    if before.endswith('-') and bare.startswith('-'):
        raise _Refused('a minus sign before the negative value would begin a comment; write a space between them')
    return text


def _escaped(text: str, before: str, piece: Piece, dialect: Dialect) -> str:
    """Return a value for a place inside quotes, so that it can neither end them nor escape what follows."""
    quote = piece.text[0]
    if piece.kind is Kind.NAME:
        return text.replace(quote, quote * 2)
    if piece.backslash:
        if (len(before) - len(before.rstrip('\\'))) % 2:
            raise _Refused('a backslash stands right before the placeholder; write it twice')
        text = text.replace('\\', '\\\\')
        return text.replace(quote, ('\\' if dialect == 'spark' else quote) + quote)
    if dialect == 'spark' and quote in text:
        raise _Refused("the value holds a quote, which cannot be written in a raw text r'…'; leave out the r")
    if dialect == 'athena' and '\\' in text:
        raise _Refused('the value holds a backslash, which the engine reads differently in queries and in definitions')
    return text.replace(quote, quote * 2)
