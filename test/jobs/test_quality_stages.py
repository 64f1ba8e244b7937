"""Quality rules in the jobs: what a failed rule does at each stage, and where the rows go."""
from __future__ import annotations

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import LakeError, QualityError

KEY = 'Gen/Policy/a.csv'
RULES = 'dq-rules/dq-Gen-Policy.json'
BEFORE, AFTER, CONSUME = (f'gen.policy_quarantine_{stage}' for stage in (
    'before_transform', 'after_transform', 'after_sparksql'))
QUARANTINE_COLUMNS = {'id': 'string', 'premium': 'int', 'state': 'string', 'execution_id': 'string',
                      'quarantine_timestamp': 'timestamp', 'failed_rules': 'array<string>', 'source_file': 'string',
                      'source_row': 'bigint', 'raw_values': 'map<string,string>'}
# Two that settle the types of the file and one that writes.
JOBS_OF_A_LOAD = 3
JOBS_OF_A_KEY = 1


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


def set_aside(lake, execution):
    """Return what the lineage says about rows that were set aside."""
    return [item['info'] for item in lake.lineage(execution) if item['dataset_operation'] == 'dataqualityquarantine']


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
    assert lake.rows(f'SELECT id, failed_rules FROM {AFTER}') == [('C', ['ColumnValues "state" in ["NY","CA"]'])]
    location = lake.catalog.table('gen', 'policy_quarantine_before_transform').location
    assert location == f'{lake.folders.cleanse}/quarantine/before_transform/gen/policy'

    assert results(lake, execution) == [
        ('after_transform', 'quarantine-on-failure', 'ColumnLength "id" = 1', 'Passed'),
        ('after_transform', 'quarantine-on-failure', 'ColumnValues "state" in ["NY","CA"]', 'Failed'),
        ('before_transform', 'halt-on-failure', 'RowCount > 1', 'Passed'),
        ('before_transform', 'quarantine-on-failure', 'ColumnValues "premium" > 0', 'Failed'),
        ('before_transform', 'warn-on-failure', 'ColumnValues "state" = "NY"', 'Failed')]
    assert set_aside(lake, execution) == [
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
        'job_id_action_rule': 'jr_1-warn-on-failure-after_transform-Mean "premium" between 5 and 6',
        'EvaluatedMetrics': {'Column.premium.Mean': 7}, 'rule_action': 'warn-on-failure',
        'ruleset_name': 'after_transform',
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


def days(**premiums):
    """Return partitions of March with the policies of each day, by name and premium."""
    return {('2026', '03', day[1:]): list(policies.items()) for day, policies in premiums.items()}


@pytest.mark.parametrize('mode', ['whole table', 'partitions'])
def test_rows_of_a_query_are_set_aside_in_their_own_partitions(lake, spark_jobs, mode):
    lake.configure(RULES, {'after_sparksql': {'quarantine_rules': ["ColumnValues 'premium' > 0"],
                                              'halt_rules': ["IsPrimaryKey 'id' 'day'"]}})
    lake.configure('transformation-sql/spark-Gen-Policy.sql', ('-- mode: partition\n' if mode == 'partitions' else '') +
                   'SELECT id, premium, year, month, day FROM gen.policy')
    columns = {'id': 'string', 'premium': 'int'}
    lake.publish('gen', 'policy', columns, days(d01={'A': 1, 'B': -1}, d02={'C': 2}, d03={'D': 3, 'E': -3}))
    execution = lake.consume(KEY)
    assert lake.rows('SELECT id FROM gen_consume.policy ORDER BY id') == [('A',), ('C',), ('D',)]
    found = ('SELECT id, day, failed_rules, execution_id, source_tables '
             'FROM gen_consume.policy_quarantine_after_sparksql ORDER BY id')
    assert lake.rows(found) == [('B', '01', ['ColumnValues "premium" > 0'], execution, ['gen.policy']),
                                ('E', '03', ['ColumnValues "premium" > 0'], execution, ['gen.policy'])]
    location = lake.catalog.table('gen_consume', 'policy_quarantine_after_sparksql').location
    assert location == f'{lake.folders.consume}/quarantine/after_sparksql/gen_consume/policy'

    # The first day is right now, of the second nothing is left, and the third is there no more.
    lake.publish('gen', 'policy', columns, days(d01={'A': 1}, d02={'C': -2}))
    with spark_jobs() as jobs:
        lake.consume(KEY)
    assert jobs() == JOBS_OF_A_KEY + 2, 'one write of the rows that go on, and one of those that are set aside'
    kept = mode == 'partitions'
    assert lake.rows('SELECT id FROM gen_consume.policy ORDER BY id') == [('A',), *([('D',)] if kept else [])]
    assert [row[:2] for row in lake.rows(found)] == [('C', '02'), *([('E', '03')] if kept else [])]


def test_files_of_one_partition_keep_their_own_rows_set_aside(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'load_mode': 'by_file'}})
    lake.configure(RULES, {'before_transform': {'quarantine_rules': ["ColumnValues 'premium' > 0"]}})
    found = f'SELECT id FROM {BEFORE} ORDER BY id'
    lake.load('Gen/Policy/a.csv', policies('A,1,NY', 'B,-1,NY'))
    lake.load('Gen/Policy/b.csv', policies('C,1,NY', 'D,-1,NY'))
    assert lake.rows(found) == [('B',), ('D',)]
    lake.load('Gen/Policy/a.csv', policies('A,1,NY'))
    assert lake.rows(found) == [('D',)]
    lake.load('Gen/Policy/c.csv', policies('E,1,NY'))
    assert lake.rows(found) == [('D',)]
    lake.load('Gen/Policy/b.csv', policies('C,1,NY'))
    assert lake.rows(found) == []


