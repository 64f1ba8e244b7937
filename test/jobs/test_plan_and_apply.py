"""A changed configuration is planned and applied on a lake with loads: killed, failed, gone on with, in order."""
from __future__ import annotations

import contextlib
import io
import json
import os

import pytest

from lib.local_lake.cli import main
from lib.local_lake.running.orchestration import Orchestrator
from small_lake import SmallLake

SPEC = 'transformation-spec/Gen-Policy.json'
BEFORE = {'transform_spec': {'changetype': {'premium': 'decimal(16,2)'}, 'hash': ['holder']}}
AFTER = {'transform_spec': {'changetype': {'premium': 'decimal(16,4)'}, 'hash': ['holder']}}
FAILING = {'transform_spec': {'changetype': {'premium': 'decimal(16,4)'}, 'hash': ['holder'],
                              'filterrows': [{'condition': "raise_error('no')"}]}}
POLICIES = 'policy,premium,holder\n1,10.125,Ann\n2,20.25,Bob\n'
QUERY = 'SELECT policy, sum(premium) AS premium, year, month, day FROM gen.policy GROUP BY policy, year, month, day'
FILES = tuple(f'Gen/Policy/2026/03/{day:02d}/p.csv' for day in (4, 5))


class Killed(BaseException):
    """Stands for the end of the process, after which nothing of the lake's own code runs."""


@pytest.fixture
def lake(tmp_path, spark, small_data):
    """A lake with two partitions of policies."""
    found = SmallLake(tmp_path)
    found.configure(SPEC, BEFORE)
    for file in FILES:
        assert found.run(file, POLICIES).status == 'SUCCEEDED'
    return found


