"""Sets accounts, regions, branches and sizes of your own lake; the only file to edit before a deployment."""
from __future__ import annotations

import os

from lib.settings.deployment_settings import Configuration, EnvironmentConfiguration
from lib.settings.parts import CodeConnection, GlueConfiguration, Place, VpcConfiguration

# The account of the credentials that deploy, unless an account is named below. Synthesis needs no credentials.
ACCOUNT = os.environ.get('CDK_DEFAULT_ACCOUNT')
REGION = 'us-east-2'


def configuration() -> Configuration:
    """Return the configuration of this lake; raises SettingsError naming a setting that cannot work."""
    return Configuration(
        resource_name_prefix='insurancelake',
        logical_id_prefix='InsuranceLake',
        # Where the pipelines run, one for each environment.
        deployment=Place(account=ACCOUNT, region=REGION),
        # Without the ARN of a connection the pipeline stack creates one, to be confirmed once in the console.
        source=CodeConnection(repository='your-organization/insurancelake-etl', connection_arn=''),
        environments=(
            EnvironmentConfiguration(
                name='Dev', place=Place(account=ACCOUNT, region=REGION), branch='develop',
                storage='create', vpc=VpcConfiguration('none'),
                glue=GlueConfiguration(version='5.1', worker_type='G.1X', most_workers=4),
            ),
            EnvironmentConfiguration(
                name='Test', place=Place(account=ACCOUNT, region=REGION), branch='test',
                storage='create', vpc=VpcConfiguration('none'),
                glue=GlueConfiguration(version='5.1', worker_type='G.1X', most_workers=8),
            ),
            EnvironmentConfiguration(
                name='Prod', place=Place(account=ACCOUNT, region=REGION), branch='main',
                storage='create', vpc=VpcConfiguration('none'),
                glue=GlueConfiguration(version='5.1', worker_type='G.1X', most_workers=16),
            ),
        ),
        tags={'Application': 'InsuranceLake'},
    )