def test_a_load_without_rules_empties_what_an_earlier_one_has_set_aside(lake):
    lake.configure(RULES, STAGES)
    lake.load(KEY, MIXED)
    lake.configure(RULES, {})
    lake.load(KEY, MIXED)
    assert lake.rows(f'SELECT (SELECT count(*) FROM {BEFORE}), (SELECT count(*) FROM {AFTER})') == [(0, 0)]
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(4,)]


def test_rules_compare_with_earlier_loads_that_were_published(lake):
    lake.configure(RULES, {'after_transform': {'halt_rules': ['RowCount >= avg(last(2))']}})
    for number, rows in enumerate((2, 4), 1):
        lake.load(f'Gen/Policy/{number}.csv', policies(*['A,1,NY'] * rows))
    with pytest.raises(QualityError, match='RowCount'):
        lake.load('Gen/Policy/3.csv', policies('A,1,NY', 'B,1,NY'), execution_id='too few')
    lake.load('Gen/Policy/3.csv', policies('A,1,NY', 'B,1,NY', 'C,1,NY'))
    lake.load('Gen/Policy/3.csv', policies('A,1,NY', 'B,1,NY', 'C,1,NY', 'D,1,NY'))


def test_rows_are_counted_once_where_a_step_makes_spark_read_them_twice(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {
        'rownumber': [{'field': 'number', 'sort': ['premium desc']}]}})
    lake.configure(RULES, STAGES)
    execution = lake.load(KEY, policies(*(f'A,{number},NY' for number in range(-5, 20))))
    assert [(item['rows'], item['quarantined']) for item in set_aside(lake, execution)] == [(25, 6), (19, 0)]
    assert lake.rows('SELECT max(number), count(*) FROM gen.policy') == [(19, 19)]


def test_rules_are_evaluated_though_spark_knows_that_no_row_can_be_left(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {
        'literal': {'country': 'US'}, 'filterrows': [{'condition': "country = 'CA'"}]}})
    lake.configure(RULES, {'before_transform': STAGES['before_transform']})
    execution = lake.load(KEY, MIXED)
    assert [(item['rows'], item['quarantined']) for item in set_aside(lake, execution)] == [(4, 2)]
    assert lake.rows(f'SELECT (SELECT count(*) FROM gen.policy), (SELECT count(*) FROM {BEFORE})') == [(0, 2)]


def test_an_unknown_engine_is_refused(lake):
    lake.configure(RULES, STAGES)
    with pytest.raises(LakeError, match="--data_quality_engine is 'deequ', expected lake or glue"):
        lake.load(KEY, MIXED, data_quality_engine='deequ')
    with pytest.raises(LakeError, match='AWS Glue Data Quality was not found'):
        lake.load(KEY, MIXED, data_quality_engine='glue')
