"""The DynamoDB tables have the names, keys and indexes of the contract, and are protected."""
from __future__ import annotations

import pytest

from lake_etl.adapters.item_tables import KEY_SCHEMAS

STACK = '{}-InsuranceLakeEtlDynamoDb'


def tables_of(lake_on_aws, environment):
    """Return the properties of an environment's tables by what follows its prefix."""
    found = lake_on_aws.resources(STACK.format(environment), 'AWS::DynamoDB::Table').values()
    beginning = f'{environment.lower()}-insurancelake-etl-'
    return {table['Properties']['TableName'].removeprefix(beginning): table['Properties'] for table in found}


def test_the_tables_have_the_keys_by_which_the_jobs_address_them(lake_on_aws):
    keys = {name: tuple(item['AttributeName'] for item in table['KeySchema'])
            for name, table in tables_of(lake_on_aws, 'Dev').items()}
    assert keys == {name: tuple(filter(None, (key.partition, key.sort))) for name, key in KEY_SCHEMAS.items()}


def test_the_lineage_table_can_be_left_out(lake_on_aws):
    assert set(tables_of(lake_on_aws, 'Dev')) - set(tables_of(lake_on_aws, 'Test')) == {'data-lineage'}


def test_audits_are_found_by_file_and_by_state(lake_on_aws):
    indexes = {index['IndexName']: ([key['AttributeName'] for key in index['KeySchema']],
                                    set(index['Projection']['NonKeyAttributes']))
               for index in tables_of(lake_on_aws, 'Dev')['job-audit']['GlobalSecondaryIndexes']}
    assert indexes == {
        'source_key-job_start_date_int-index': (['source_key', 'job_start_date_int'], {'job_latest_status'}),
        'job_latest_status-dependency_key-index': (
            ['job_latest_status', 'dependency_key'],
            {'execution_id', 'sfn_execution_name', 'sfn_input', 'source_key'}),
    }


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_tables_are_on_demand_encrypted_with_our_key_and_can_be_restored(lake_on_aws, environment):
    for table in tables_of(lake_on_aws, environment).values():
        assert table['BillingMode'] == 'PAY_PER_REQUEST'
        assert table['SSESpecification']['SSEType'] == 'KMS' and table['SSESpecification']['KMSMasterKeyId']
        assert table['PointInTimeRecoverySpecification'] == {'PointInTimeRecoveryEnabled': True}
        assert table['DeletionProtectionEnabled'] is (environment != 'Dev')
