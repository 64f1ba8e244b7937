"""Lookups fill columns from item tables without a Spark job and without changing the rows."""
from __future__ import annotations

import json
import logging
from decimal import Decimal

import pytest

from datatransform_lookup import get_lookup_data, get_multilookup_data, transform_lookup, transform_multilookup
from lake_etl import runtime
from lake_etl.errors import DataError, ItemStoreError, LakeError
from lake_etl.transform.lookup_items import join_key


@pytest.fixture
def args(tmp_path):
    """Return job arguments that name empty lookup tables."""
    store = f'sqlite://{tmp_path}/lake.db#dev-insurancelake-etl'
    return {'source_key': 'Gen/Policy', 'target_database_name': 'Gen', 'value_lookup_table': f'{store}-value-lookup',
            'multi_lookup_table': f'{store}-multi-lookup'}


def load(args, name, values, system='Gen'):
    """Put one lookup into the value-lookup table, as JSON text."""
    text = values if isinstance(values, str) else json.dumps(values)
    table = args['value_lookup_table']
    runtime.items(table).put(table, {'source_system': system, 'column_name': name, 'lookup_data': text})


def load_group(args, group, items):
    """Put the items of a group, by key, into the multi-lookup table."""
    table = args['multi_lookup_table']
    grouped = [{'lookup_group': group, 'lookup_item': key, **item} for key, item in items.items()]
    runtime.items(table).put_all(table, grouped)


def rows(frame, *names):
    return [tuple(row) for row in frame.orderBy('row').select(*(f'`{name}`' for name in names)).collect()]


LOOKUPS = [
    ({'1': 'one', '01': 'zero one', "it's \\ \"q\"": '\u00e9'}, None, 'string',
     ['one', 'zero one', '\u00e9', None, None]),
    ({'1': 5, '01': -6}, None, 'bigint', [5, -6, None, None, None]),
    ({'1': 5, '01': 2.5}, 0, 'double', [5.0, 2.5, 0.0, 0.0, 0.0]),
    ({'1': True, '01': False}, None, 'boolean', [True, False, None, None, None]),
    ({'1': 5, '01': 'six'}, None, 'string', ['5', 'six', None, None, None]),
    ({'1': 5, '01': None}, 'N/A', 'string', ['5', 'N/A', 'N/A', 'N/A', 'N/A']),
    ({'1': {'a': 1}, '01': [1]}, None, 'string', ['{"a": 1}', '[1]', None, None, None]),
    ({'1': 2 ** 64}, None, 'decimal(38,0)', [Decimal(2 ** 64), None, None, None, None]),
    ('{"1": 1.50, "01": "x"}', None, 'string', ['1.50', 'x', None, None, None]),
    ({}, None, 'string', [None] * 5),
    ({}, 5, 'bigint', [5] * 5),
]


def test_lookup_gives_values_one_type_and_compares_keys_as_text(spark, args, spark_jobs):
    for index, (values, _, _, _) in enumerate(LOOKUPS):
        load(args, f'lookup{index}', values)
    keys = ['1', '01', "it's \\ \"q\"", 'unknown', None]
    frame = spark.createDataFrame(list(enumerate(keys)), 'row int, `the key` string')
    spec = [{'field': f'value{index}', 'source': 'The Key', 'lookup': f'lookup{index}', 'nomatch': nomatch}
            for index, (_, nomatch, _, _) in enumerate(LOOKUPS)]
    with spark_jobs() as jobs:
        after = transform_lookup(frame, spec, args, None)
        assert jobs() == 0
    assert [field.dataType.simpleString() for field in after.schema][2:] == [kind for _, _, kind, _ in LOOKUPS]
    assert rows(after, *(entry['field'] for entry in spec)) == list(zip(*(expected for _, _, _, expected in LOOKUPS)))


