"""A pipeline for each environment: where it takes the source from, what it runs, and where it deploys."""
from __future__ import annotations

import json
from dataclasses import replace

import pytest
from stack_templates import PIPELINE_ACCOUNT, read_assembly, text_of, varied_configuration

from lib.settings.parts import CodeCommit, CodeConnection

STACK = '{}-InsuranceLakeEtlPipeline'
OWN_ARN = 'arn:aws:codeconnections:us-east-2:444444444444:connection/own'


def pipeline_of(templates, environment):
    """Return the properties of the pipeline in an environment's pipeline stack."""
    resources = templates[STACK.format(environment)]['Resources'].values()
    return next(item['Properties'] for item in resources if item['Type'] == 'AWS::CodePipeline::Pipeline')


def source_of(templates, environment):
    """Return the first action of an environment's pipeline."""
    return pipeline_of(templates, environment)['Stages'][0]['Actions'][0]


@pytest.fixture(scope='module')
def from_code_commit(tmp_path_factory):
    """The templates of Dev with its source in a CodeCommit repository that mirrors another one."""
    from lib.cdk_app import build_app
    directory = tmp_path_factory.mktemp('mirror')
    configuration = replace(varied_configuration(), source=CodeCommit('lake-mirror', mirror=True))
    build_app(configuration.narrowed('Dev'), outdir=str(directory), builtin_cloud_formation_validation=False).synth()
    return read_assembly(directory)


@pytest.mark.parametrize(('environment', 'branch'), [('Dev', 'develop'), ('Test', 'test'), ('Prod', 'main')])
def test_each_environment_follows_its_branch(lake_on_aws, environment, branch):
    pipeline = pipeline_of(lake_on_aws.templates, environment)
    assert (pipeline['PipelineType'], pipeline['Name']) == ('V2', f'{environment.lower()}-insurancelake-etl-pipeline')
    assert source_of(lake_on_aws.templates, environment)['Configuration']['BranchName'] == branch


def test_a_connection_is_created_when_none_is_named_and_may_be_used_by_both_names(lake_on_aws):
    connection, = lake_on_aws.resources(STACK.format('Dev'), 'AWS::CodeConnections::Connection').values()
    assert connection['Properties']['ProviderType'] == 'GitHub'
    assert len(connection['Properties']['ConnectionName']) <= 32
    policies = json.dumps(list(lake_on_aws.resources(STACK.format('Dev'), 'AWS::IAM::Policy').values()))
    assert '"codeconnections:UseConnection"' in policies and '"codestar-connections:UseConnection"' in policies


def test_a_connection_that_is_named_is_used(tmp_path):
    from lib.cdk_app import build_app
    configuration = replace(varied_configuration(), source=CodeConnection('me/lake', 'GitLab', OWN_ARN))
    build_app(configuration.narrowed('Dev'), outdir=str(tmp_path), builtin_cloud_formation_validation=False).synth()
    templates = read_assembly(tmp_path)
    assert source_of(templates, 'Dev')['Configuration']['ConnectionArn'] == OWN_ARN
    assert 'AWS::CodeConnections::Connection' not in json.dumps(templates)


def test_a_mirror_is_a_repository_that_its_group_may_push_to_and_that_the_pipeline_follows(from_code_commit):
    mirror = from_code_commit['InsuranceLakeEtlMirrorRepository']['Resources'].values()
    repository = next(item for item in mirror if item['Type'] == 'AWS::CodeCommit::Repository')
    policy = next(item for item in mirror if item['Type'] == 'AWS::IAM::ManagedPolicy')
    assert (repository['Properties']['RepositoryName'], repository['DeletionPolicy']) == ('lake-mirror', 'Retain')
    statement, = policy['Properties']['PolicyDocument']['Statement']
    assert statement['Action'] == ['codecommit:GitPull', 'codecommit:GitPush']
    assert text_of(statement['Resource']).startswith('<Repository')
    source = source_of(from_code_commit, 'Dev')
    assert source['ActionTypeId']['Provider'] == 'CodeCommit'
    assert source['Configuration']['RepositoryName'] == 'lake-mirror'


def test_environments_that_are_not_wanted_are_left_out(from_code_commit):
    assert {name.partition('-')[0] for name in from_code_commit} == {'Dev', 'InsuranceLakeEtlMirrorRepository'}


def test_the_source_is_tested_before_anything_is_deployed(lake_on_aws):
    projects = lake_on_aws.resources(STACK.format('Dev'), 'AWS::CodeBuild::Project').values()
    specs = [text_of(project['Properties']['Source']['BuildSpec']) for project in projects]
    synthesis = json.loads(next(spec for spec in specs if 'lake test' in spec))
    commands = synthesis['phases']['build']['commands']
    assert 'lake test test/unit test/stacks' in commands[0] and './lake check;' in commands[1]
    assert 'cdk' in commands[2] and 'synth' in commands[2]
    names = [stage['Name'] for stage in pipeline_of(lake_on_aws.templates, 'Dev')['Stages']]
    assert names == ['Source', 'Build', 'UpdatePipeline', 'Assets', 'Dev']


@pytest.mark.parametrize(('environment', 'account'), [
    ('Dev', '111111111111'), ('Test', '222222222222'), ('Prod', '333333333333')])
def test_a_pipeline_deploys_all_stacks_into_the_account_of_its_environment(lake_on_aws, environment, account):
    deploying = pipeline_of(lake_on_aws.templates, environment)['Stages'][-1]['Actions']
    stacks = {action['Configuration']['StackName'] for action in deploying}
    assert stacks == set(lake_on_aws.of_environment(environment))
    roles = {text_of(action['RoleArn']) for action in deploying}
    assert len(roles) == 1 and f'::{account}:role/cdk-hnb659fds-deploy-role-{account}-' in roles.pop()
    assert PIPELINE_ACCOUNT != account
