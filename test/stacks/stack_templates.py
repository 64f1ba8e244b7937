"""Templates of a lake in four accounts, whose three environments have different settings."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.settings.deployment_settings import Configuration, EnvironmentConfiguration
from lib.settings.parts import CodeConnection, GlueConfiguration, Place, RedshiftConfiguration, VpcConfiguration

REGION = 'us-east-2'
LINEAGE_QUEUE = 'arn:aws:sqs:eu-central-1:444444444444:lineage'
ACCOUNTS = {'Dev': '111111111111', 'Test': '222222222222', 'Prod': '333333333333'}
PIPELINE_ACCOUNT = '444444444444'

Template = dict[str, Any]


@dataclass(frozen=True)
class SynthesizedLake:
    """What CDK has made of a configuration.

    directory  of the cloud assembly, with the assets
    templates  by the name of the stack, as CloudFormation will know it
    """

    directory: Path
    templates: dict[str, Template]

    def of_environment(self, name: str) -> dict[str, Template]:
        """Return the templates of an environment by name, without its pipeline."""
        return {stack: template for stack, template in self.templates.items()
                if stack.startswith(f'{name}-') and 'EtlPipeline' not in stack}

    def resources(self, stack: str, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resources of a type in a stack by logical id."""
        return {name: resource for name, resource in self.templates[stack]['Resources'].items()
                if resource['Type'] == kind}


def text_of(value: Any) -> str:
    """Return a text of a template, with names in angle brackets for what CloudFormation will fill in."""
    if isinstance(value, str):
        return value
    (function, argument), = value.items()
    if function == 'Fn::Join':
        return argument[0].join(map(text_of, argument[1]))
    if function == 'Fn::GetAtt':
        return f'<{".".join(argument)}>'
    return f'<{text_of(argument)}>'


def varied_configuration() -> Configuration:
    """Return a configuration of its own, so that a user's settings change no test.

    Dev has the defaults; Test is attached to an existing deployment; Prod has all that can be switched on.
    """
    return Configuration(
        resource_name_prefix='insurancelake', logical_id_prefix='InsuranceLake',
        deployment=Place(PIPELINE_ACCOUNT, REGION), source=CodeConnection('our-organization/our-lake'),
        environments=(
            EnvironmentConfiguration('Dev', Place(ACCOUNTS['Dev'], REGION), 'develop'),
            EnvironmentConfiguration(
                'Test', Place(ACCOUNTS['Test'], REGION), 'test', storage='import', vpc=VpcConfiguration('import'),
                lineage=False, redshift=RedshiftConfiguration(workgroup_name='lake', database='lake')),
            EnvironmentConfiguration(
                'Prod', Place(ACCOUNTS['Prod'], 'eu-central-1'), 'main', vpc=VpcConfiguration('create'),
                glue=GlueConfiguration('6.0', flex=True, connections=('erp',)), hash_key_secret='lake/hash-key',
                decryption_secrets=('lake/pgp-key', 'lake/pgp-passphrase'),
                quality_engine='glue', openlineage_transport=LINEAGE_QUEUE, docs_schedule='rate(2 hours)',
                redshift=RedshiftConfiguration(cluster_id='lake', database='lake'))),
        tags={'Application': 'InsuranceLake'})


def read_assembly(directory: Path) -> dict[str, Template]:
    """Return the templates below the directory of a cloud assembly, by the name of their stack."""
    found = {}
    for manifest in sorted(directory.rglob('manifest.json')):
        for artifact in json.loads(manifest.read_text())['artifacts'].values():
            if artifact['type'] == 'aws:cloudformation:stack':
                properties = artifact['properties']
                name = properties.get('stackName') or artifact['displayName']
                found[name] = json.loads((manifest.parent / properties['templateFile']).read_text())
    return found
