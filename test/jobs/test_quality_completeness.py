"""No row gets lost between the rules and the table: each is written or set aside, or the load stops."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.config.quality import parse_quality
from lake_etl.errors import QualityError
from lake_etl.publish.target import Target
from lake_etl.quality.checked_load import CheckedLoad
from lake_etl.quality.gate import QualityGate
from lake_etl.spark.observations import compute
from lake_etl.syntax.records import Findings

QUARANTINE = {'quarantine_rules': ["ColumnValues 'premium' > 0"]}
RULES = {'before_transform': QUARANTINE, 'after_transform': QUARANTINE}
ROWS = {'one row fails': [5, 7, -1], 'clean': [5, 7]}


@pytest.fixture
def gate(lake, spark):
    lake.folders.root.mkdir()
    runtime.open_catalog(lake.folders.catalog)
    target = Target('gen', 'policy', str(lake.folders.cleanse), PARTITION_KEYS, 'load', 'a.csv', 'strict',
                    timedelta(hours=1))
    load = CheckedLoad(spark, {}, None, 'Gen/Policy', 'e1', target, datetime.now(UTC), ('2026', '03', '04'))
    return QualityGate(load, parse_quality(RULES, Findings('rules')))


@pytest.mark.parametrize('premiums', ROWS.values(), ids=ROWS)
@pytest.mark.parametrize('lost', [0, 1])
def test_rows_written_and_rows_set_aside_are_all_the_rows_that_were_checked(gate, lake, spark, premiums, lost):
    df = spark.createDataFrame([(premium,) for premium in premiums], 'premium int')
    compute(gate.check(df, 'after_transform'))
    failed = len([premium for premium in premiums if premium < 0])
    if lost:
        with pytest.raises(QualityError, match=rf'{len(premiums)} rows were checked at after_transform, but 1 went on '
                                               rf'and {failed} were set aside'):
            gate.settle(1)
        assert list(lake.catalog.tables()) == []
    else:
        gate.settle(2)
        assert lake.rows('SELECT count(*) FROM gen.policy_quarantine_after_transform') == [(failed,)]


def test_steps_behind_the_first_stage_may_add_rows(gate, lake, spark):
    passing = gate.check(spark.createDataFrame([(5,), (-1,)], 'premium int'), 'before_transform')
    compute(passing.selectExpr('premium', 'explode(array(1, 2)) AS month'))
    gate.settle(2)
    assert lake.rows('SELECT premium FROM gen.policy_quarantine_before_transform') == [(-1,)]
