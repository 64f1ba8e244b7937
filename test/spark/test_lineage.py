"""Lineage records are written in order and in batches, describe each operation as JSON, and are off without a table."""
from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.publish.audit import Audit, take_audit
from lake_etl.publish.lineage import FULL_BATCH, DataLineageGenerator

ARGS = {'JOB_NAME': 'collect-to-cleanse', 'JOB_RUN_ID': 'jr_1', 'execution_id': 'e1', 'state_machine_name': 'machine'}


@pytest.fixture
def table(tmp_path) -> str:
    """The address of an empty lineage table."""
    return f'sqlite://{tmp_path}/lake.db#data-lineage'


def records(table: str, execution: str = 'e1') -> list[dict]:
    return sorted(SqliteItems().query(table, execution), key=lambda record: record['operation_seq'])


@pytest.fixture
def premiums(spark):
    """A frame with texts, whole numbers and two kinds of amounts."""
    return spark.sql("SELECT * FROM VALUES ('x', 1, 1.10BD, 1.5D), ('y', 2, 2.25BD, NULL) t(a, b, c, d)")


def test_a_record_holds_what_the_contract_lists(table):
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table}, uniid='u1')
    lineage.update_lineage(None, 'Gen/Policy', 'dateconversion', transform=[{'field': 'EffDate', 'format': 'M/d/yy'}])
    lineage.flush()
    [record] = records(table)
    datetime.strptime(record.pop('time_of_operation'), '%Y-%m-%d %H:%M:%S')
    assert json.loads(record.pop('info')) == {'dateconversion': {'field': 'EffDate', 'format': 'M/d/yy'}}
    assert record == {
        'step_function_execution_id': 'e1', 'job_id_operation_seq': 'jr_1-1', 'operation_seq': 1, 'job_id': 'jr_1',
        'job_name': 'collect-to-cleanse', 'dataset': 'Gen/Policy', 'uuid': 'u1',
        'dataset_operation': 'dateconversion', 'step_function_name': 'machine'}


def test_records_are_numbered_in_the_order_of_the_operations(table):
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table}, batch_size=FULL_BATCH)
    for number in range(120):
        lineage.update_lineage(None, 'Gen/Policy', f'step{number}')
    lineage.flush()
    assert [record['dataset_operation'] for record in records(table)] == [f'step{number}' for number in range(120)]
    assert [record['operation_seq'] for record in records(table)] == list(range(1, 121))


def test_a_record_is_written_when_the_call_returns(table):
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table})
    for number in range(1, 4):
        lineage.update_lineage(None, 'Gen/Policy', 'step')
        assert (len(records(table)), lineage.count) == (number, number + 1)


def test_users_code_counts_and_writes_records_of_its_own(table, premiums):
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table})
    counts = lineage.generatecounts(premiums)
    assert counts == {'row': 2, 'column': 4}
    lineage.insert_table('Gen/Policy', 'own', {'counts': counts})
    [record] = records(table)
    assert (record['uuid'], json.loads(record['info']), lineage.count) == (lineage.uniid, {'counts': counts}, 2)


def test_records_of_a_job_wait_for_a_full_batch_or_a_flush(table):
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table}, batch_size=FULL_BATCH)
    written = []
    for _ in range(FULL_BATCH + 1):
        lineage.update_lineage(None, 'Gen/Policy', 'step')
        written.append(len(records(table)))
    assert written == [0] * (FULL_BATCH - 1) + [FULL_BATCH] * 2
    lineage.flush()
    lineage.flush()
    assert len(records(table)) == FULL_BATCH + 1


@pytest.mark.parametrize('args', [ARGS, {**ARGS, 'data_lineage_table': ''}, {**ARGS, 'data_lineage_table': None}])
def test_without_a_table_nothing_is_recorded_and_nothing_is_computed(premiums, spark_jobs, args):
    lineage = DataLineageGenerator(args)
    with spark_jobs() as jobs:
        lineage.update_lineage(premiums, 'Gen/Policy', 'numericaudit')
        lineage.flush()
        assert jobs() == 0
    assert lineage.count == 1


