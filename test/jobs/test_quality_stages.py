"""Quality rules in the jobs: what a failed rule does at each stage, and where the rows go."""
from __future__ import annotations

import pytest

from lake_etl.adapters.local.items import SqliteItems
from lake_etl.errors import QualityError

KEY = 'Gen/Policy/a.csv'
RULES = 'dq-rules/dq-Gen-Policy.json'
BEFORE, AFTER, CONSUME = (f'gen.policy_quarantine_{stage}' for stage in (
    'before_transform', 'after_transform', 'after_sparksql'))
QUARANTINE_COLUMNS = {'id': 'string', 'premium': 'int', 'state': 'string', 'execution_id': 'string',
                      'quarantine_timestamp': 'timestamp', 'failed_rules': 'array<string>'}
# Two that settle the types of the file and one that writes.
JOBS_OF_A_LOAD = 3


def policies(*rows):
    return '\n'.join(['id,premium,state', *rows]) + '\n'


MIXED = policies('A,10,NY', 'B,-5,NY', 'C,30,ZZ', 'D,-7,ZZ')
CLEAN = policies('A,10,NY', 'E,20,CA')
STAGES = {
    'before_transform': {'warn_rules': ["ColumnValues 'state' = 'NY'"],
                         'quarantine_rules': ["ColumnValues 'premium' > 0"], 'halt_rules': ['RowCount > 1']},
    'after_transform': {'quarantine_rules': ["ColumnValues 'state' in ['NY', 'CA']", "ColumnLength 'id' = 1"]}}


def results(lake, execution):
    """Return the recorded results of an execution as stage, action, rule and outcome."""
    items = SqliteItems().query(lake.folders.items('dq-results'), execution)
    return sorted((item['ruleset_name'], item['rule_action'], item['Rule'], item['Outcome']) for item in items)


def test_rows_are_set_aside_with_the_rules_they_failed_until_the_partition_is_loaded_again(lake, spark_jobs):
    lake.configure(RULES, STAGES)
    execution = lake.load(KEY, MIXED)
    assert lake.rows('SELECT id FROM gen.policy') == [('A',)]
    assert lake.types('gen', 'policy_quarantine_before_transform') == QUARANTINE_COLUMNS
    assert lake.types('gen', 'policy_quarantine_after_transform') == QUARANTINE_COLUMNS
    what = 'id, premium, state, failed_rules, execution_id, year, month, day'
    assert lake.rows(f"SELECT {what} FROM {BEFORE} WHERE quarantine_timestamp > TIMESTAMP '2020-01-01' "
                     'ORDER BY id') == [
        ('B', -5, 'NY', ['ColumnValues "premium" > 0'], execution, '2026', '03', '04'),
        ('D', -7, 'ZZ', ['ColumnValues "premium" > 0'], execution, '2026', '03', '04')]
    assert lake.rows(f'SELECT id, failed_rules FROM {AFTER}') == [('C', ['ColumnValues "state" in ["NY", "CA"]'])]
    location = lake.catalog.table('gen', 'policy_quarantine_before_transform').location
    assert location == f'{lake.folders.cleanse}/quarantine/before_transform/gen/policy'

    assert results(lake, execution) == [
        ('after_transform', 'quarantine', 'ColumnLength "id" = 1', 'Passed'),
        ('after_transform', 'quarantine', 'ColumnValues "state" in ["NY", "CA"]', 'Failed'),
        ('before_transform', 'halt', 'RowCount > 1', 'Passed'),
        ('before_transform', 'quarantine', 'ColumnValues "premium" > 0', 'Failed'),
        ('before_transform', 'warn', 'ColumnValues "state" = "NY"', 'Failed')]
    recorded = [item['info'] for item in lake.lineage(execution) if item['dataset_operation'] == 'dataqualityquarantine']
    assert recorded == [
        {'stage': 'before_transform', 'table': BEFORE, 'rows': 4, 'quarantined': 2},
        {'stage': 'after_transform', 'table': AFTER, 'rows': 2, 'quarantined': 1}]

    with spark_jobs() as jobs:
        lake.load(KEY, CLEAN)
    assert jobs() == JOBS_OF_A_LOAD, 'clean data is read and written in one pass'
    assert lake.rows('SELECT id FROM gen.policy ORDER BY id') == [('A',), ('E',)]
    assert lake.rows(f'SELECT (SELECT count(*) FROM {BEFORE}), (SELECT count(*) FROM {AFTER})') == [(0, 0)]
    assert lake.types('gen', 'policy_quarantine_after_transform') == QUARANTINE_COLUMNS


def test_a_result_has_the_attributes_that_dashboards_read(lake):
    lake.configure(RULES, {'after_transform': {'warn_rules': ["Mean 'premium' between 5 and 6"]}})
    execution = lake.load(KEY, MIXED, JOB_RUN_ID='jr_1', state_machine_name='machine')
    item, = SqliteItems().query(lake.folders.items('dq-results'), execution)
    assert 'premium' in item.pop('FailureReason')
    assert item == {
        'execution_id': execution, 'Rule': 'Mean "premium" between 5 and 6', 'Outcome': 'Failed',
        'job_id_action_rule': 'jr_1_after_transform_warn_Mean "premium" between 5 and 6',
        'EvaluatedMetrics': {'Column.premium.Mean': 7}, 'rule_action': 'warn', 'ruleset_name': 'after_transform',
        'job_id': 'jr_1', 'job_name': 'collect-to-cleanse', 'step_function_name': 'machine'}


# Each case: rules, and what the error says.
REFUSED = {
    'a halt rule before the transforms': (
        {'before_transform': {'halt_rules': ['RowCount > 4']}}, ["'RowCount > 4' failed at before_transform"]),
    'halt rules look at the rows that are set aside, too': (
        {'after_transform': {'quarantine_rules': ["ColumnValues 'premium' > 0"],
                             'halt_rules': ["ColumnValues 'premium' > 0"]}},
        ["halt rule 'ColumnValues \"premium\" > 0' failed at after_transform"]),
    'all rows set aside': (
        {'before_transform': {'quarantine_rules': ["ColumnValues 'premium' > 0", "ColumnLength 'id' = 2"]}},
        ['all 4 rows failed at before_transform', "'ColumnLength \"id\" = 2'"]),
    'a rule on a column that is not there': (
        {'after_transform': {'halt_rules': ["IsComplete 'claim'"]}}, ["Column 'claim' is not there"]),
}


@pytest.mark.parametrize('case', REFUSED)
def test_bad_data_stops_the_load_before_anything_is_published(lake, case):
    rules, sentences = REFUSED[case]
    lake.publish('gen', 'policy', {'id': 'string'}, {('2026', '03', '04'): [('old',)]})
    lake.configure(RULES, rules)
    with pytest.raises(QualityError) as error:
        lake.load(KEY, MIXED, execution_id='refused')
    assert all(sentence in str(error.value) for sentence in sentences), str(error.value)
    assert lake.rows('SELECT id FROM gen.policy') == [('old',)]
    assert [table.name for table in lake.catalog.tables()] == ['policy']
    assert lake.unreferenced_files() == []
    assert 'Failed' in {outcome for *_, outcome in results(lake, 'refused')}
