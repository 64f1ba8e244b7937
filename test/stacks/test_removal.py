"""A lake can be removed and deployed again: Dev leaves nothing, Test and Prod what can be imported by its name."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# What AWS CloudFormation imports of itself, by a name in the template, and the property with this name:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
IMPORTED_BY_NAME = {'AWS::S3::Bucket': 'BucketName', 'AWS::DynamoDB::Table': 'TableName',
                    'AWS::Logs::LogGroup': 'LogGroupName'}
IMPORTED_BY_HAND = {'AWS::KMS::Key'}
GUIDE = Path(__file__).resolve().parents[2] / 'docs/full-deployment.md'


def kept(lake_on_aws, environment: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the resources of an environment that stay when its stacks are removed, with their logical ids."""
    for template in lake_on_aws.of_environment(environment).values():
        for name, resource in template['Resources'].items():
            if 'Retain' in resource.get('DeletionPolicy', '') or 'Retain' in resource.get('UpdateReplacePolicy', ''):
                yield name, resource


def test_dev_leaves_nothing_behind(lake_on_aws):
    assert [name for name, _ in kept(lake_on_aws, 'Dev')] == []


@pytest.mark.parametrize(('environment', 'emptied'), [
    ('Dev', {'access-logs', 'etl-scripts', 'glue-temp'}), ('Test', set()), ('Prod', set())])
def test_only_dev_empties_buckets_and_none_of_data(lake_on_aws, environment, emptied):
    kinds = set()
    for stack in lake_on_aws.of_environment(environment):
        buckets = lake_on_aws.resources(stack, 'AWS::S3::Bucket')
        for resource in lake_on_aws.resources(stack, 'Custom::S3AutoDeleteObjects').values():
            name = buckets[resource['Properties']['BucketName']['Ref']]['Properties']['BucketName']
            kinds.add('-'.join(name.split('-')[-2:]))
    assert kinds == emptied


@pytest.mark.parametrize('environment', ['Test', 'Prod'])
def test_what_test_and_prod_keep_is_data_and_goes_with_a_failed_first_deployment(lake_on_aws, environment):
    found = dict(kept(lake_on_aws, environment))
    allowed = {*IMPORTED_BY_NAME, *(IMPORTED_BY_HAND if environment == 'Prod' else ())}
    assert {resource['Type'] for resource in found.values()} == allowed
    assert {resource['DeletionPolicy'] for resource in found.values()} == {'RetainExceptOnCreate'}


@pytest.mark.parametrize('environment', ['Test', 'Prod'])
def test_what_stays_has_a_name_by_which_the_next_deployment_takes_it_over(lake_on_aws, environment):
    dynamic = [name for name, resource in kept(lake_on_aws, environment) if resource['Type'] not in IMPORTED_BY_HAND
               and not isinstance(resource['Properties'].get(IMPORTED_BY_NAME[resource['Type']]), str)]
    assert dynamic == []


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_a_workgroup_goes_with_its_history(lake_on_aws, environment):
    workgroup, = lake_on_aws.resources(f'{environment}-InsuranceLakeEtlAthenaHelper', 'AWS::Athena::WorkGroup').values()
    assert workgroup['Properties']['RecursiveDeleteOption'] is True


def test_the_guide_names_the_key_that_is_imported_by_hand(lake_on_aws):
    key, = lake_on_aws.resources('Prod-InsuranceLakeEtlStorage', 'AWS::KMS::Key')
    assert f'{{"{key}": {{"KeyId": "' in GUIDE.read_text()
