"""The loaders of lookup tables fill DynamoDB tables with the keys that the transforms read."""
from __future__ import annotations

import json

import boto3
import pytest

from resources import load_dynamodb_lookup_table, load_dynamodb_multilookup_table

LOOKUP, MULTI = 'dev-insurancelake-etl-value-lookup', 'dev-insurancelake-etl-multi-lookup'


@pytest.fixture
def tables(aws):
    """Both look-up tables, empty."""
    for name, keys in ((LOOKUP, ('source_system', 'column_name')), (MULTI, ('lookup_group', 'lookup_item'))):
        boto3.client('dynamodb').create_table(
            TableName=name, BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': key, 'KeyType': kind}
                       for key, kind in zip(keys, ('HASH', 'RANGE'), strict=True)],
            AttributeDefinitions=[{'AttributeName': key, 'AttributeType': 'S'} for key in keys])
    return boto3.resource('dynamodb')


def test_single_values_are_stored_by_system_and_lookup(tables, tmp_path):
    file = tmp_path / 'lookups.json'
    file.write_text(json.dumps({'LOB': {'1': 'Motor'}, 'StateCd': {'OH': 'Ohio'}}))
    assert load_dynamodb_lookup_table.main(['Gen', LOOKUP, str(file)]) == 0
    item = tables.Table(LOOKUP).get_item(Key={'source_system': 'Gen', 'column_name': 'LOB'})['Item']
    assert json.loads(item['lookup_data']) == {'1': 'Motor'}
    assert tables.Table(LOOKUP).scan()['Count'] == 2


def test_several_values_are_stored_by_group_and_joined_key(tables, tmp_path):
    file = tmp_path / 'rates.csv'
    file.write_text('lob,state,rate,tier\nA,OH,1.5,gold\nB,TX,2.5,iron\n')
    assert load_dynamodb_multilookup_table.main([MULTI, str(file), 'Rates', 'lob', 'state']) == 0
    item = tables.Table(MULTI).get_item(Key={'lookup_group': 'Rates', 'lookup_item': 'A-OH'})['Item']
    assert (item['rate'], item['tier']) == ('1.5', 'gold')
    assert tables.Table(MULTI).scan()['Count'] == 2


def test_a_file_that_is_not_there_is_named_and_nothing_is_stored(tables, tmp_path, caplog):
    assert load_dynamodb_lookup_table.main(['Gen', LOOKUP, str(tmp_path / 'absent.json')]) != 0
    assert tables.Table(LOOKUP).scan()['Count'] == 0
