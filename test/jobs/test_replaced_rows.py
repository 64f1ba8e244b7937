"""What a load replaces is said before and after it, and may be limited; new and absent columns are told."""
from __future__ import annotations

import argparse

import pytest

from lake_etl.errors import DataError
from lib.local_lake.commands import run
from lib.local_lake.commands.runs import run as print_runs

SPEC, MAPPING = 'transformation-spec/Gen-Policy.json', 'transformation-spec/Gen-Policy.csv'
KEY = 'Gen/Policy/2026/03/04/{}.csv'


def rows(count):
    return 'id,name\n' + ''.join(f'{number},n{number}\n' for number in range(count))


def test_rows_before_and_after_are_told_and_a_great_change_can_be_stopped(lake, caplog):
    assert lake.run(KEY.format('january'), rows(136)).notices == ()
    shrunk = lake.run(KEY.format('march'), rows(20))
    assert shrunk.notices == ('Partition 2026/03/04 of gen.policy had 136 rows of Gen/Policy/2026/03/04/january.csv; '
                              'this load replaces them by 20 rows (-85.3 %).',)
    assert ('rowchange', 136, 20) in [(item['dataset_operation'], item['info'].get('before'), item['info'].get('after'))
                                      for item in lake.lineage(shrunk.execution)]
    lake.configure(SPEC, {'input_spec': {'max_row_change': 50}})
    with pytest.raises(DataError, match=r"20 rows.*by 200 rows.*allows 50 %. The table was not changed"):
        lake.load(KEY.format('march'), rows(200))
    lake.load(KEY.format('march'), rows(30))
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(30,)]
    lake.configure(SPEC, {'input_spec': {'max_row_change': 50, 'load_mode': 'by_file'}})
    lake.load(KEY.format('april'), rows(500))
    with pytest.raises(DataError, match='april.csv in partition 2026/03/04'):
        lake.load(KEY.format('april'), rows(5))
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(530,)]


def test_a_load_that_replaces_rows_of_another_file_is_warned_of_before(lake, tmp_path, monkeypatch, capsys):
    lake.load(KEY.format('january'), rows(3))
    file = tmp_path / 'claims 2026-02.csv'
    file.write_text(rows(2))
    options = argparse.Namespace(file=str(file), workflow='gen/policy', date='2026-03-04', yes=False)
    monkeypatch.setattr('sys.stdin.isatty', lambda: True, raising=False)
    monkeypatch.setattr('builtins.input', lambda question: 'n')
    assert run.run(lake.folders, options) == 1
    said = capsys.readouterr()
    assert 'holds 3 rows of Gen/Policy/2026/03/04/january.csv, which this load replaces' in said.err
    assert 'speaks of 2026/02' in said.err and 'Nothing was loaded.' in said.out
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(3,)]
    options.yes = True
    assert run.run(lake.folders, options) == 0
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(2,)]


def test_new_and_missing_columns_are_in_the_summary_the_history_and_the_lineage(lake, capsys):
    lake.configure(MAPPING, 'SourceName,DestName\nid,id\nname,name\nold,Null\n')
    lake.load(KEY.format('a'), rows(1))
    loaded = lake.run(KEY.format('a'), 'id,extra,old\n1,x,y\n')
    assert loaded.notices == (
        '1 source columns are not in the mapping and were dropped: extra. Map them, or map them to Null to drop them '
        'on purpose.', '1 mapped columns are not in the source: name.',
        'Columns of gen.policy that differ from the loads before: not in this load: name.')
    [told] = [item['info'] for item in lake.lineage(loaded.execution)
              if item['dataset_operation'] == 'missingcolumns']
    assert told['columns'] == ['name']
    print_runs(lake.folders, argparse.Namespace(last=5))
    assert all(notice in capsys.readouterr().out for notice in loaded.notices[:1])


def test_an_optional_column_may_come_later_and_earlier_files_can_be_loaded_again(lake):
    lake.configure(MAPPING, 'SourceName,DestName,Optional\nid,id,\nname,name,\nsince,since,true\nrate,rate,yes\n')
    lake.configure(SPEC, {'input_spec': {'allow_schema_change': 'evolve', 'strict_schema_mapping': True},
                          'transform_spec': {
        'date': [{'field': 'since', 'format': 'yyyy-MM-dd'}],
        'changetype': {'rate': 'decimal(8,2)'},
        'addcolumns': [{'field': 'total', 'source_columns': ['rate', 'id']}],
        'filterrows': [{'condition': "name <> 'nobody'"}]}})
    assert lake.run(KEY.format('january'), rows(2)).notices == (
        'Optional columns since, rate are not in the source, so 3 transforms that read them were skipped.',)
    assert lake.types('gen', 'policy').keys() == {'id', 'name', 'execution_id'}
    march = 'Gen/Policy/2026/03/05/march.csv'
    assert lake.run(march, 'id,name,since,rate\n7,x,2026-03-01,1.5\n').status == 'SUCCEEDED'
    assert lake.run(KEY.format('january'), rows(2)).status == 'SUCCEEDED'
    assert lake.types('gen', 'policy')['since'] == 'date'
    assert lake.rows('SELECT id, since IS NULL, rate IS NULL, total IS NULL FROM gen.policy ORDER BY id') == [
        (0, True, True, True), (1, True, True, True), (7, False, False, False)]
