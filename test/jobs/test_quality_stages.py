"""Quality rules in the jobs: what a failed rule does at each stage, and where the rows go."""
from __future__ import annotations

import pytest

from lake_etl.adapters.local.items import SqliteItems
from lake_etl.errors import QualityError

KEY = 'Gen/Policy/a.csv'
RULES = 'dq-rules/dq-Gen-Policy.json'
FILE = 'id,premium,state\nA,10,NY\nB,-5,NY\nC,30,ZZ\nD,-7,ZZ\n'


def results(lake, execution):
    """Return the recorded results of an execution as (stage, action, rule, outcome)."""
    items = SqliteItems().query(lake.folders.items('dq-results'), execution)
    return sorted((item['ruleset_name'], item['rule_action'], item['Rule'], item['Outcome']) for item in items)


def test_rows_that_fail_are_set_aside_with_the_rules_they_failed(lake):
    lake.configure(RULES, {'before_transform': {'quarantine_rules': ["ColumnValues 'premium' > 0"]},
                           'after_transform': {'quarantine_rules': ["ColumnValues 'state' in ['NY', 'CA']",
                                                                    "ColumnLength 'id' = 1"]}})
    execution = lake.load(KEY, FILE)
    assert lake.rows('SELECT id FROM gen.policy') == [('A',)]
    assert lake.rows('SELECT id, premium, state, failed_rules, execution_id, year, month, day, '
                     'quarantine_timestamp > TIMESTAMP \'2020-01-01\' '
                     'FROM gen.policy_quarantine_before_transform ORDER BY id') == [
        (name, premium, state, ['ColumnValues "premium" > 0'], execution, '2026', '03', '04', True)
        for name, premium, state in [('B', -5, 'NY'), ('D', -7, 'ZZ')]]
    assert lake.rows('SELECT id, failed_rules FROM gen.policy_quarantine_after_transform') == [
        ('C', ['ColumnValues "state" in ["NY", "CA"]'])]
