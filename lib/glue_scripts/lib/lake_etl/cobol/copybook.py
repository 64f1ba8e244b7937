"""Parses a COBOL copybook into a tree of items; records each entry that it cannot read, with its line."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lake_etl.cobol.copybook_text import CopybookEntry, Word, entries
from lake_etl.cobol.picture import Picture, parse_picture
from lake_etl.syntax.records import Findings
from lake_etl.syntax.text import decode_text

Usage = Literal['display', 'binary', 'native', 'packed', 'unsigned packed', 'float', 'double', 'national', 'unused']
UNNAMED_RECORD = 'RECORD'
USAGES: dict[str, Usage] = {
    'DISPLAY': 'display', 'BINARY': 'binary', 'COMP': 'binary', 'COMP-4': 'binary', 'COMP-5': 'native',
    'COMP-3': 'packed', 'PACKED-DECIMAL': 'packed', 'COMP-6': 'unsigned packed', 'COMP-1': 'float', 'COMP-2': 'double',
    'FLOAT-SHORT': 'float', 'FLOAT-LONG': 'double', 'NATIONAL': 'national', 'INDEX': 'unused', 'POINTER': 'unused',
    'POINTER-32': 'unused', 'FUNCTION-POINTER': 'unused', 'PROCEDURE-POINTER': 'unused'}
USAGES |= {name.replace('COMP', 'COMPUTATIONAL'): usage for name, usage in USAGES.items() if name.startswith('COMP')}
NAME = re.compile(r'[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*-*')
WHOLE_NUMBER = re.compile(r'\d{1,9}')
IGNORED_LEVELS = {66: 'RENAMES', 77: 'an item of its own', 78: 'a constant', 88: 'a condition'}
HEADINGS = ('FD', 'SD', 'DATA', 'FILE', 'WORKING-STORAGE', 'LOCAL-STORAGE', 'LINKAGE')
COMPILER_STATEMENTS = ('COPY', 'REPLACE', 'EXEC', '-INC', '++INCLUDE')
OPTIONAL_WORDS = ('IS', 'ARE', 'EXTERNAL', 'GLOBAL', 'RIGHT', 'LEFT', 'CHARACTER')


@dataclass(frozen=True)
class Occurs:
    """How often an item is repeated; `depending` names the item that holds the number, or is None."""

    least: int
    most: int
    depending: str | None = None


@dataclass(frozen=True)
class Item:
    """An item of a record: a group of items, or a field with a picture or a usage that needs none.

    name           in capital letters; empty for FILLER
    sign           where the sign of a zoned number is; `separate` if it is a character of its own
    """

    level: int
    name: str
    line: int
    picture: Picture | None = None
    usage: Usage | None = None
    sign: Literal['leading', 'trailing'] | None = None
    separate: bool = False
    occurs: Occurs | None = None
    redefines: str | None = None
    synchronized: bool = False
    children: tuple[Item, ...] = ()

    @property
    def place(self) -> str:
        """Return the place of the item, for messages."""
        return f'line {self.line}'


def parse_copybook(content: bytes, findings: Findings) -> tuple[Item, ...] | None:
    """Return the records of a copybook; records every problem, and returns None if there is one.

    Items above the first level 01 make a record named RECORD.
    """
    before = len(findings.problems)
    text = decode_text(content, findings)
    if text is None:
        return None
    items = [item for entry in entries(text) if (item := _item(entry, findings)) is not None]
    if not items and len(findings.problems) == before:
        findings.problem('', 'no item is described', 'write entries such as 05 POLICY-NO PIC X(10).')
    if len(findings.problems) > before:
        return None
    records = _tree(items)
    return records if len(findings.problems) == before else None


def _item(entry: CopybookEntry, findings: Findings) -> Item | None:
    """Return the item of an entry; None for headings, entries without data, and entries with a problem."""
    first, *rest = entry.words
    place = f'line {first.line}'
    if first.upper in COMPILER_STATEMENTS:
        findings.problem(place, f'{first.upper} is not supported', 'insert the text that it stands for')
        return None
    if first.upper in HEADINGS:
        return None
    if not re.fullmatch(r'\d{1,2}', first.text) or not (1 <= int(first.text) <= 49
                                                        or int(first.text) in IGNORED_LEVELS):
        findings.problem(place, f"expected a level number such as 05, got '{first.text}'",
                         'does the entry above end with a period?')
        return None
    if not entry.ended:
        findings.problem(place, 'the entry does not end with a period')
        return None
    level = int(first.text)
    if level in IGNORED_LEVELS:
        if level in (66, 77):
            findings.warning(place, f'level {level} ({IGNORED_LEVELS[level]}) is ignored')
        return None
    name = ''
    if rest and rest[0].upper not in CLAUSES and NAME.fullmatch(rest[0].text):
        name = '' if rest[0].upper == 'FILLER' else rest[0].upper
        rest = rest[1:]
    return _Clauses(rest, findings).read(Item(level, name, first.line))


@dataclass
class _Clauses:
    """The words of an entry behind its name, read clause by clause."""

    words: Sequence[Word]
    findings: Findings
    position: int = 0
    failed: bool = field(default=False)

    def read(self, item: Item) -> Item | None:
        while (word := self.peek()) and not self.failed:
            self.position += 1
            if word in OPTIONAL_WORDS:
                continue
            clause = CLAUSES.get(word)
            if clause is None:
                self.fail(f"the word '{self.words[self.position - 1].text}' is not known here",
                          f'does the entry that begins in line {item.line} end with a period?')
            else:
                item = clause(self, item)
        return None if self.failed else item

    def peek(self) -> str:
        """Return the next word in capital letters; empty at the end."""
        return self.words[self.position].upper if self.position < len(self.words) else ''

    def take(self, *optional: str) -> str:
        """Return the next word that is not one of the optional ones, and pass it."""
        self.skip(*optional)
        word = self.peek()
        self.position += 1
        return word

    def skip(self, *words: str) -> None:
        while self.peek() and self.peek() in words:
            self.position += 1

    def fail(self, message: str, hint: str = '') -> None:
        line = self.words[min(self.position, len(self.words)) - 1].line
        self.findings.problem(f'line {line}', message, hint)
        self.failed = True

    def picture(self, item: Item) -> Item:
        text = self.take('IS')
        found = parse_picture(text)
        if found is None:
            self.fail(f"'{text}' is not a picture that the lake knows", 'such as X(10) or S9(7)V99')
        elif found.kind == 'double-byte':
            self.fail('text in double bytes (PIC G) is not supported',
                      'describe the bytes as FILLER PIC X, two for each character, to leave them out')
        return replace(item, picture=found)

    def usage(self, item: Item) -> Item:
        return self.known_usage(item, self.take('IS'))

    def known_usage(self, item: Item, word: str) -> Item:
        if word not in USAGES:
            self.fail(f"usage '{word}' is not supported", f'known: {", ".join(sorted(set(USAGES)))}')
            return item
        return replace(item, usage=USAGES[word])

    def occurs(self, item: Item) -> Item:
        numbers = [self.take()]
        if self.peek() == 'TO':
            self.position += 1
            numbers.append(self.take())
        if not all(WHOLE_NUMBER.fullmatch(number) for number in numbers) or not 0 < int(numbers[-1]):
            self.fail('OCCURS needs a whole number above 0', 'such as OCCURS 12 TIMES or OCCURS 0 TO 9 TIMES')
            return item
        self.skip('TIMES')
        depending = None
        while self.peek() in ('DEPENDING', 'ASCENDING', 'DESCENDING', 'INDEXED'):
            if self.take() == 'DEPENDING':
                depending = self.take('ON')
                while self.peek() in ('OF', 'IN'):
                    self.position += 2
            else:
                self.skip_names()
        return replace(item, occurs=Occurs(int(numbers[0]) if len(numbers) > 1 else int(numbers[-1]),
                                           int(numbers[-1]), depending))

    def skip_names(self) -> None:
        """Pass the names of keys or indexes."""
        while self.peek() and (self.peek() not in CLAUSES) and self.peek() not in ('DEPENDING', 'ASCENDING',
                                                                                   'DESCENDING', 'INDEXED'):
            self.position += 1

    def redefines(self, item: Item) -> Item:
        return replace(item, redefines=self.take())

    def sign(self, item: Item) -> Item:
        return self.sign_at(item, self.take('IS'))

    def sign_at(self, item: Item, word: str) -> Item:
        if word not in ('LEADING', 'TRAILING'):
            self.fail('SIGN needs LEADING or TRAILING')
            return item
        separate = self.peek() == 'SEPARATE'
        self.skip('SEPARATE', 'CHARACTER')
        return replace(item, sign='leading' if word == 'LEADING' else 'trailing', separate=separate)

    def synchronized(self, item: Item) -> Item:
        return replace(item, synchronized=True)

    def value(self, item: Item) -> Item:
        """Pass the values of an item; they may be words, such as SPACES, and ranges."""
        while self.peek() and self.peek() not in CLAUSES:
            self.position += 1
        return item

    def blank(self, item: Item) -> Item:
        self.skip('WHEN')
        self.skip('ZERO', 'ZEROS', 'ZEROES')
        return item

    def nothing(self, item: Item) -> Item:
        return item


Clause = Callable[[_Clauses, Item], Item]
CLAUSES: dict[str, Clause] = {
    'PIC': _Clauses.picture, 'PICTURE': _Clauses.picture, 'USAGE': _Clauses.usage, 'OCCURS': _Clauses.occurs,
    'REDEFINES': _Clauses.redefines, 'SIGN': _Clauses.sign, 'SYNC': _Clauses.synchronized,
    'SYNCHRONIZED': _Clauses.synchronized, 'VALUE': _Clauses.value, 'VALUES': _Clauses.value, 'BLANK': _Clauses.blank,
    'JUST': _Clauses.nothing, 'JUSTIFIED': _Clauses.nothing, 'GROUP-USAGE': _Clauses.usage,
    **{word: lambda clauses, item, word=word: clauses.sign_at(item, word)   # type: ignore[misc]
       for word in ('LEADING', 'TRAILING')},
    **{word: lambda clauses, item, word=word: clauses.known_usage(item, word)   # type: ignore[misc]
       for word in (*USAGES, 'DISPLAY-1', 'COMP-X', 'COMP-9')}}


def _tree(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the records: each item with the items of higher level numbers below it."""
    if items[0].level != 1:
        end = next((index for index, item in enumerate(items) if item.level == 1), len(items))
        first = Item(0, UNNAMED_RECORD, items[0].line, children=_below(items[:end]))
        return (first, *_below(items[end:]))
    return _below(items)


def _below(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items that belong to no other, each with its children."""
    found: list[Item] = []
    position = 0
    while position < len(items):
        end = position + 1
        while end < len(items) and items[end].level > items[position].level:
            end += 1
        found.append(replace(items[position], children=_below(items[position + 1:end])))
        position = end
    return tuple(found)


def names_in(items: Iterable[Item]) -> list[str]:
    """Return the names of all items and of those below them."""
    return [name for item in items for name in (item.name, *names_in(item.children)) if name]