def test_lookup_overwrites_its_field_keeps_other_columns_and_may_read_what_an_earlier_entry_wrote(spark, args):
    load(args, 'Code', {'7': 'NY', '8': 'CA'})
    load(args, 'Name', {'NY': 'New York'}, system='Shared')
    frame = spark.createDataFrame([(0, 7, 'kept', 'x'), (1, 8, 'kept', 'y'), (2, 7, 'kept', 'z')],
                                  'row int, code int, orig_value string, found string')
    spec = [{'field': 'code', 'lookup': 'Code'},
            {'field': 'name', 'source': 'code', 'lookup': 'Name', 'source_system': 'Shared', 'nomatch': '?'}]
    after = transform_lookup(frame, spec, args, None)
    assert after.columns == ['row', 'code', 'orig_value', 'found', 'name']
    assert rows(after, *after.columns) == [
        (0, 'NY', 'kept', 'x', 'New York'), (1, 'CA', 'kept', 'y', '?'), (2, 'NY', 'kept', 'z', 'New York')]


def test_lookup_travels_in_the_plan_as_a_constant_without_join_or_parsing(spark, args):
    load(args, 'Big', {f'key {number}': number for number in range(20000)})
    frame = spark.range(0, 30000, 1, 2).selectExpr("concat('key ', id) AS key", 'id')
    after = transform_lookup(frame, {'field': 'found', 'source': 'key', 'lookup': 'Big', 'nomatch': -1}, args, None)
    plan = after._jdf.queryExecution().optimizedPlan().toString().lower()
    assert not [word for word in ('join', 'from_json', 'jsontostructs', 'parse') if word in plan]
    wrong = after.where('found <> CASE WHEN id < 20000 THEN id ELSE -1 END').count()
    assert (wrong, after.count()) == (0, 30000)


@pytest.mark.parametrize('text', ['[1]', 'not json', '"text"'])
def test_lookup_data_that_is_no_object_is_an_error_naming_key_and_table(args, text):
    load(args, 'State', text)
    with pytest.raises(ItemStoreError) as raised:
        get_lookup_data(args['value_lookup_table'], {'source_system': 'Gen', 'column_name': 'State'}, 'lookup_data')
    for part in ('value-lookup', 'source_system = Gen, column_name = State', 'holds no JSON object', 'lookup_data'):
        assert part in str(raised.value)


def test_lookup_data_are_pairs_to_make_a_frame_of(args):
    load(args, 'Rate', '{"A": 0.10, "B": 3}')
    key = {'source_system': 'Gen', 'column_name': 'Rate'}
    assert get_lookup_data(args['value_lookup_table'], key, 'lookup_data') == [('A', 0.1), ('B', 3)]


def test_a_missing_lookup_is_an_error_naming_key_and_table(spark, args):
    with pytest.raises(ItemStoreError) as raised:
        transform_lookup(spark.range(1), {'field': 'id', 'lookup': 'State'}, args, None)
    assert 'value-lookup' in str(raised.value) and 'source_system = Gen, column_name = State' in str(raised.value)


def test_lookups_need_their_job_arguments(spark):
    with pytest.raises(LakeError, match='job argument --value_lookup_table'):
        transform_lookup(spark.range(1), {'field': 'id', 'lookup': 'State'}, {}, None)
    with pytest.raises(LakeError, match='job argument --multi_lookup_table'):
        spec = {'lookup_group': 'G', 'match_columns': ['id'], 'return_attributes': ['A']}
        transform_multilookup(spark.range(1), spec, {}, None)


def test_multilookup_adds_typed_attributes_of_the_item_that_the_columns_name(spark, args, spark_jobs):
    load_group(args, 'Territory', {
        'NY-1': {'Name': 'North', 'Rate': Decimal('0.5'), 'Size': 3, 'Mixed': 1},
        'CA-2': {'Name': 'West', 'Rate': 2, 'Mixed': 'two'},
    })
    frame = spark.createDataFrame([(0, 'NY', 1, 'kept'), (1, 'CA', 2, 'kept'), (2, 'CA', None, 'kept'),
                                   (3, None, 2, 'kept'), (4, 'TX', 3, 'kept')],
                                  'row int, `st.ate` string, zone int, found string')
    spec = {'lookup_group': 'Territory', 'match_columns': ['St.ate', 'zone'],
            'return_attributes': ['Name', 'Rate', 'Size', 'Mixed', 'User']}
    with spark_jobs() as jobs:
        after = transform_multilookup(frame, spec, args, None)
        assert jobs() == 0
    assert after.columns == ['row', 'st.ate', 'zone', 'found', 'Name', 'Rate', 'Size', 'Mixed', 'User']
    kinds = [field.dataType.simpleString() for field in after.schema]
    assert kinds[4:] == ['string', 'double', 'bigint', 'string', 'string']
    nothing = (None,) * 5
    assert rows(after, *after.columns[4:]) == [('North', 0.5, 3, '1', None), ('West', 2.0, None, 'two', None),
                                               nothing, nothing, nothing]
    assert rows(after, *after.columns[:4]) == rows(frame, *frame.columns)