def typed(lake, *arguments):
    """Return the exit status of a command and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(['--lake', str(lake.folders.root), '--config', str(lake.configuration), *arguments])
    return status, printed.getvalue()


def loads(lake):
    """Return the files of all runs in the order of their start."""
    status, text = typed(lake, 'runs', '--last', '99', '--format', 'json')
    assert status == 0, text
    return [run['file'] for run in reversed(json.loads(text))]


def test_a_plan_is_applied_in_order_and_gone_on_with_after_a_kill_and_a_failure(lake, monkeypatch):
    assert typed(lake, 'plan') == (0, 'Nothing changes compared with the last loads.\n')
    lake.configure(SPEC, {**BEFORE, 'description': 'said in other words'})
    assert typed(lake, 'plan')[1].startswith('Nothing changes')

    lake.configure(SPEC, AFTER)
    compared = json.loads(typed(lake, 'plan', '--data', '--rows', '1', '--format', 'json')[1])['sample']
    assert compared['files'] == [FILES[1]] and compared['failures'] == []
    assert {item['table']: item['columns'] for item in compared['tables']} == {
        'gen.policy': [{'column': 'premium', 'cells': 1, 'sum_before': 10.13, 'sum_after': 10.125}]}

    lake.configure('transformation-spec/Gen-Sums.json', {'input_spec': {}})
    lake.configure('transformation-sql/spark-Gen-Sums.sql', QUERY)
    assert 'Not compared, because the lake has no load of them: Gen/Sums.' in typed(lake, 'plan')[1]
    assert lake.run('Gen/Sums/2026/03/07/s.csv', 'start\n1\n').status == 'SUCCEEDED'
    status, text = typed(lake, 'plan')
    assert status == 0 and 'gen.policy.premium: type changed, decimal(16,4) instead of decimal(16,2)' in text
    assert 'gen_consume.sums: premium' in text
    assert 'Gen/Policy: 2 files, 4 rows, 2 partitions 2026/03/04, 2026/03/05, ' in text
    assert 'Gen/Sums: 1 file, 1 row, 1 partition 2026/03/07' in text and 'because it reads changed tables' in text
    planned = json.loads(typed(lake, 'plan', '--format', 'json')[1])
    assert [reload['workflow'] for reload in planned['reloads']] == ['Gen/Policy', 'Gen/Sums']
    assert all(file['seconds'] > 0 for reload in planned['reloads'] for file in reload['files'])
    status, text = typed(lake, 'apply')
    assert status == 1 and 'Add --yes' in text and 'Nothing was loaded' in text

    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()) as told:
        assert main(['--lake', str(lake.folders.root), '--config', str(lake.configuration), 'apply',
                     '--format', 'json']) == 1
    assert json.loads(printed.getvalue())['reloads'] and 'Nothing was loaded' in told.getvalue()

    before, run = loads(lake), Orchestrator.run
    with monkeypatch.context() as killing:
        def run_until_killed(self, landing, *others):
            if landing.key == FILES[1]:
                raise Killed
            return run(self, landing, *others)
        killing.setattr(Orchestrator, 'run', run_until_killed)
        with pytest.raises(Killed):
            typed(lake, 'apply', '--yes')
    assert loads(lake) == [*before, FILES[0]]
    status, text = typed(lake, 'plan')
    assert 'An earlier ./lake apply did not end' in text and 'Gen/Policy: 1 file' in text

    os.rename(lake.folders.collect / FILES[1], lake.folders.root / 'away')
    status, text = typed(lake, 'apply', '--yes')
    assert status == 1 and 'not in Collect any more' in text and '1 of 2 files were loaded again' in text
    assert loads(lake) == [*before, FILES[0], 'Gen/Sums/2026/03/07/s.csv']
    os.rename(lake.folders.root / 'away', lake.folders.collect / FILES[1])
    status, text = typed(lake, 'reload', 'gen/policy', '--from', '2026-03-05', '--to', '2026-12-31')
    assert status == 0 and '1 of 1 files were loaded again' in text and loads(lake)[-1] == FILES[1]
    status, text = typed(lake, 'apply', '--yes')
    assert status == 0 and '1 of 1 files were loaded again' in text, text
    assert loads(lake)[-2:] == [FILES[1], 'Gen/Sums/2026/03/07/s.csv']
    assert lake.rows('SELECT DISTINCT premium FROM gen_consume.sums WHERE policy = 1')[0][0].as_tuple().exponent == -4
    assert typed(lake, 'apply', '--yes') == (0, 'Nothing changes compared with the last loads.\n')

    lake.configure(SPEC, FAILING)
    status, text = typed(lake, 'apply', '--yes')
    assert status == 1 and 'Gen/Sums is not loaded, because it reads tables of Gen/Policy' in text
    assert '0 of 3 files were loaded again. Correct the cause' in text
    assert 'rows change, transform_spec.filterrows' in text

    status, text = typed(lake, 'reload', 'gen/policy', '--from', '2026-03-03', '--to', '2026-03-04', '--dry-run')
    assert status == 0 and f'2026/03/04  {FILES[0]}' in text and FILES[1] not in text and 'Nothing was loaded' in text
    for arguments, reason in ((('gen/nothing', '--from', '2026-03-04', '--to', '2026-03-05'), 'no Cleanse table'),
                              (('gen/policy', '--from', '2026-03-05', '--to', '2026-03-04'), 'is later than'),
                              (('gen/policy', '--from', '4.3.2026', '--to', '2026-03-04'), 'expected a date'),
                              (('gen/policy', '--from', '2027-01-01', '--to', '2027-01-04'), 'has no rows in')):
        status, text = typed(lake, 'reload', *arguments)
        assert status == 1 and reason in text


def test_a_change_of_another_table_of_a_file_loads_the_file_again(tmp_path, spark, small_data):
    lake, claims = SmallLake(tmp_path), 'transformation-spec/Gen-Claims.json'
    lake.configure(SPEC, {'input_spec': {'pipe': {}, 'records': {'field': 1, 'types': {
        'P': {'columns': ['K', 'Policy'], 'table': 'Policy', 'give': ['Policy']},
        'C': {'columns': ['K', 'Paid'], 'table': 'Claims', 'parent': 'P'}}}}})
    lake.configure(claims, {'transform_spec': {'changetype': {'Paid': 'decimal(9,2)'}}})
    assert lake.run(FILES[0], 'P|1\nC|5.125\nP|2\n').status == 'SUCCEEDED'
    assert typed(lake, 'plan') == (0, 'Nothing changes compared with the last loads.\n')

    lake.configure(claims, {'transform_spec': {'changetype': {'Paid': 'decimal(9,3)'}}})
    planned = json.loads(typed(lake, 'plan', '--format', 'json')[1])
    assert [(item['table'], item['column'], item['kind']) for item in planned['effects']] == [
        ('gen.claims', 'paid', 'type changed')]
    assert [item['workflow'] for item in planned['reloads']] == ['Gen/Policy']
    status, text = typed(lake, 'apply', '--yes')
    assert status == 0 and '1 of 1 files were loaded again.' in text, text
    assert lake.rows('SELECT CAST(paid AS varchar) FROM gen.claims') == [('5.125',)]
    status, text = typed(lake, 'reload', 'gen/claims', '--from', '2026-03-04', '--to', '2026-03-04', '--dry-run')
    assert status == 1 and "'gen/claims': files of the workflow Gen/Policy fill this table." in text
    assert typed(lake, 'plan') == (0, 'Nothing changes compared with the last loads.\n')
