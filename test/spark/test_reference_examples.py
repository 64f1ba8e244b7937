"""The examples of the reference page: each transform does to the rows what the page says."""
from __future__ import annotations

import json

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.config.entries.known import ALIASES, known_forms
from lake_etl.spark.columns import column
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.transform.discovery import all_transforms
from lib.local_lake.reference.examples import Cells, Example, read_examples
from lib.local_lake.running.laptop_session import SMALL_DATA

EXAMPLES = read_examples()


@pytest.fixture(scope='module')
def arguments(tmp_path_factory):
    """Job arguments with tables that hold the look-ups of all examples."""
    store = f'sqlite://{tmp_path_factory.mktemp("examples")}/lake.db#dev-insurancelake-etl'
    tables = {'value_lookup_table': f'{store}-value-lookup', 'multi_lookup_table': f'{store}-multi-lookup',
              'hash_value_table': f'{store}-hash-values'}
    values = [{'source_system': 'Gen', 'column_name': name, 'lookup_data': json.dumps(data)}
              for example in EXAMPLES.values() for name, data in example.lookups.items()]
    items = [{'lookup_group': group, **item}
             for example in EXAMPLES.values() for group, found in example.lookup_groups.items() for item in found]
    runtime.items(store).put_all(tables['value_lookup_table'], values)
    runtime.items(store).put_all(tables['multi_lookup_table'], items)
    return {'source_key': 'Gen/Policy', 'target_database_name': 'Gen', **tables}


def frame_before(spark, example: Example) -> DataFrame:
    """Return the rows before the transform, each column of its type."""
    rows = ', '.join('(' + ', '.join('null' if cell is None else sql_text(cell) for cell in row) + ')'
                     for row in example.rows)
    texts = spark.sql(f'SELECT * FROM VALUES {rows} AS t({", ".join(f"`{name}`" for name in example.columns)})')
    return texts.select(*(F.from_json(column(name), kind).alias(name) if '<' in kind else column(name).cast(kind)
                          for name, kind in example.columns.items()))


def cells_of(df: DataFrame) -> list[Cells]:
    """Return all values as text, lists and objects as JSON."""
    return [tuple(row) for row in df.select(*(
        F.to_json(column(name)) if '<' in kind else column(name).cast('string') for name, kind in df.dtypes)).collect()]


def test_every_transform_of_the_lake_has_an_example():
    assert set(EXAMPLES) == set(known_forms()) - set(ALIASES)


@pytest.mark.parametrize('settings', [{}, SMALL_DATA], ids=['large data', 'small data'])
@pytest.mark.parametrize('name', EXAMPLES)
def test_an_example_comes_out_as_the_page_says(spark, spark_settings, arguments, settings, name):
    example = EXAMPLES[name]
    with spark_settings(settings):
        after = all_transforms()[name](frame_before(spark, example), example.spec,
                                       {**arguments, 'base_file_name': example.file}, None, spark.sparkContext)
        assert dict(after.dtypes) == example.result_columns
        assert cells_of(after) == list(example.result_rows)