def test_multilookup_fills_nomatch_where_no_item_or_no_attribute_is(spark, args):
    load_group(args, 'G', {'a': {'X': 1, 'Y': 'y'}, 'b': {'Y': 'z'}})
    frame = spark.createDataFrame([(0, 'a'), (1, 'b'), (2, 'c'), (3, None)], 'row int, key string')
    spec = [{'lookup_group': 'G', 'match_columns': ['key'], 'return_attributes': ['X'], 'nomatch': 0},
            {'lookup_group': 'G', 'match_columns': ['key'], 'return_attributes': ['Y'], 'nomatch': 'none'}]
    assert rows(transform_multilookup(frame, spec, args, None), 'X', 'Y') == [
        (1, 'y'), (0, 'z'), (0, 'none'), (0, 'none')]


def test_multilookup_tells_escaped_keys_apart(spark, args):
    pairs = [('A-B', 'C'), ('A', 'B-C'), ('A', 'B'), ('C:\\x', 'B'), ('', '-')]
    load_group(args, 'G', {join_key(pair): {'V': str(index)} for index, pair in enumerate(pairs)})
    frame = spark.createDataFrame([(index, *pair) for index, pair in enumerate([*pairs, ('A-B-C', '')])],
                                  'row int, a string, b string')
    spec = {'lookup_group': 'G', 'match_columns': ['a', 'b'], 'return_attributes': ['V']}
    after = transform_multilookup(frame, spec, args, None)
    assert rows(after, 'V') == [('0',), ('1',), ('2',), ('3',), ('4',), (None,)]


def test_multilookup_understands_keys_loaded_without_escapes_and_warns_of_ambiguous_ones(spark, args, caplog):
    load_group(args, 'G', {'POL-1-NY': {'V': 'plain'}, 'POL-CA': {'V': 'clear'}, r'X\-1-NY': {'V': 'new'},
                           'X-1-NY': {'V': 'left behind'}})
    frame = spark.createDataFrame([(0, 'POL-1', 'NY'), (1, 'POL', 'CA'), (2, 'X-1', 'NY'), (3, 'X', '1-NY')],
                                  'row int, policy string, state string')
    spec = {'lookup_group': 'G', 'match_columns': ['policy', 'state'], 'return_attributes': ['V']}
    with caplog.at_level(logging.WARNING):
        after = transform_multilookup(frame, spec, args, None)
    assert rows(after, 'V') == [('plain',), ('clear',), ('new',), (None,)]
    assert "Lookup group 'G': 1 of its keys hold more hyphens than 2 match columns need" in caplog.text


@pytest.mark.parametrize('spec, error, expected', [
    (('Other', 'row', 'V'), ItemStoreError, "lookup group 'Other'"),
    (('G', 'row', 'KEY'), DataError, "attribute 'KEY', but a column"),
    (('G', 'no', 'V'), DataError, "Column 'no' is not there"),
])
def test_multilookup_stops_before_any_job(spark, args, spec, error, expected):
    load_group(args, 'G', {'1': {'V': 'v'}})
    group, match, attribute = spec
    spec = {'lookup_group': group, 'match_columns': [match], 'return_attributes': [attribute]}
    with pytest.raises(error, match=expected):
        transform_multilookup(spark.createDataFrame([(0, 'a')], 'row int, key string'), spec, args, None)


def test_multilookup_data_has_the_attributes_asked_for(args):
    load_group(args, 'G', {'a': {'X': 1, 'Y': 2}, 'b': {'Y': 3}})
    table = args['multi_lookup_table']
    assert get_multilookup_data(table, 'G', ['X']) == [{'lookup_item': 'a', 'X': 1}, {'lookup_item': 'b'}]
    assert get_multilookup_data(table, 'G', ['Y'], limit=1) == [
        {'lookup_item': 'a', 'Y': 2}, {'lookup_item': 'b', 'Y': 3}]
