"""The stack of the pages is there only with a schedule; its build reads no file of a table and writes one object."""
from __future__ import annotations

import json

import pytest
from stack_templates import text_of

STACK = '{}-InsuranceLakeEtlDocsSite'
BUCKET = 'prod-insurancelake-333333333333-eu-central-1-docs'


@pytest.fixture
def resources(lake_on_aws):
    """Return a function that gives the properties of the resources of a type in Prod."""
    def of_type(kind):
        return [item['Properties'] for item in lake_on_aws.resources(STACK.format('Prod'), kind).values()]
    return of_type


def test_only_an_environment_with_a_schedule_has_the_stack(lake_on_aws):
    assert [name for name in ('Dev', 'Test', 'Prod') if STACK.format(name) in lake_on_aws.templates] == ['Prod']


def test_the_build_runs_the_script_of_people_on_schedule_and_a_failure_is_told(resources):
    project, = resources('AWS::CodeBuild::Project')
    commands = json.loads(text_of(project['Source']['BuildSpec']))['phases']
    assert commands['build']['commands'] == ['python3 resources/write_docs.py --environment Prod --bucket --apply']
    assert commands['install']['commands'] == [
        'python3 -m pip install --quiet -r requirements.txt -r requirements-glue.txt']
    rule, = resources('AWS::Events::Rule')
    assert rule['ScheduleExpression'] == 'rate(2 hours)' and len(rule['Targets']) == 1
    assert project['ConcurrentBuildLimit'] == 1 and project['Environment']['PrivilegedMode'] is False
    alarm, = resources('AWS::CloudWatch::Alarm')
    assert text_of(alarm['AlarmActions'][0]).endswith(':333333333333:prod-insurancelake-etl-notification-topic')


def test_its_bucket_is_that_of_the_script(resources):
    bucket, = resources('AWS::S3::Bucket')
    assert bucket['BucketName'] == BUCKET


def test_the_build_may_read_configuration_catalog_and_records_and_write_the_page_alone(lake_on_aws, resources):
    role, = (name for name, item in lake_on_aws.resources(STACK.format('Prod'), 'AWS::IAM::Role').items()
             if 'codebuild' in json.dumps(item['Properties']['AssumeRolePolicyDocument']))
    policy, = (item for item in resources('AWS::IAM::Policy') if item['Roles'] == [{'Ref': role}])
    allowed = {statement['Sid']: statement for statement in policy['PolicyDocument']['Statement']}
    places = {name: [text_of(place) for place in (statement['Resource'] if isinstance(statement['Resource'], list)
                                                  else [statement['Resource']])]
              for name, statement in allowed.items()}
    assert {name: statement['Action'] for name, statement in allowed.items()} == {
        'Code': ['s3:GetObject', 's3:GetObjectVersion'], 'CodeBucket': ['s3:GetBucketAcl', 's3:GetBucketLocation'],
        'Configuration': 's3:GetObject', 'Lists': 's3:ListBucket',
        'Catalog': ['glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'], 'Records': 'dynamodb:Scan',
        'Jobs': 'glue:GetJobRuns',
        'Page': 's3:PutObject', 'Logs': ['logs:CreateLogStream', 'logs:PutLogEvents'],
        'Key': ['kms:Decrypt', 'kms:GenerateDataKey']}
    assert places['Page'] == [f'<{name}.Arn>/index.html' for name in lake_on_aws.resources(
        STACK.format('Prod'), 'AWS::S3::Bucket')]
    assert sorted(place.partition('/')[2] for place in places['Configuration']) == [
        'etl/dq-rules/*', 'etl/transformation-spec/*', 'etl/transformation-sql/*']
    own_jobs = [item['Properties']['Name'] for item in lake_on_aws.resources(
        'Prod-InsuranceLakeEtlGlue', 'AWS::Glue::Job').values()]
    assert len(own_jobs) == 3 and sorted(place.partition(':glue:eu-central-1:333333333333:')[2] for place in places[
        'Jobs']) == sorted(f'job/{name}' for name in own_jobs)
    assert len(places['Records']) == 3 and 'HashValues' not in str(places['Records'])
    assert not any(name in place for name in ('Cleanse', 'Consume', 'Collect') for found in places.values()
                   for place in found)


def test_the_code_has_what_the_script_imports_and_no_configuration_of_workflows(lake_on_aws):
    folder, = (place.parents[1] for place in lake_on_aws.directory.rglob('resources/write_docs.py'))
    names = {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}
    assert names >= {'resources/write_docs.py', 'requirements.txt', 'requirements-glue.txt', 'lib/configuration.py',
                     'lib/local_lake/showing/site_files/site.js', 'resources/shared/lake_on_aws.py',
                     'lib/glue_scripts/lib/datatransform_misc.py'}
    assert [name for name in names if name.startswith(('lib/glue_scripts/transformation-', 'lib/glue_scripts/tests'))
            or name.endswith('.pyc')] == []