@pytest.mark.parametrize(('args', 'execution', 'job'), [
    ({}, 'u1', 'u1'), ({'execution_id': 'e2'}, 'e2', 'u1'), ({'JOB_RUN_ID': 'jr_2', 'execution_id': ''}, 'u1', 'jr_2')])
def test_a_notebook_without_execution_or_job_run_is_known_by_its_own_id(table, args, execution, job):
    lineage = DataLineageGenerator({**args, 'data_lineage_table': table}, uniid='u1')
    lineage.update_lineage(None, 'Gen/Policy', 'read')
    lineage.flush()
    assert [record['job_id_operation_seq'] for record in records(table, execution)] == [f'{job}-1']


def informations(table, *updates) -> list[dict]:
    """Record updates `(frame, operation, details)` and return their info, refusing what is not strict JSON."""
    def refuse(word: str):
        raise AssertionError(f'{word} is not JSON')
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table})
    for df, operation, details in updates:
        lineage.update_lineage(df, 'Gen/Policy', operation, **details)
    lineage.flush()
    return [json.loads(record['info'], parse_constant=refuse) for record in records(table)]


def test_the_schema_is_recorded_where_rows_come_in_or_go_out_and_only_there(table, premiums):
    columns = [{'name': 'a', 'type': 'string'}, {'name': 'b', 'type': 'int'}, {'name': 'c', 'type': 'decimal(3,2)'},
               {'name': 'd', 'type': 'double'}]
    with_schema, without = ('read', 'write', 'mapping', 'sparksql'), ('hash', 'dropped')
    found = informations(table, *[(premiums, operation, {'rows': 2}) for operation in (*with_schema, *without)])
    assert found == [{'rows': 2, 'schema': columns}] * len(with_schema) + [{'rows': 2}] * len(without)


def test_details_that_json_does_not_know_become_text(table):
    [found] = informations(table, (None, 'literal', {'transform': {
        'day': date(2026, 11, 24), 'amount': Decimal('1.50'), 'text': 'Straße', 'list': (1, None)}}))
    assert found == {'literal': {'day': '2026-11-24', 'amount': '1.50', 'text': 'Straße', 'list': [1, None]}}


def test_a_numeric_audit_is_the_audit_of_the_frame_in_one_pass(table, spark, premiums, spark_jobs):
    wide = spark.range(10).selectExpr(*[f'id * 1.5BD AS a{number}' for number in range(60)])
    counts = []
    for df in (premiums, wide):
        with spark_jobs() as jobs:
            informations(table.replace('lake.db', f'{len(counts)}.db'), (df, 'numericaudit', {}))
            counts.append(jobs())
    assert counts == [2, 2], 'Spark counts a shuffle and what follows it as two jobs'
    [found] = informations(table, (premiums, 'numericaudit', {}))
    assert found == {'rows': 2, 'columns': 4, 'totals': {'c': '3.35', 'd': 1.5},
                     'dataset_counts': {'row': 2, 'column': 4}, 'field_total': {'c': '3.35', 'd': '1.5'}}
    assert found['totals'] == json.loads(json.dumps(dict(take_audit(premiums).totals), default=str))


def test_an_audit_that_is_known_already_is_not_computed_again(table, premiums, spark_jobs):
    with spark_jobs() as jobs:
        [found] = informations(table, (premiums, 'numericaudit', {'audit': Audit(7, 1, {
            'a': None, 'b': float('nan'), 'c': float('-inf')})}))
        assert jobs() == 0
    assert found == {'rows': 7, 'columns': 1, 'totals': {'a': None, 'b': 'nan', 'c': '-inf'},
                     'dataset_counts': {'row': 7, 'column': 1}, 'field_total': {'a': 'None', 'b': 'nan', 'c': '-inf'}}


def test_a_numeric_audit_of_nothing_is_empty(table):
    assert informations(table, (None, 'numericaudit', {})) == [{}]
