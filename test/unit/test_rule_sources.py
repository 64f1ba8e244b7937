"""The columns of the source that quarantine rules look at are found through mapping and steps."""
from __future__ import annotations

import pytest

from lake_etl.column_lineage.rule_sources import mapped_origins, origins_after_steps, quarantine_sources
from lake_etl.config.quality_rules import parse_quality
from lake_etl.config.transform_steps import parse_transforms
from lake_etl.syntax.records import Findings
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import UserTransform

COLUMNS = ['No', 'First', 'Last', 'Amount', 'Details']
STEPS = {'combinecolumns': [{'field': 'Name', 'format': '{} {}', 'source_columns': ['First', 'Last']}],
         'combinecolumns:2': [{'field': 'Key', 'format': '{}-{}', 'source_columns': ['Name', 'No']}],
         'currency': [{'field': 'Paid', 'source': 'Amount'}], 'literal': {'Fixed': 'x'}}


def steps(spec):
    findings = Findings('Gen-Policy.json')
    registry = {**all_transforms(), 'mine': UserTransform('mine', lambda df, *rest: df)}
    found = parse_transforms(spec, registry, findings, refuse_unknown=True).steps
    assert findings.problems == []
    return found


def rules(stage, *texts):
    findings = Findings('dq-Gen-Policy.json')
    parsed = parse_quality({stage: {'quarantine_rules': list(texts)}}, findings)
    assert parsed and findings.problems == []
    return parsed


@pytest.mark.parametrize(('rule', 'expected'), [
    ("IsComplete 'Key'", {'no', 'first', 'last'}),
    ("ColumnValues 'PAID' > 0", {'amount'}),
    ("IsComplete 'Fixed'", set()),
    ("(IsComplete 'Name') or (IsComplete 'No')", {'no', 'first', 'last'}),
    ("ColumnValues 'No' > 0 where \"Paid > 1\"", {'no', 'amount'}),
    ('CustomSql "SELECT no FROM primary WHERE Paid > 0"', {'no', 'amount'}),
])
def test_a_rule_after_the_steps_looks_at_the_columns_that_its_own_are_made_of(rule, expected):
    assert quarantine_sources(rules('after_transform', rule), steps(STEPS), COLUMNS) == expected


def test_a_rule_before_the_steps_looks_at_its_own_columns():
    found = quarantine_sources(rules('before_transform', "IsComplete 'No'", "IsComplete 'Last'"), steps(STEPS), COLUMNS)
    assert found == {'no', 'last'}
    assert quarantine_sources(None, steps(STEPS), COLUMNS) == set()


def test_nothing_is_known_after_a_users_function_and_flattened_columns_come_from_their_structure():
    assert origins_after_steps(COLUMNS, steps({'mine': {}})).sources(['No']) == set()
    assert origins_after_steps(COLUMNS, None).sources(['No']) == set()
    flattened = origins_after_steps(COLUMNS, steps({'flatten': [{'field': 'Details'}]}))
    assert flattened.sources(['anything']) == {'details'}
    assert mapped_origins(COLUMNS).sources(['anything']) == set()
