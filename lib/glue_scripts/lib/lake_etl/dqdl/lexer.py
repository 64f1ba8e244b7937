"""Splits the text of a data quality document into tokens; invalid text becomes a token with the reason."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

SPACE = re.compile(r'(?:[ \t\n\r]|#[^\n]*)*')
TEXT = re.compile(r'"(?:\\.|[^"\\])*+"', re.DOTALL)
DATE = re.compile(r'"\d{4}-\d{2}-\d{2}"', re.ASCII)
TIME = re.compile(r'"(?:(\d\d?):(\d\d) (AM|PM)|(\d\d):(\d\d))"', re.ASCII)
NOW = re.compile(r'now\(\)')
WORD = re.compile(r'[\w.]+')
CONSTANT = re.compile(r'\$[A-Za-z0-9_.]+')
PUNCTUATION = re.compile(r'![ \t\n\r]*=|>=|<=|[=><()\[\]{},:+*/-]')
INTEGER = re.compile(r'\d+', re.ASCII)
DECIMAL = re.compile(r'\d+\.\d+', re.ASCII)
BOTH_CASES = ('and', 'or', 'of', 'NULL', 'EMPTY', 'WHITESPACES_ONLY')
KEYWORDS = {word: word for word in (
    'between', 'in', 'not', 'matches', 'where', 'with', 'labels', 'days', 'hours', 'minutes', 'B', 'KB', 'MB', 'GB',
    'TB')} | {spelling: word for word in BOTH_CASES for spelling in (word.lower(), word.upper())}


@dataclass(frozen=True)
class Token:
    """A piece of the text.

    kind       text, date, time, integer, decimal, name, constant, now, end, unknown, or the keyword or sign itself
    text       as written
    offset     of its first character in the whole text
    complaint  why an unknown token is invalid, and what to write instead
    """

    kind: str
    text: str
    offset: int
    complaint: tuple[str, str] = ('', '')

    def __str__(self) -> str:
        """Return the token for an error message."""
        if self.kind == 'end':
            return 'the end'
        return self.text if len(self.text) <= 40 else f'{self.text[:37]}...'


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, at last one of the kind `end`; spaces and comments are left out."""
    at = 0
    while True:
        spaces = SPACE.match(text, at)
        at = spaces.end() if spaces else at
        if at == len(text):
            yield Token('end', '', at)
            return
        token = _token(text, at)
        yield token
        at += len(token.text)


def time_of_day(written: str) -> time | None:
    """Return the time that a text with its quotes is written as, or None if it is not a time, such as `"25:00"`."""
    match = TIME.fullmatch(written)
    if match is None:
        return None
    hours_of_12, minutes_of_12, half, hours_of_24, minutes_of_24 = match.groups()
    hour, minute = int(hours_of_12 or hours_of_24), int(minutes_of_12 or minutes_of_24)
    if minute > 59 or (hour > 23 if half is None else not 1 <= hour <= 12):
        return None
    return time(hour if half is None else hour % 12 + (12 if half == 'PM' else 0), minute)


def _token(text: str, at: int) -> Token:
    if text[at] == '"':
        return _quoted(text, at)
    if end := NOW.match(text, at):
        return Token('now', end[0], at)
    if found := WORD.match(text, at):
        return _word(found[0], at)
    if found := CONSTANT.match(text, at):
        return Token('constant', found[0], at)
    if found := PUNCTUATION.match(text, at):
        return Token('!=' if found[0][0] == '!' else found[0], found[0], at)
    return Token('unknown', text[at], at, _complaint(text[at]))


def _word(text: str, at: int) -> Token:
    if not text.isascii():
        return Token('unknown', text, at, (f'the name {text} has letters that need quotes',
                                           f'write "{text}"'))
    if INTEGER.fullmatch(text):
        return Token('integer', text, at)
    return Token('decimal' if DECIMAL.fullmatch(text) else KEYWORDS.get(text, 'name'), text, at)


def _quoted(text: str, at: int) -> Token:
    found = TEXT.match(text, at)
    if found is None:
        return Token('unknown', text[at:], at, (
            'the text that starts here has no closing double quote', r'write a quote inside a text as \"'))
    if DATE.fullmatch(found[0]):
        return Token('date', found[0], at)
    return Token('text' if time_of_day(found[0]) is None else 'time', found[0], at)


def _complaint(character: str) -> tuple[str, str]:
    if character == "'":
        return "found ', but texts need double quotes", 'convert_single_quotes turns every \' into "'
    if character == '$':
        return 'a $ starts the name of a constant, but no name follows', ''
    if character == '!':
        return 'found ! without =', 'write != or not in'
    return f'the character {character!r} has no meaning', 'write names with such characters in double quotes'
