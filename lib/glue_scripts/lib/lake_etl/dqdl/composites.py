"""Reads a rule, or rules joined by `and` and `or`, each part in parentheses."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from lake_etl.dqdl.conditions import Constants
from lake_etl.dqdl.labels import merged_labels, read_labels
from lake_etl.dqdl.parameters import PARENTHESES
from lake_etl.dqdl.rules import read_rule
from lake_etl.dqdl.syntax_tree import AnyRule, Composite
from lake_etl.dqdl.token_reader import TokenReader, Unreadable

MOST_LEVELS = 20
# A composite prints up to two pairs of parentheses for each level.
DEEPEST_NESTING = 3 * MOST_LEVELS
Read = Callable[[], AnyRule | None]


def read_any_rule(reader: TokenReader, constants: Constants, default_labels: Mapping[str, str]) -> AnyRule:
    """Return the rule that comes next, alone or joined with others, and record all that is wrong with it.

    Raises Unreadable when it cannot be told what is meant.
    """
    start = reader.next
    rule = _CompositeReader(reader, constants).joined(0)
    if rule is None:
        raise Unreadable
    if _levels(rule) > MOST_LEVELS:
        reader.fail(f'rules are nested more than {MOST_LEVELS} levels deep', token=start)
    return replace(rule, labels=merged_labels(reader, start.offset, default_labels, rule.labels))


class _CompositeReader:
    """Reads the parts of a composite; a broken part in parentheses does not hide later mistakes."""

    def __init__(self, reader: TokenReader, constants: Constants):
        self.reader = reader
        self.constants = constants

    def joined(self, depth: int) -> AnyRule | None:
        """Return rules joined by or, and inside them by and, which binds tighter; None when a part is broken."""
        return self._chain('or', lambda: self._chain('and', lambda: self._part(depth)))

    def _chain(self, operator: Literal['and', 'or'], read: Read) -> AnyRule | None:
        first = self.reader.next
        parts = [read()]
        while joint := self.reader.take_if(operator):
            if first.kind != '(' or self.reader.next.kind != '(':
                self.reader.fail(f'a part of the composite next to {joint} needs parentheses', PARENTHESES,
                                 joint)
            parts.append(read())
        sound = [part for part in parts if part is not None]
        if len(sound) < len(parts):
            return None
        return sound[0] if len(sound) == 1 else Composite(operator, tuple(
            inner for part in sound for inner in _members(part, operator)))

    def _part(self, depth: int) -> AnyRule | None:
        opening = self.reader.take_if('(')
        if opening is None:
            return read_rule(self.reader, self.constants)
        if depth == DEEPEST_NESTING:
            self.reader.fail(f'parentheses are nested more than {DEEPEST_NESTING} deep', token=opening)
        start = self.reader.position
        try:
            inner = self.joined(depth + 1)
            if inner is not None:
                self.reader.expect(')', 'and, or, or the closing )')
        except Unreadable:
            inner = None
        if inner is None:
            self.reader.skip_part(start)
            self.reader.take_if(')')
        offset = self.reader.next.offset
        if not self.reader.take_if('labels'):
            return inner
        labels = read_labels(self.reader)
        return inner and replace(inner, labels=merged_labels(self.reader, offset, inner.labels, labels))


def _members(part: AnyRule, operator: Literal['and', 'or']) -> Iterator[AnyRule]:
    """Yield the parts of a composite of the same operator, so that a chain is one composite, or the part itself."""
    if isinstance(part, Composite) and part.operator == operator and not part.labels:
        yield from part.parts
    else:
        yield part


def _levels(rule: AnyRule) -> int:
    return 1 + max(map(_levels, rule.parts)) if isinstance(rule, Composite) else 0
