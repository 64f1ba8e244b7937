"""Turns text of the data quality language into rules and documents, or records every reason why it is none."""
from __future__ import annotations

from lake_etl.dqdl.composites import read_any_rule
from lake_etl.dqdl.document import SECTIONS, DocumentReader
from lake_etl.dqdl.syntax_tree import AnyRule, Document
from lake_etl.dqdl.token_reader import TokenReader, Unreadable
from lake_etl.syntax.records import Findings


def parse_rule(text: str, findings: Findings, place: str = '') -> AnyRule | None:
    """Return the one rule that a text holds, or record every reason why it holds none and return None.

    place  of the text in its file, such as `after_transform.quarantine_rules[2]`; columns are added to it
    """
    before = len(findings.problems)
    reader = TokenReader(text, findings, place)
    try:
        if reader.next.kind == 'end':
            reader.fail('the text is empty, expected a rule')
        if reader.next.text in SECTIONS and reader.after_next.kind == '=':
            reader.fail('a document begins here, expected one rule', 'write each rule as a text of its own')
        rule = read_any_rule(reader, {}, {})
        if reader.next.kind == ',':
            reader.fail('the text holds several rules, expected one', 'write each rule as a text of its own')
        if reader.next.kind != 'end':
            reader.fail(f'expected the end of the rule, found {reader.next}')
    except Unreadable:
        return None
    return rule if len(findings.problems) == before else None


def parse_document(text: str, findings: Findings) -> Document | None:
    """Return a whole document, or record every reason why the text of the file is none and return None."""
    document = DocumentReader(TokenReader(text, findings)).document()
    return None if findings.problems else document
