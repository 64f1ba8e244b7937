"""Personal data in rows that are quarantined before the steps that protect it."""
from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from lake_etl import runtime
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.config.quality_rules import parse_quality
from lake_etl.config.transform_steps import parse_transforms
from lake_etl.publish.target import Target
from lake_etl.quality.gate import QualityGate
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.syntax.records import Findings
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import UserTransform
from small_lake import DAY

KEY = 'Gen/Policy/a.csv'
RULES = 'dq-rules/dq-Gen-Policy.json'
FILE = 'no,tin,phone,mail,amount\nA,12-3,555,a@x.org,1\nB,45-6,777,b@x.org,-1\n'
MAPPING = 'SourceName,DestName\nno,PolicyNo\ntin,TIN\nphone,Phone\nmail,Mail\namount,Amount\n'
SPEC = {'transform_spec': {
    'redact': {'Phone': 'none'},
    'combinecolumns': [{'field': 'Contact', 'format': '{}', 'source_columns': ['Mail']}],
    'hash': ['Contact'],
    'tokenize': ['TIN']}}
STAGE = {'quarantine_rules': ["ColumnValues 'amount' > 0"]}
QUARANTINE = 'SELECT policyno, tin, phone, mail, amount FROM gen.policy_quarantine_before_transform'


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def tokens(lake):
    return {item['raw_data'] for item in SqliteItems().scan(lake.folders.items('hash-values'))}


@pytest.fixture
def workflow(lake):
    lake.configure('transformation-spec/Gen-Policy.csv', MAPPING)
    lake.configure('transformation-spec/Gen-Policy.json', SPEC)
    lake.configure(RULES, {'before_transform': STAGE})
    return lake


def test_rows_set_aside_are_protected_as_their_columns_will_be_and_their_tokens_are_kept(workflow):
    workflow.load(KEY, FILE.partition('B,')[0])
    assert tokens(workflow) == {'12-3'}
    types = workflow.types('gen', 'policy_quarantine_before_transform')
    assert workflow.rows(QUARANTINE) == []
    workflow.load(KEY, FILE)
    assert workflow.rows(QUARANTINE) == [('B', digest('45-6'), 'none', digest('b@x.org'), -1)]
    assert workflow.types('gen', 'policy_quarantine_before_transform') == types, 'as when it was empty'
    assert tokens(workflow) == {'12-3', '45-6'}


def test_clear_rows_lie_where_consumers_cannot_read(workflow):
    workflow.load(KEY, FILE)
    workflow.configure(RULES, {'before_transform': STAGE, 'quarantine_clear': True})
    workflow.load(KEY, FILE)
    assert workflow.rows(QUARANTINE) == [('B', '45-6', '777', 'b@x.org', -1)]
    partition, = workflow.catalog.partitions('gen', 'policy_quarantine_before_transform')
    clear = f'{workflow.folders.cleanse}/quarantine_clear/before_transform/gen/policy/'
    assert partition.location.startswith(clear)


def test_clear_rows_of_other_files_do_not_come_where_consumers_can_read(workflow, caplog):
    workflow.configure('transformation-spec/Gen-Policy.json', SPEC | {'input_spec': {'load_mode': 'by_file'}})
    workflow.configure(RULES, {'before_transform': STAGE, 'quarantine_clear': True})
    workflow.load(KEY, FILE)
    workflow.load('Gen/Policy/b.csv', FILE.replace('B,', 'C,'))
    assert [row[0] for row in workflow.rows(f'{QUARANTINE} ORDER BY 1')] == ['B', 'C']
    workflow.configure(RULES, {'before_transform': STAGE})
    workflow.load(KEY, FILE)
    assert workflow.rows(QUARANTINE) == [('B', digest('45-6'), 'none', digest('b@x.org'), -1)]
    assert 'held rows of other files in clear' in caplog.text


def test_columns_are_hidden_when_nobody_can_tell_what_a_step_protects(lake, spark, caplog):
    mine = UserTransform('mine', lambda df, *rest: df.withColumnRenamed('Mail', 'Post'))
    transforms = {**all_transforms(), 'mine': mine}
    findings = Findings('Gen-Policy')
    steps = parse_transforms({'redact': {'Phone': 'none'}, 'mine': {}, 'hash': ['Post']}, transforms, findings, True)
    rules = parse_quality({'before_transform': STAGE}, findings)
    assert findings.problems == []

    lake.folders.root.mkdir()
    runtime.open_catalog(lake.folders.catalog)
    target = Target('gen', 'policy', str(lake.folders.cleanse), PARTITION_KEYS, 'load', 'a.csv', 'strict', timedelta())
    load = GatedLoad(spark, {}, None, 'Gen/Policy', 'e1', target, datetime.now(UTC), partition=DAY)
    gate = QualityGate(load, rules, steps.steps, transforms, at_once=True)
    rows = spark.createDataFrame([('A', '12-3', '555', 'a@x.org', 1), ('B', '45-6', '777', 'b@x.org', -1)],
                                 'PolicyNo string, TIN string, Phone string, Mail string, Amount int')
    assert [row.PolicyNo for row in gate.check(rows, 'before_transform').collect()] == ['A']
    gate.settle()
    assert lake.rows(QUARANTINE) == [('(hidden)', '(hidden)', 'none', '(hidden)', '(hidden)')]
    assert '4 columns of gen.policy_quarantine_before_transform are hidden: after mine' in caplog.text
