"""A mapped column that the source lacks is named in the record of the run, and stops a strict mapping."""
from __future__ import annotations

import pytest

from small_lake import SmallLake

HEADER = 'Policy No , \u00a0Gross Premium,"Net\r\nAmount",Agent\u00a0Name\n'


@pytest.fixture
def lake(spark, small_data, tmp_path):
    lake = SmallLake(tmp_path)
    lake.configure('transformation-spec/Gen-Policy.csv', 'SourceName,DestName\nPolicy No,policyno\n'
                   'Gross Premium,gross\nNet Amount,net\nAgent Name,agent\nBroker,broker\nRegion,region\n')
    return lake


def test_missing_columns_are_counted_and_later_runs_are_not_affected(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'types': {'policy no': 'string'}},
                                                           'transform_spec': {}})
    result = lake.run('Gen/Policy/a.csv', HEADER + '17,5,6,Bob\n')
    assert result.notices == ('2 mapped columns are not in the source: Broker, Region.',)
    assert lake.rows('SELECT policyno, gross, net, agent FROM gen.policy') == [('17', 5, 6, 'Bob')]
    bad = lake.run('Gen/Policy/b.csv', b'%PDF-1.7\n\x00')
    assert bad.status == 'FAILED' and 'b.csv is a PDF document' in bad.reason
    after = lake.run('Gen/Policy/c.csv', HEADER.strip() + ',Broker,Region\n18,5,6,Bob,x,y\n')
    assert after.status == 'SUCCEEDED' and after.failed_conversions == ()
    assert not [notice for notice in after.notices if 'not in the source' in notice]


def test_a_strict_mapping_stops_the_load_with_the_names(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'strict_schema_mapping': True},
                                                           'transform_spec': {}})
    result = lake.run('Gen/Policy/a.csv', HEADER + '17,5,6,Bob\n')
    assert result.status == 'FAILED' and 'lacks mapped columns: Broker, Region' in result.reason
