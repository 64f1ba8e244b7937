"""Parses rules and documents of the data quality language, and records every mistake with its position."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from lake_etl.dqdl.composites import read_any_rule
from lake_etl.dqdl.labels import read_labels
from lake_etl.dqdl.lexer import Token
from lake_etl.dqdl.operands import KEYWORDS
from lake_etl.dqdl.parameters import find_type, read_parameters
from lake_etl.dqdl.quoting import unquoted
from lake_etl.dqdl.syntax_tree import Analyzer, AnyRule, Document
from lake_etl.dqdl.token_reader import QUOTED, TokenReader, Unreadable
from lake_etl.syntax.records import Findings, suggestion

CONSTANT = 'a constant'
ORDER = ('Metadata', 'DataSources', CONSTANT, 'DefaultLabels', 'Rules', 'Analyzers')
SECTIONS = tuple(name for name in ORDER if name != CONSTANT)


class DocumentReader:
    """Reads a document section by section; a broken section or rule does not hide mistakes after it."""

    def __init__(self, reader: TokenReader):
        self.reader = reader
        self.version: str | None = None
        self.sources: tuple[str, ...] = ()
        self.constants: dict[str, tuple[Token, ...]] = {}
        self.constant_texts: dict[str, str] = {}
        self.default_labels: dict[str, str] = {}
        self.rules: list[AnyRule] = []
        self.analyzers: list[Analyzer] = []

    def document(self) -> Document:
        """Return the document, and record all that is wrong with it; what is broken is left out."""
        reader = self.reader
        seen: list[str] = []
        while reader.next.kind != 'end':
            start = reader.position
            try:
                self._section(seen)
            except Unreadable:
                self._skip_section(start)
        if not (self.rules or self.analyzers or reader.findings.problems):
            reader.problem(reader.next.offset, 'the document has no rules and no analyzers', 'write Rules = [ … ]')
        return Document(tuple(self.rules), tuple(self.analyzers), self.version, self.sources, self.constant_texts)

    def _section(self, seen: list[str]) -> None:
        reader = self.reader
        name = reader.expect('name', f'one of the sections {", ".join(SECTIONS)}, or {CONSTANT}')
        if reader.next.kind != '=':
            reader.fail(f'expected = after {name}, found {reader.next}',
                        suggestion(name.text, SECTIONS) or 'write rules in Rules = [ … ]')
        section = name.text if name.text in SECTIONS else CONSTANT
        self._check_order(name, section, seen)
        seen.append(section)
        if section == 'DefaultLabels':
            self.default_labels = read_labels(reader)
            return
        reader.take()
        if section == 'Metadata':
            self.version = self._dictionary({'Version': 'text'})['Version'][0]
        elif section == 'DataSources':
            sources = self._dictionary({'Primary': 'text', 'AdditionalDataSources': 'list'})
            self.sources = tuple(name.strip() for names in sources.values() for name in names)
        elif section == CONSTANT:
            self._constant(name)
        elif section == 'Rules':
            self._list(lambda: self.rules.append(read_any_rule(reader, self.constants, self.default_labels)))
        else:
            self._list(self._analyzer)

    def _check_order(self, name: Token, section: str, seen: list[str]) -> None:
        if section in seen and section != CONSTANT:
            self.reader.problem(name.offset, f'{name} appears twice')
        elif seen and ORDER.index(section) < max(map(ORDER.index, seen)):
            self.reader.problem(name.offset, f'{name} comes after {seen[-1]}', f'the order is {", ".join(ORDER)}')

    def _skip_section(self, start: int) -> None:
        """Go to the next word that begins a section, after the token at position `start`."""
        reader = self.reader
        reader.position = start
        reader.take()
        while reader.next.kind != 'end' and not (reader.next.text in SECTIONS and reader.after_next.kind == '='):
            reader.take()

    def _dictionary(self, kinds: Mapping[str, Literal['text', 'list']]) -> dict[str, tuple[str, ...]]:
        """Return the values of these keys, of which the first is required; raises Unreadable when one is broken."""
        reader = self.reader
        opening = reader.expect('{', '{ and keys in double quotes')
        found: dict[str, tuple[str, ...]] = {}
        while True:
            token = reader.expect_text('a key')
            key = unquoted(token.text)
            reader.expect(':', f': after the key {token}')
            if key not in kinds:
                reader.problem(token.offset, f'key {token} is unknown', suggestion(key, kinds) or
                               f'keys: {", ".join(kinds)}')
            elif key in found:
                reader.problem(token.offset, f'key {token} appears twice')
            is_list = kinds.get(key, 'list' if reader.next.kind == '[' else 'text') == 'list'
            found[key] = self._texts() if is_list else (self._text(),)
            if not reader.take_if(','):
                break
        reader.expect('}', 'a comma or the closing }')
        first = next(iter(kinds))
        if first not in found:
            reader.fail(f'the key "{first}" is missing', token=opening)
        return {key: found[key] for key in kinds if key in found}

    def _text(self) -> str:
        return unquoted(self.reader.expect_text('a text').text)

    def _texts(self) -> tuple[str, ...]:
        self.reader.expect('[', 'a list of texts in square brackets')
        texts = [self._text()]
        while self.reader.take_if(','):
            texts.append(self._text())
        self.reader.expect(']', 'a comma or the closing ]')
        return tuple(texts)

    def _constant(self, name: Token) -> None:
        reader = self.reader
        if name.text[0] in '._':
            reader.problem(name.offset, f'the name of the constant {name} begins with {name.text[0]}',
                           'begin it with a letter')
        if name.text in self.constants:
            reader.problem(name.offset, f'the constant {name} is defined twice')
        if reader.take_if('['):
            members = [self._constant_member(name)]
            while reader.take_if(','):
                members.append(self._constant_member(name))
            reader.expect(']', 'a comma or the closing ] of the constant')
            written = f'[{", ".join(token.text if token.kind in QUOTED else token.kind for token in members)}]'
        else:
            members = [self._constant_member(name, single=True)]
            written = members[0].text
        self.constants[name.text] = tuple(members)
        self.constant_texts[name.text] = written

    def _constant_member(self, name: Token, single: bool = False) -> Token:
        reader, token = self.reader, self.reader.next
        if token.kind == 'constant':
            reader.fail(f'a constant cannot be made of another one, found {token}')
        if token.kind not in (QUOTED if single else (*QUOTED, *KEYWORDS)):
            reader.fail(f'expected a text or a list of texts as the value of a constant, found {token}',
                        suggestion(name.text, SECTIONS) or 'write it in double quotes')
        return reader.take()

    def _list(self, read: Callable[[], None]) -> None:
        """Read the members of a section one by one; a broken one is left out."""
        reader = self.reader
        reader.expect('[', '[ and the members of the section')
        while reader.next.kind != ']':
            start = reader.position
            try:
                read()
            except Unreadable:
                reader.skip_part(start)
            comma = reader.take_if(',')
            if comma is None:
                break
            if reader.next.kind == ']':
                reader.problem(comma.offset, 'there is a comma before the closing ]', 'remove the comma')
        reader.expect(']', 'a comma or the closing ]')

    def _analyzer(self) -> None:
        reader = self.reader
        name = reader.expect('name', 'the rule type of an analyzer')
        parameters = tuple(parameter for parameter, _ in read_parameters(reader, name.text, self.constants))
        find_type(reader, name, parameters, analyzer=True)
        if reader.next.kind not in (',', ']', 'end'):
            reader.fail(f'expected the end of the analyzer {name}, found {reader.next}',
                        'analyzers have neither conditions nor anything after them')
        self.analyzers.append(Analyzer(name.text, parameters))


def parse_rule(text: str, findings: Findings, place: str = '') -> AnyRule | None:
    """Return the one rule that a text holds, or record every mistake and return None.

    place  of the text in its file, such as `after_transform.quarantine_rules[2]`; columns are added to it
    """
    before = len(findings.problems)
    reader = TokenReader(text, findings, place)
    try:
        if reader.next.kind == 'end':
            reader.fail('the text is empty, expected a rule')
        if reader.next.text in SECTIONS and reader.after_next.kind == '=':
            reader.fail('a document starts here, expected one rule', 'write each rule as a text of its own')
        rule = read_any_rule(reader, {}, {})
        if reader.next.kind == ',':
            reader.fail('the text holds several rules, expected one', 'write each rule as a text of its own')
        if reader.next.kind != 'end':
            reader.fail(f'expected the end of the rule, found {reader.next}')
    except Unreadable:
        return None
    return rule if len(findings.problems) == before else None


def parse_document(text: str, findings: Findings) -> Document | None:
    """Return a whole document, or record every mistake and return None."""
    document = DocumentReader(TokenReader(text, findings)).document()
    return None if findings.problems else document
