"""What AWS Glue Data Quality is asked, and how its answers are read; its own library is only on AWS Glue."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lake_etl import runtime
from lake_etl.errors import LakeError
from lib.local_lake.running.glue_job import ensure_glue_library

STAND_IN = Path(__file__).parent / 'glue_stand_in'
RULESET = 'Rules = [\n    RowCount > 5,\n    ColumnValues "premium" > 0\n]\n'


@pytest.fixture
def glue(monkeypatch):
    """The transform of the stand-in for AWS Glue's library."""
    ensure_glue_library()
    import awsglue

    # Frames are in AWS Glue's Java library.
    monkeypatch.setattr(awsglue, '__path__', [str(STAND_IN / 'awsglue'), *awsglue.__path__])
    monkeypatch.delitem(sys.modules, 'awsglue.dynamicframe', raising=False)
    monkeypatch.syspath_prepend(str(STAND_IN))
    from awsgluedq.transforms import EvaluateDataQuality
    yield EvaluateDataQuality
    for module in ('awsgluedq.transforms', 'awsgluedq', 'awsglue.dynamicframe'):
        del sys.modules[module]


def test_rules_rows_and_metrics_are_read_from_what_glue_answers(spark, glue, monkeypatch):
    # AWS Glue may write a rule in another way than it was asked; the order tells which it is.
    monkeypatch.setattr(glue, 'rules', [
        ('RowCount > 5', 'Failed', 'Value: 2.0 does not meet the constraint', {'Dataset.*.RowCount': 2.0}),
        ('ColumnValues "premium" > 0.0', 'Failed', None, {'Column.premium.Minimum': float('nan')})])
    monkeypatch.setattr(glue, 'marks', "IF(premium > 0, array('x'), array('ColumnValues \"premium\" > 0.0'))")
    df = spark.createDataFrame([('A', 1), ('B', -1)], 'id string, premium int')
    answer = runtime.ruleset_engine().evaluate(df, RULESET, [1], 'gen.policy.after_transform')
    assert [tuple(row) for row in answer.rows.orderBy('id').collect()] == [('A', 1, []), ('B', -1, [1])]
    assert (answer.counted, answer.failed) == (2, 1)
    assert [(item.passed, item.reason, item.metrics) for item in answer.rules] == [
        (False, 'Value: 2.0 does not meet the constraint', {'Dataset.*.RowCount': 2.0}), (False, '', {})]
    assert glue.asked == {
        'ruleset': RULESET,
        'publishing': {'dataQualityEvaluationContext': 'gen_policy_after_transform',
                       'enableDataQualityCloudWatchMetrics': True, 'enableDataQualityResultsPublishing': True},
        'additional': {'performanceTuning.caching': 'CACHE_NOTHING'}}


def test_without_rules_of_quarantine_no_row_fails(spark, glue, monkeypatch):
    monkeypatch.setattr(glue, 'rules', [('RowCount > 0', 'Passed', None, None)])
    monkeypatch.setattr(glue, 'marks', 'CAST(NULL AS array<string>)')
    answer = runtime.ruleset_engine().evaluate(spark.range(2), 'Rules = [ RowCount > 0 ]', [], 'gen.policy')
    assert (answer.counted, answer.failed, answer.rules[0].passed) == (2, 0, True)
    assert {tuple(row[answer.failed_column]) for row in answer.rows.collect()} == {()}


def test_elsewhere_a_job_is_told_what_to_do():
    with pytest.raises(LakeError, match='omit the job argument --data_quality_engine'):
        runtime.ruleset_engine()
