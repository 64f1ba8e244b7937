"""Key and buckets: created by default, attached to an existing deployment by its exports, and nothing live expires."""
from __future__ import annotations

import json

import pytest

STACK = '{}-InsuranceLakeEtlStorage'
EXPORTS = ('S3KmsKeyArn', 'S3AccessLogBucket', 'CollectBucketName', 'CleanseBucketName', 'ConsumeBucketName')


@pytest.fixture
def buckets(lake_on_aws):
    """The properties of all buckets of Dev and Prod, by name."""
    stacks = {**lake_on_aws.of_environment('Dev'), **lake_on_aws.of_environment('Prod')}
    return {bucket['Properties']['BucketName']: bucket['Properties']
            for stack in stacks for bucket in lake_on_aws.resources(stack, 'AWS::S3::Bucket').values()}


def test_a_default_deployment_creates_the_buckets_of_the_contract(buckets):
    kinds = ('collect', 'cleanse', 'consume', 'access-logs', 'etl-scripts', 'glue-temp')
    assert set(buckets) == {
        *(f'dev-insurancelake-111111111111-us-east-2-{kind}' for kind in kinds),
        *(f'prod-insurancelake-333333333333-eu-central-1-{kind}' for kind in (*kinds, 'docs'))}


@pytest.mark.parametrize('environment', ['Dev', 'Prod'])
def test_what_is_created_is_exported_under_the_names_that_an_import_asks_for(lake_on_aws, environment):
    outputs = lake_on_aws.templates[STACK.format(environment)]['Outputs'].values()
    exported = {output['Export']['Name'] for output in outputs if 'Export' in output}
    assert exported >= {f'{environment}{name}' for name in EXPORTS}


def test_imported_storage_creates_no_bucket_and_no_key_and_asks_for_the_exports(lake_on_aws):
    templates = lake_on_aws.of_environment('Test')
    created = {resource['Properties']['BucketName'] for template in templates.values()
               for resource in template['Resources'].values() if resource['Type'] == 'AWS::S3::Bucket'}
    assert {name.rpartition('us-east-2-')[2] for name in created} == {'etl-scripts', 'glue-temp'}
    assert lake_on_aws.resources(STACK.format('Test'), 'AWS::KMS::Key') == {}
    text = json.dumps(templates)
    assert [name for name in EXPORTS if f'{{"Fn::ImportValue": "Test{name}"}}' not in text] == []


def test_collect_tells_event_bridge_of_each_object_both_ways(lake_on_aws, buckets):
    collect = buckets['dev-insurancelake-111111111111-us-east-2-collect']
    assert collect['NotificationConfiguration'] == {'EventBridgeConfiguration': {'EventBridgeEnabled': True}}
    switch, = lake_on_aws.resources(STACK.format('Test'), 'Custom::S3BucketNotifications').values()
    assert switch['Properties']['BucketName'] == {'Fn::ImportValue': 'TestCollectBucketName'}
    assert switch['Properties']['Managed'] is False  # Other notifications of the bucket stay.


def test_no_current_object_expires_or_moves_but_logs_and_temporary_files(buckets):
    for name, bucket in buckets.items():
        rules = bucket['LifecycleConfiguration']['Rules']
        assert [rule for rule in rules if 'Transitions' in rule or 'NoncurrentVersionTransitions' in rule] == [], name
        expiring = any('ExpirationInDays' in rule or 'ExpirationDate' in rule for rule in rules)
        assert expiring is name.endswith(('-access-logs', '-glue-temp')), name


def test_every_bucket_is_encrypted_versioned_private_and_logged(buckets):
    for name, bucket in buckets.items():
        rule, = bucket['BucketEncryption']['ServerSideEncryptionConfiguration']
        algorithm = rule['ServerSideEncryptionByDefault']['SSEAlgorithm']
        assert bucket['VersioningConfiguration'] == {'Status': 'Enabled'}
        assert set(bucket['PublicAccessBlockConfiguration'].values()) == {True}
        assert bucket['OwnershipControls'] == {'Rules': [{'ObjectOwnership': 'BucketOwnerEnforced'}]}
        if name.endswith('-access-logs'):
            assert algorithm == 'AES256'
        else:
            assert (algorithm, rule['BucketKeyEnabled']) == ('aws:kms', True)
            assert bucket['LoggingConfiguration']['LogFilePrefix'] == name.rpartition('-us-east-2-')[2].rpartition(
                '-eu-central-1-')[2] + '/'


def test_every_bucket_refuses_requests_without_tls(lake_on_aws):
    for environment in ('Dev', 'Prod'):
        for stack, template in lake_on_aws.of_environment(environment).items():
            policies = lake_on_aws.resources(stack, 'AWS::S3::BucketPolicy').values()
            buckets = {name for name, item in template['Resources'].items() if item['Type'] == 'AWS::S3::Bucket'}
            refusing = {policy['Properties']['Bucket']['Ref'] for policy in policies if asks_for_tls(policy)}
            assert buckets - refusing == set()


def asks_for_tls(policy) -> bool:
    """Tell whether a bucket policy denies everything that does not come over TLS."""
    return any(statement['Effect'] == 'Deny' and statement['Action'] == 's3:*' and
               statement['Condition'] == {'Bool': {'aws:SecureTransport': 'false'}}
               for statement in policy['Properties']['PolicyDocument']['Statement'])


@pytest.mark.parametrize(('environment', 'policies'), [
    ('Dev', ('Delete', 'Delete')), ('Prod', ('RetainExceptOnCreate', 'Retain'))])
def test_what_holds_data_stays_when_stacks_go_except_in_dev(lake_on_aws, environment, policies):
    kept = {'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::DynamoDB::Table', 'AWS::Logs::LogGroup'}
    found = [(name, resource['DeletionPolicy'], resource['UpdateReplacePolicy'])
             for template in lake_on_aws.of_environment(environment).values()
             for name, resource in template['Resources'].items() if resource['Type'] in kept]
    assert len(found) > 10
    assert [item for item in found if item[1:] != policies] == []


@pytest.mark.parametrize(('environment', 'protected'), [('Dev', False), ('Test', True), ('Prod', True)])
def test_stacks_of_test_and_prod_are_protected_from_termination(lake_on_aws, environment, protected):
    artifacts = [artifact for path in lake_on_aws.directory.rglob('manifest.json')
                 for artifact in json.loads(path.read_text())['artifacts'].values()
                 if artifact['type'] == 'aws:cloudformation:stack']
    found = {artifact['properties'].get('stackName'): artifact['properties'].get('terminationProtection', False)
             for artifact in artifacts}
    assert {found[name] for name in lake_on_aws.of_environment(environment)} == {protected}
