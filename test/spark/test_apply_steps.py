"""Steps of a specification run in order, neighbours in one select; users' own functions are steps like any other."""
from __future__ import annotations

import json
from functools import reduce

import pytest
from pyspark.sql import functions as F

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.config.transform_steps import parse_transforms
from lake_etl.publish.lineage import DataLineageGenerator
from lake_etl.spark.source_rows import BLOCK, POSITION, with_positions
from lake_etl.syntax.records import Findings
from lake_etl.transform.apply import apply_steps
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import TransformContext, UserTransform

ARGS = {'source_key': 'Gen/Policy', 'execution_id': 'e1', 'base_file_name': 'policies-2026.csv'}


def transform_double(df, spec, args, lineage, sc):
    """Double a column, as a user's own module may."""
    assert args['source_key'] == 'Gen/Policy' and sc is not None
    return df.withColumn(spec['field'], F.col(spec['field']) * 2)


REGISTRY = {**all_transforms(), 'double': UserTransform('double', transform_double)}


def steps_of(spec: dict) -> tuple:
    findings = Findings('Gen-Policy.json')
    parsed = parse_transforms(spec, REGISTRY, findings, refuse_unknown=True)
    assert findings.problems == []
    return parsed.steps


def context(spark, lineage=None) -> TransformContext:
    return TransformContext(ARGS, lineage, spark.sparkContext)


SPEC = {
    'literal': {'line': 'Auto'},
    'combinecolumns': [{'field': 'key', 'format': '{}-{}', 'source_columns': ['line', 'a']}],
    'double': {'field': 'b'},
    'flipsign': [{'field': 'b'}, {'field': 'a', 'source': 'b'}],
    'filterrows': [{'condition': 'b > -50'}],
    'literal:2': {'line': 'Home'},
    'combinecolumns:2': [{'field': 'late', 'format': '{}/{}', 'source_columns': ['line', 'key']}],
    'double:2': {'field': 'a'},
}


def test_steps_run_in_order_and_see_what_earlier_ones_wrote(spark):
    df = spark.createDataFrame([(1, 10), (2, 90)], 'a int, b int')
    result = apply_steps(df, steps_of(SPEC), REGISTRY, context(spark))
    assert result.columns == ['a', 'b', 'line', 'key', 'late']
    assert list(map(tuple, result.collect())) == [(-2 * -20, -20, 'Home', 'Auto-1', 'Home/Auto-1')]


def test_all_steps_at_once_are_the_steps_one_after_another(spark):
    df = spark.createDataFrame([(1, 10), (2, 90), (3, 20)], 'a int, b int')
    at_once = apply_steps(df, steps_of(SPEC), REGISTRY, context(spark))
    alone = reduce(lambda frame, step: apply_steps(frame, [step], REGISTRY, context(spark)), steps_of(SPEC), df)
    assert at_once.schema == alone.schema
    assert at_once.collect() == alone.collect()


def test_each_entry_of_a_step_is_one_lineage_record_in_the_order_of_the_specification(spark, tmp_path):
    table = f'sqlite://{tmp_path}/lake.db#data-lineage'
    lineage = DataLineageGenerator({**ARGS, 'data_lineage_table': table})
    spec = {**SPEC, 'date': [{'field': 'day', 'source': 'line', 'format': 'yyyy'}]}
    apply_steps(spark.createDataFrame([(1, 10)], 'a int, b int'), steps_of(spec), REGISTRY, context(spark, lineage))
    records = sorted(SqliteItems().query(table, 'e1'), key=lambda item: item['operation_seq'])
    assert [item['dataset_operation'] for item in records] == [
        'literal', 'combinecolumns', 'double', 'flipsign', 'flipsign', 'filterrows', 'literal', 'combinecolumns',
        'double', 'dateconversion']
    assert [json.loads(item['info'])[item['dataset_operation']] for item in records] == [
        entry for value in spec.values() for entry in (value if isinstance(value, list) else [value])]
    assert {item['dataset'] for item in records} == {'Gen/Policy'}


def projections(df) -> int:
    """Return how many selects stand in the plan as it was written."""
    return df._jdf.queryExecution().logical().toString().count('Project')


@pytest.mark.parametrize('count', [1, 80])
def test_neighbours_become_one_select_whatever_their_number(spark, count):
    df = spark.range(1).selectExpr(*[f'id AS c{number}' for number in range(80)])
    steps = steps_of({f'flipsign:{number}': [{'field': f'c{number}'}] for number in range(count)})
    assert projections(apply_steps(df, steps, REGISTRY, context(spark))) == projections(df) + 1


def test_applying_steps_reads_no_data_and_no_steps_change_nothing(spark, spark_jobs):
    df = spark.createDataFrame([(1, 10)], 'a int, b int')
    with spark_jobs() as jobs:
        apply_steps(df, steps_of(SPEC), REGISTRY, context(spark))
        assert apply_steps(df, (), REGISTRY, context(spark)) is df
        assert jobs() == 0


def test_a_users_function_does_not_see_the_columns_that_track_rows(spark):
    seen = []
    registry = {**REGISTRY, 'look': UserTransform('look', lambda df, *rest: (seen.extend(df.columns), df)[1])}
    df = with_positions(spark.createDataFrame([(1, 10)], 'a int, b int'), {})
    steps = parse_transforms({'literal': {'c': 'x'}, 'look': {}}, registry, Findings('Gen-Policy.json'), True).steps
    assert apply_steps(df, steps[:1], registry, context(spark)).columns[2:4] == [POSITION, BLOCK]
    assert apply_steps(df, steps, registry, context(spark)).columns == seen == ['a', 'b', 'c']
