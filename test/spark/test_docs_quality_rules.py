"""Every rule type is on its page, with a rule that behaves as the page says."""
from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.rule_types import RULE_TYPES, has_row_outcome
from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.errors import DataError
from lake_etl.quality.evaluation.evaluate import evaluate
from lake_etl.quality.evaluation.outcomes import EvaluationContext
from lake_etl.syntax.records import Findings

PAGE = (Path(__file__).resolve().parents[2] / 'docs' / 'data-quality-rules.md').read_text(encoding='utf-8')
EXAMPLE = re.compile(r'^\| `(?P<rule>.+?)` \| (?P<outcome>passes|fails) \|', re.MULTILINE)
EXAMPLES = dict(EXAMPLE.findall(PAGE))
DATA = re.compile(r'^\| (\d) \|(.*)\|$', re.MULTILINE)
SCHEMA = 'id int, state string, premium decimal(16,2), agent string, starts date, loaded timestamp, zip string'
NOW = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)


def rule_of(text: str) -> Rule:
    findings = Findings('page')
    rule = parse_rule(text, findings)
    assert rule is not None, findings.problems
    return rule


@pytest.fixture(scope='module')
def outcomes(spark, tmp_path_factory):
    """The outcomes of all rules of the page by their text, from one evaluation."""
    rows = [(number, *(None if cell.strip() == 'null' else cell.strip() for cell in cells.split('|')))
            for number, cells in DATA.findall(PAGE)]
    texts = spark.createDataFrame([tuple(map(str, row[:1])) + row[1:] for row in rows],
                                  ', '.join(f'{item.split()[0]} string' for item in SCHEMA.split(', ')))
    policies = texts.selectExpr(*(f'cast({item.split()[0]} AS {item.split()[1]})' for item in SCHEMA.split(', ')))
    agents = spark.sql("SELECT * FROM VALUES ('Ann', 'CA', 100.00BD), ('Bo', 'CA', 90.50BD) t(name, state, premium)")
    landed = tmp_path_factory.mktemp('landed') / 'policies.csv'
    landed.write_text('abc')
    written = datetime(2026, 3, 15, 10, 0, tzinfo=UTC).timestamp()
    os.utime(landed, (written, written))

    def table(name):
        if name != 'lake.agents':
            raise DataError(f"There is no table '{name}'.")
        return agents
    context = EvaluationContext(NOW, table, lambda metric, count: [4.0, 5.0, 3.0][:count], files=FolderFiles(),
                                landed_file=str(landed))
    rules = [rule_of(text) for text in EXAMPLES]
    return dict(zip(EXAMPLES, evaluate(policies, rules, context), strict=True))


@pytest.mark.parametrize('text', EXAMPLES)
def test_a_rule_of_the_page_does_what_the_page_says(outcomes, text):
    outcome = outcomes[text]
    assert ('passes' if outcome.passed else 'fails', outcome.note) == (EXAMPLES[text], ''), outcome.reason
    assert outcome.metrics


def test_every_rule_type_stands_on_the_page():
    assert {rule_of(text).type for text in EXAMPLES} == {item.name for item in RULE_TYPES if item.rule}
    assert all(f'`{item.name}`' in PAGE for item in RULE_TYPES if not item.rule)


def test_the_first_table_has_the_rules_with_row_outcomes():
    first, rest = PAGE.split('## The data set')
    assert [text for text, _ in EXAMPLE.findall(first) if not has_row_outcome(rule_of(text))] == []
    assert [text for text, _ in EXAMPLE.findall(rest) if has_row_outcome(rule_of(text))] == []
