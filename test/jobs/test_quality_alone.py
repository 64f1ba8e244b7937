"""Quality rules in users' own jobs, through the class that their code imports."""
from __future__ import annotations

import pytest

from dataquality_check import DataQualityCheck
from lake_etl import runtime
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import ConfigurationError, LakeError, QualityError

PARTITION = ('2026', '03', '04')
RULES = {'before_transform': {'warn_rules': ["Completeness 'tin' > 0.5"],
                              'quarantine_rules': ["ColumnValues 'premium' > 0"]},
         'after_sparksql': {'quarantine_rules': ["ColumnValues 'premium' > 0"], 'halt_rules': ['RowCount > 2']}}


@pytest.fixture
def arguments(lake):
    """The arguments of a job of the user's that loads into the lake."""
    lake.folders.root.mkdir()
    runtime.open_catalog(lake.folders.catalog)
    return {'execution_id': 'e1', 'source_key': 'Gen/Policy', 'target_database_name': 'Gen', 'table_name': 'Policy',
            'target_bucket': str(lake.folders.cleanse), 'dq_results_table': lake.folders.items('dq-results')}


@pytest.fixture
def rows(spark):
    """Three rows, of which one has no premium to speak of."""
    return spark.createDataFrame([('A', '1', 5), ('B', '2', 7), ('C', '3', -1)], 'id string, tin string, premium int')


def test_rules_are_evaluated_at_once_and_rows_are_set_aside(lake, arguments, rows):
    check = DataQualityCheck(RULES, PARTITION, arguments, None)
    passed = check.run_data_quality(rows, RULES, 'before_transform')
    results = SqliteItems().query(arguments['dq_results_table'], 'e1')
    assert {item['rule_action']: item['Outcome'] for item in results} == {
        'warn-on-failure': 'Passed', 'quarantine-on-failure': 'Failed'}
    found = 'SELECT id, tin, year FROM gen.policy_quarantine_before_transform'
    assert lake.rows(found) == [('(hidden)', '(hidden)', '2026')], 'the steps that protect are not known'
    assert sorted(row.id for row in passed.collect()) == ['A', 'B']

    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {'redact': {'tin': 'none'}}})
    known = arguments | {'txn_bucket': str(lake.configuration), 'txn_spec_prefix_path': '/transformation-spec/'}
    DataQualityCheck(RULES, PARTITION, known, None).run_data_quality(rows, RULES, 'before_transform')
    assert lake.rows(found) == [('C', 'none', '2026')]


@pytest.mark.parametrize(('stage', 'partition', 'found'), [
    ('before_transform', {'year': '2024', 'month': '01', 'day': '02'}, ('2024', '01', '02')),
    ('after_transform', {'year': 2024, 'month': '01', 'day': '02'}, ('2024', '01', '02')),
    ('after_transform', PARTITION, PARTITION)])
def test_rows_are_quarantined_into_the_partition_that_the_job_names(lake, arguments, rows, partition, found, stage):
    rules = {stage: {'quarantine_rules': ["ColumnValues 'premium' > 0"]}}
    dated = rows if stage == 'before_transform' else rows.selectExpr('*', *(
        f"'{value}' AS {name}" for name, value in zip(('year', 'month', 'day'), found, strict=True)))
    check = DataQualityCheck(dq_rules=rules, partition=partition, args=arguments, lineage=None, sc=None)
    assert check.run_data_quality(df=dated, dq_rules=rules, ruleset_name=stage).count() == 2
    assert lake.partitions('gen', f'policy_quarantine_{stage}') == [found]
    assert lake.rows(f'SELECT year, month, day FROM gen.policy_quarantine_{stage}') == [found]


@pytest.mark.parametrize('partition', ['2024-01-02', ('2024',), ()])
def test_a_partition_that_is_not_year_month_and_day_is_refused(arguments, rows, partition):
    with pytest.raises(LakeError, match='expected year, month and day'):
        DataQualityCheck(RULES, partition, arguments, None).run_data_quality(rows, RULES, 'before_transform')


def test_a_halt_rule_raises_before_rows_are_set_aside(lake, arguments, rows):
    dated = rows.selectExpr('*', "'2026' AS year", "'03' AS month", "'04' AS day")
    check = DataQualityCheck(RULES, PARTITION, arguments, None)
    with pytest.raises(QualityError, match='RowCount > 2'):
        check.run_data_quality(dated.limit(2), RULES, 'after_sparksql')
    assert list(lake.catalog.tables()) == []
    assert check.run_data_quality(dated, RULES, 'after_sparksql').count() == 2
    assert lake.rows('SELECT id, day FROM gen.policy_quarantine_after_sparksql') == [('C', '04')]


@pytest.mark.parametrize(('rules', 'stage', 'left_out', 'sentence'), [
    ({'after_transform': {'warn_rules': ['RowCount >']}}, 'after_transform', (), 'after_transform.warn_rules'),
    ({}, 'later', (), "There is no stage 'later'"),
    ({}, 'after_transform', ('target_bucket', 'table_name'), 'without the job arguments table_name, target_bucket'),
])
def test_wrong_use_says_what_was_expected(arguments, rows, rules, stage, left_out, sentence):
    given = {name: value for name, value in arguments.items() if name not in left_out}
    with pytest.raises((ConfigurationError, LakeError), match=sentence):
        DataQualityCheck(rules, PARTITION, given, None).run_data_quality(rows, rules, stage)


def test_without_rules_rows_pass_as_they_are(arguments, rows):
    assert DataQualityCheck(None, PARTITION, arguments, None).run_data_quality(rows, None, 'after_transform') is rows
