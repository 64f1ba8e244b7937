"""Any switch of the configuration can be deployed on an existing lake: no export vanishes or changes while in use."""
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from stack_templates import REGION, SynthesizedLake, Template

from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.settings.parts import GlueConfiguration, Place, RedshiftConfiguration, VpcConfiguration

LINEAGE_DOMAIN = 'arn:aws:datazone:us-east-2:444444444444:domain/dzd_4x'
DEV = EnvironmentConfiguration('Dev', Place('111111111111', REGION), 'develop', resource_name_prefix='insurancelake',
                               logical_id_prefix='InsuranceLake')
CONFIGURATIONS = {
    'Details': replace(
        DEV, branch='other', lineage=False, hash_key_secret='lake/hash-key', hash_text='as_inferred',
        decryption_secrets=('lake/pgp-key',), quality_engine='glue', openlineage_transport=LINEAGE_DOMAIN,
        docs_schedule='cron(0 5 * * ? *)', docs_dpu_hour_price=0.203, retention_hours=1, log_days=30,
        glue=GlueConfiguration('6.0', 'G.2X', 8, 50, 60, flex=True, connections=('erp',)),
        redshift=RedshiftConfiguration(workgroup_name='lake', database='lake')),
    'Network': replace(DEV, vpc=VpcConfiguration('create')),
    'OtherNetwork': replace(DEV, vpc=VpcConfiguration('create', '10.30.0.0/20', 2),
                            glue=GlueConfiguration(connections=('erp',))),
    'ImportedNetwork': replace(DEV, vpc=VpcConfiguration('import')),
}
# Dev of the session's lake has the defaults.
PLAIN = 'Dev'
NEIGHBOURS = [*((PLAIN, name) for name in CONFIGURATIONS), ('Network', 'OtherNetwork')]
# These decide where a lake is and how it is called: another value is another lake.
IDENTITY = {'name', 'place', 'storage', 'resource_name_prefix', 'logical_id_prefix'}


@dataclass(frozen=True)
class Deployment:
    """The templates of an environment by the last part of their stack's name, in the order of their deployment."""

    templates: dict[str, Template]


@pytest.fixture(scope='module')
def deployments(lake_on_aws: SynthesizedLake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deployment]:
    """The defaults, and each configuration as a stage of one application, without pipelines."""
    from aws_cdk import App

    from lib.cdk_app import SETTINGS
    from lib.pipeline_deploy_stage import PipelineDeployStage
    directory = tmp_path_factory.mktemp('switches')
    app = App(context=json.loads(SETTINGS.read_text())['context'] | {'aws:cdk:disable-asset-staging': True},
              outdir=str(directory), builtin_cloud_formation_validation=False)
    for name, environment in CONFIGURATIONS.items():
        PipelineDeployStage(app, name, environment=environment, logical_id_prefix=DEV.logical_id_prefix, tags={})
    app.synth()
    plain = deployment_of(lake_on_aws.directory / 'assembly-Dev-InsuranceLakeEtlPipeline-Dev', PLAIN)
    return {PLAIN: plain} | {name: deployment_of(directory / f'assembly-{name}', name) for name in CONFIGURATIONS}


def deployment_of(directory: Path, stage: str) -> Deployment:
    """Read a stage; as all stages are one environment, the name of the stage is taken out of its templates."""
    artifacts = {name: artifact for name, artifact in json.loads(
        (directory / 'manifest.json').read_text())['artifacts'].items()
        if artifact['type'] == 'aws:cloudformation:stack'}
    order = TopologicalSorter({name: [other for other in artifact.get('dependencies', ()) if other in artifacts]
                               for name, artifact in artifacts.items()}).static_order()
    templates, lake = {}, '-InsuranceLakeEtl'
    for properties in (artifacts[name]['properties'] for name in order):
        text = (directory / properties['templateFile']).read_text().replace(f'{stage}{lake}', f'Dev{lake}')
        templates[properties['stackName'].removeprefix(f'{stage}{lake}')] = json.loads(text)
    return Deployment(templates)


def exports(template: Template) -> dict[str, Any]:
    """Return the exports of a stack with what they stand for: a new value is refused while it is imported."""
    return {output['Export']['Name']: value_of(output['Value'], template)
            for output in template.get('Outputs', {}).values() if 'Export' in output}


def value_of(value: Any, template: Template) -> Any:
    """Return a value with the name or type of the resource that it refers to, which tell that it is another one."""
    target = value.get('Ref') or (value.get('Fn::GetAtt') or [''])[0] if isinstance(value, dict) else ''
    resource = template['Resources'].get(target, {'Type': ''})
    names = {key: item for key, item in resource.get('Properties', {}).items() if key.endswith('Name')}
    return json.dumps([value, resource['Type'], names], sort_keys=True)


def imports(part: Any) -> Iterator[str]:
    """Yield the names of the exports that a part of a template asks for."""
    if isinstance(part, dict):
        if isinstance(part.get('Fn::ImportValue'), str):
            yield part['Fn::ImportValue']
        for item in part.values():
            yield from imports(item)
    elif isinstance(part, list):
        for item in part:
            yield from imports(item)


def refusals(before: Deployment, after: Deployment) -> list[str]:
    """Deploy one configuration over another, stack by stack; return what AWS CloudFormation would refuse.

    A stack that the new configuration lacks stays deployed as it is.
    """
    found, deployed = [], dict(before.templates)
    for stack, template in after.templates.items():
        old = exports(deployed.get(stack, {'Resources': {}}))
        changed = {name for name, value in old.items() if exports(template).get(name) != value}
        deployed[stack] = template
        for other, asking in deployed.items():
            found += [f'{stack}: {name} is in use by {other}' for name in changed & set(imports(asking))
                      if other != stack]
        exported = {name for item in deployed.values() for name in exports(item)}
        own = [name for name in imports(template) if name.startswith('Dev-')]
        found += [f'{stack}: no export named {name}' for name in own if name not in exported]
    return sorted(set(found))


@pytest.mark.parametrize(('one', 'other'), [*NEIGHBOURS, *((other, one) for one, other in NEIGHBOURS)])
def test_a_switch_can_be_deployed_on_an_existing_lake(deployments, one, other):
    assert refusals(deployments[one], deployments[other]) == []


def test_a_vanished_or_changed_export_in_use_is_seen():
    used = {'Resources': {'Job': {'Type': 'T', 'Properties': {'Table': {'Fn::ImportValue': 'Dev-Table'}}}}}

    def lake(name: str, **outputs: Any) -> Deployment:
        resources = {'Table': {'Type': 'T', 'Properties': {'TableName': name}}}
        return Deployment({'Tables': {'Resources': resources, 'Outputs': outputs}, 'Jobs': used})

    export = {'Value': {'Ref': 'Table'}, 'Export': {'Name': 'Dev-Table'}}
    assert refusals(lake('a', Table=export), lake('a', Table=export)) == []
    assert 'Tables: Dev-Table is in use by Jobs' in refusals(lake('a', Table=export), lake('a'))
    assert refusals(lake('a', Table=export), lake('b', Table=export)) == ['Tables: Dev-Table is in use by Jobs']


def test_every_setting_of_an_environment_is_switched_by_some_configuration():
    configurations = [DEV, *CONFIGURATIONS.values()]
    settings = {part: [getattr(item, part) for item in configurations] for part in ('vpc', 'glue')}
    for given in (configurations, *settings.values()):
        for field in fields(given[0]):
            if field.name not in IDENTITY:
                assert len({getattr(item, field.name) for item in given}) > 1, field.name
