"""No row is lost between the rules and the table: each is written or quarantined, or the load stops."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.config.quality_rules import parse_quality
from lake_etl.errors import QualityError
from lake_etl.publish.partition import stage_partition
from lake_etl.publish.target import Target
from lake_etl.quality.gate import QualityGate
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.syntax.records import Findings

QUARANTINE = {'quarantine_rules': ["ColumnValues 'premium' > 0"]}
RULES = {'before_transform': QUARANTINE, 'after_transform': QUARANTINE}
VALUES = ('2026', '03', '04')
ROWS = {'one row fails': [5, 7, -1], 'clean': [5, 7]}


@pytest.fixture
def target(lake):
    lake.folders.root.mkdir()
    runtime.open_catalog(lake.folders.catalog)
    return Target('gen', 'policy', str(lake.folders.cleanse), PARTITION_KEYS, 'load', 'a.csv', 'strict',
                  timedelta(hours=1))


@pytest.fixture
def gate(target, spark):
    load = GatedLoad(spark, {}, None, 'Gen/Policy', 'e1', target, datetime.now(UTC), VALUES)
    return QualityGate(load, parse_quality(RULES, Findings('rules')))


@pytest.mark.parametrize('premiums', ROWS.values(), ids=ROWS)
@pytest.mark.parametrize('lost', [0, 1])
def test_rows_written_and_rows_set_aside_are_all_the_rows_that_were_checked(gate, target, lake, spark, premiums, lost):
    df = spark.createDataFrame([(premium,) for premium in premiums], 'premium int')
    passing = gate.check(df, 'after_transform')
    written = stage_partition(passing.where('premium <> 7') if lost else passing, target, VALUES)
    failed = len([premium for premium in premiums if premium < 0])
    if lost:
        expected = (rf'{len(premiums)} rows were checked at after_transform, but 1 continued and {failed} were '
                    'quarantined')
        with pytest.raises(QualityError, match=expected):
            gate.settle(written)
        assert list(lake.catalog.tables()) == []
    else:
        gate.settle(written)
        assert lake.rows('SELECT count(*) FROM gen.policy_quarantine_after_transform') == [(failed,)]


def test_steps_behind_the_first_stage_may_add_rows(gate, target, lake, spark):
    passing = gate.check(spark.createDataFrame([(5,), (-1,)], 'premium int'), 'before_transform')
    gate.settle(stage_partition(passing.selectExpr('premium', 'explode(array(1, 2)) AS count'), target, VALUES))
    assert lake.rows('SELECT premium FROM gen.policy_quarantine_before_transform') == [(-1,)]
