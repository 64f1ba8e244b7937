"""Reads the tokens of a text one by one, and records mistakes with their position."""
from __future__ import annotations

from typing import NoReturn

from lake_etl.dqdl.lexer import Token, tokenize
from lake_etl.syntax.records import Findings
from lake_etl.syntax.text import position_name

QUOTED = ('text', 'date', 'time')
OPENING, CLOSING = ('(', '[', '{'), (')', ']', '}')


class Unreadable(Exception):
    """A part of the text cannot be understood further; what is wrong has been recorded."""


class TokenReader:
    """The tokens of a text from left to right.

    findings  where problems go
    place     of the text in its file, such as `after_transform.quarantine_rules[2]`
    """

    def __init__(self, text: str, findings: Findings, place: str = ''):
        self.text = text
        self.findings = findings
        self.place = place
        self.tokens = tuple(tokenize(text))
        self.position = 0
        for token in self.tokens:
            if token.kind == 'unknown':
                self.problem(token.offset, *token.complaint)

    @property
    def next(self) -> Token:
        """The token that comes next; after the last one always the end."""
        return self.tokens[self.position]

    @property
    def after_next(self) -> Token:
        """The token that comes after the next one."""
        return self.tokens[min(self.position + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and advance."""
        token = self.next
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def take_if(self, *kinds: str) -> Token | None:
        """Return the next token and advance if it is of one of these kinds."""
        return self.take() if self.next.kind in kinds else None

    def expect(self, kind: str, expected: str, hint: str = '') -> Token:
        """Return the next token and advance; raises Unreadable when it is of another kind."""
        if self.next.kind != kind:
            self.fail(f'expected {expected}, found {self.next}', hint)
        return self.take()

    def expect_text(self, expected: str) -> Token:
        """Return the next token, a text in quotes of any form, and advance; raises Unreadable."""
        return self.take_if(*QUOTED) or self.fail(f'expected {expected} in double quotes, found {self.next}')

    def fail(self, message: str, hint: str = '', token: Token | None = None) -> NoReturn:
        """Record a problem at a token, the next one unless given, and raise Unreadable."""
        at = token or self.next
        # What is wrong with an unknown token has been recorded already.
        if at.kind != 'unknown':
            self.problem(at.offset, message, hint)
        raise Unreadable

    def problem(self, offset: int, message: str, hint: str = '') -> None:
        """Record a problem at a character of the text."""
        self.findings.problem(self._place(offset), message, hint)

    def warning(self, offset: int, message: str, hint: str = '') -> None:
        """Record a warning at a character of the text."""
        self.findings.warning(self._place(offset), message, hint)

    def skip_part(self, start: int) -> None:
        """Go from the token at position `start` to the comma or closing bracket after the part that begins there."""
        self.position, depth = start, 0
        while self.next.kind != 'end':
            depth += (self.next.kind in OPENING) - (self.next.kind in CLOSING)
            if depth < 0 or (depth == 0 and self.next.kind == ','):
                return
            self.take()

    def _place(self, offset: int) -> str:
        """Return the place of a character; the line is named only when the text has several."""
        position = position_name(self.text, offset)
        if '\n' not in self.text:
            position = position.removeprefix('line 1, ')
        return f'{self.place}: {position}' if self.place else position
