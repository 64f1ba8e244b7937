"""The page of the data quality language: its rules and files are valid, and mistakes give its messages."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from lake_etl.config.quality_rules import parse_quality
from lake_etl.dqdl.parser import parse_document, parse_rule
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings

PAGE = (Path(__file__).resolve().parents[2] / 'docs' / 'data-quality-language.md').read_text(encoding='utf-8')
BLOCK = re.compile(r'^```(?P<language>dqdl|jsonc)\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
MISTAKE = re.compile(r'^\| `(?P<rule>[^`]+)` \| (?P<problem>column .+) \|$', re.MULTILINE)
BLOCKS = {language: [match['text'] for match in BLOCK.finditer(PAGE) if match['language'] == language]
          for language in ('dqdl', 'jsonc')}
DOCUMENTS = [text for text in BLOCKS['dqdl'] if 'Rules = [' in text]
RULES = [line for text in BLOCKS['dqdl'] if text not in DOCUMENTS for line in text.splitlines()]


@pytest.mark.parametrize('rule', RULES)
def test_a_rule_of_the_page_is_right(rule):
    findings = Findings('page')
    assert parse_rule(rule, findings) is not None, findings.problems
    assert findings.warnings == []


@pytest.mark.parametrize('document', DOCUMENTS)
def test_a_document_of_the_page_is_right(document):
    findings = Findings('page')
    assert parse_document(document, findings) is not None, findings.problems
    assert findings.warnings == []


@pytest.mark.parametrize('text', BLOCKS['jsonc'])
def test_a_rules_file_of_the_page_is_right(text):
    findings = Findings('page')
    assert parse_quality(parse_json_object(text.encode(), findings), findings) is not None, findings.problems
    assert findings.warnings == []


@pytest.mark.parametrize(('rule', 'problem'), MISTAKE.findall(PAGE))
def test_a_mistake_of_the_page_is_said_as_it_stands_there(rule, problem):
    findings = Findings('page')
    assert parse_rule(rule, findings) is None
    assert [str(item) for item in findings.problems] == [f'page: {problem}']


def test_the_page_shows_rules_documents_files_and_mistakes():
    assert len(RULES) > 15 and DOCUMENTS and BLOCKS['jsonc'] and MISTAKE.findall(PAGE)
