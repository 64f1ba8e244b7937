"""Takes SQL text apart into code, quoted text and comments, by the rules of each engine."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from lake_etl.syntax.records import Findings
from lake_etl.syntax.text import position_name

Dialect = Literal['spark', 'athena', 'redshift']
OPENING = re.compile(r'--|/\*\+?|[\'"`]|\$\w*\$')
COMMENT_EDGE = re.compile(r'/\*|\*/')
RAW_PREFIX = re.compile(r'(?<!\w)[rR]\Z')


class Kind(Enum):
    """What a piece of SQL text is."""

    CODE = 'code'
    LITERAL = 'text in quotes'
    NAME = 'quoted name'
    BODY = 'body between dollar signs'
    COMMENT = 'comment'


@dataclass(frozen=True)
class Piece:
    """A piece of SQL text with its quotes or comment marks.

    start      offset in the whole text
    closed     whether its closing mark is there
    backslash  whether a backslash in it escapes the next character
    """

    kind: Kind
    text: str
    start: int
    closed: bool = True
    backslash: bool = False


@dataclass(frozen=True)
class Rules:
    """How an engine reads quotes and comments; every engine takes a doubled quote inside quotes for one.

    literal_quotes   quotes around texts; the other ones are around names
    backslash        whether a backslash in a text escapes the next character
    nested_comments  whether a block comment may hold another one
    hints            whether `/*+` begins a hint, which is code
    dollar_bodies    whether `$$` is a quote
    """

    literal_quotes: str
    backslash: bool
    nested_comments: bool
    hints: bool
    dollar_bodies: bool


RULES: dict[Dialect, Rules] = {
    'spark': Rules('\'"', backslash=True, nested_comments=True, hints=True, dollar_bodies=False),
    'athena': Rules("'", backslash=False, nested_comments=False, hints=False, dollar_bodies=False),
    'redshift': Rules("'", backslash=True, nested_comments=True, hints=False, dollar_bodies=True),
}


def pieces(text: str, dialect: Dialect) -> Iterator[Piece]:
    """Yield the pieces of a SQL text in order; together they are the text."""
    rules = RULES[dialect]
    begin = at = 0
    while match := OPENING.search(text, at):
        kind = _kind(match[0], rules)
        if kind is Kind.CODE:
            # Only the dollar sign or the hint's mark is passed over; what follows may open something.
            at = match.end() if match[0] == '/*+' else match.start() + 1
            continue
        if match.start() > begin:
            yield Piece(Kind.CODE, text[begin:match.start()], begin)
        backslash = kind is Kind.LITERAL and rules.backslash and not RAW_PREFIX.search(text[begin:match.start()])
        end, closed = _end(text, match, backslash, rules)
        yield Piece(kind, text[match.start():end], match.start(), closed, backslash)
        begin = at = end
    if begin < len(text):
        yield Piece(Kind.CODE, text[begin:], begin)


def blank_comments(text: str, dialect: Dialect) -> str:
    """Return the text with spaces in place of comments; all other characters keep their places."""
    return ''.join(' ' * len(piece.text) if piece.kind is Kind.COMMENT else piece.text
                   for piece in pieces(text, dialect))


def report_unclosed(text: str, dialect: Dialect, findings: Findings) -> None:
    """Record a problem for quotes and comments that are never closed."""
    for piece in pieces(text, dialect):
        if not piece.closed:
            findings.problem(position_name(text, piece.start), f'the {piece.kind.value} that begins here never ends')


def _kind(opening: str, rules: Rules) -> Kind:
    if opening == '/*+' and rules.hints:
        return Kind.CODE
    if opening.startswith('$'):
        return Kind.BODY if rules.dollar_bodies else Kind.CODE
    if opening in ('--', '/*', '/*+'):
        return Kind.COMMENT
    return Kind.LITERAL if opening in rules.literal_quotes else Kind.NAME


def _end(text: str, opening: re.Match[str], backslash: bool, rules: Rules) -> tuple[int, bool]:
    """Return where a piece ends, and whether its closing mark is there; an unclosed one goes to the end of the text."""
    mark = opening[0]
    if mark == '--':
        line_end = text.find('\n', opening.end())
        return (len(text) if line_end < 0 else line_end), True
    if mark.startswith('/*'):
        return _comment_end(text, opening.start() + 2, rules.nested_comments)
    if mark.startswith('$'):
        close = text.find(mark, opening.end())
        return (len(text), False) if close < 0 else (close + len(mark), True)
    content = rf'(?:\\.|{mark}{mark}|[^\\{mark}])*+' if backslash else rf'(?:{mark}{mark}|[^{mark}])*+'
    closing = re.compile(content + mark, re.DOTALL).match(text, opening.end())
    return (closing.end(), True) if closing else (len(text), False)


def _comment_end(text: str, at: int, nested: bool) -> tuple[int, bool]:
    depth = 1
    while edge := COMMENT_EDGE.search(text, at):
        at = edge.end()
        if edge[0] == '*/':
            depth -= 1
        elif nested:
            depth += 1
        if depth == 0:
            return at, True
    return len(text), False
