"""A configuration that cannot be deployed is refused with every wrong setting, its value and the limit."""
from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.session import Session

from lib.configuration import configuration
from lib.settings.deployment_settings import Configuration, EnvironmentConfiguration, SettingsError
from lib.settings.parts import (
    CodeCommit, CodeConnection, GlueConfiguration, Place, RedshiftConfiguration, VpcConfiguration)

HERE = Place('111122223333', 'us-east-2')


def of_environment(**settings) -> Configuration:
    """Return a configuration with one environment that has these settings."""
    environment = EnvironmentConfiguration(**{'name': 'Dev', 'place': HERE, 'branch': 'develop'} | settings)
    return Configuration('insurancelake', 'InsuranceLake', HERE, CodeCommit('lake'), (environment,))


def two_environments() -> Configuration:
    """Return a configuration with the environments Dev and Test."""
    dev, = of_environment().named_environments
    return replace(of_environment(), environments=(dev, replace(dev, name='Test')))


def problems_of(**changes) -> str:
    """Return the message with which the changed default configuration is refused."""
    with pytest.raises(SettingsError) as refused:
        replace(of_environment(), **changes)
    return str(refused.value)


def test_the_settings_of_this_repository_can_be_deployed():
    assert configuration().environments


def test_only_dev_can_lose_its_data():
    assert [of_environment(name=name).environments[0].keeps_data for name in ('Dev', 'Test', 'Prod')] == [
        False, True, True]


def test_names_follow_the_contract():
    dev = replace(of_environment(), resource_name_prefix='insurance-lake').named_environments[0]
    assert dev.resource_name('etl-state-machine') == 'dev-insurance-lake-etl-state-machine'
    assert dev.table_name('job-audit') == 'dev-insurance_lake-etl-job-audit'
    assert dev.bucket_name('collect', '111122223333', 'us-east-2') == (
        'dev-insurance-lake-111122223333-us-east-2-collect')
    assert dev.export_name('S3KmsKeyArn') == 'DevS3KmsKeyArn'


@pytest.mark.parametrize(('changes', 'expected'), [
    ({'resource_name_prefix': 'Lake'}, "resource_name_prefix is 'Lake', expected lower-case letters"),
    ({'resource_name_prefix': 'la_ke'}, "resource_name_prefix is 'la_ke', expected lower-case letters"),
    ({'resource_name_prefix': 'lake-'}, "resource_name_prefix is 'lake-', expected lower-case letters"),
    ({'resource_name_prefix': 'l' * 30}, 'names of buckets 69 characters long (the longest ends in -access-logs), '
                                         'but Amazon S3 allows 63; shorten it by 6'),
    ({'logical_id_prefix': 'lake'}, "logical_id_prefix is 'lake', expected letters and digits"),
    ({'logical_id_prefix': 'L' * 120}, 'but AWS CloudFormation allows 128; shorten it by'),
    ({'environments': ()}, 'environments are none, expected one or more with different names'),
    ({'environments': of_environment().environments * 2}, 'environments are Dev, Dev, expected one or more'),
    ({'deployment': Place('1', 'us-east-2')}, "deployment.account is '1', expected 12 digits in quotes"),
    ({'deployment': Place(None, 'us-east-2')}, 'place.account is 111122223333 and deployment.account is not set'),
    ({'source': CodeCommit('a b')}, "source.repository is 'a b', expected 1 to 100 letters"),
    ({'source': CodeConnection('lake')}, "source.repository is 'lake', expected owner/name"),
    ({'source': CodeConnection('me/lake', provider='Gitea')}, "source.provider is 'Gitea', expected GitHub"),
    ({'source': CodeConnection('me/lake', connection_arn='x')}, "source.connection_arn is 'x', expected the ARN"),
])
def test_a_setting_that_cannot_work_is_named_with_the_limit(changes, expected):
    assert expected in problems_of(**changes)


@pytest.mark.parametrize(('settings', 'expected'), [
    ({'name': 'dev'}, "environment dev: name is 'dev', expected one of Dev, Test, Prod"),
    ({'storage': 'both'}, "storage is 'both', expected create or import"),
    ({'branch': ' '}, 'branch is empty'),
    ({'decryption_secrets': 'lake/pgp-key'}, "decryption_secrets is 'lake/pgp-key', expected names such as"),
    ({'hash_text': 'text'}, "hash_text is 'text', expected an empty text, as_written or as_inferred"),
    ({'quality_engine': 'aws'}, "quality_engine is 'aws', expected an empty text or glue"),
    *(({'openlineage_transport': wrong}, f"openlineage_transport is '{wrong}', expected nothing, a web address, or")
      for wrong in ('marquez', 'https://user:word@marquez/api', 'arn:aws:sqs:us-east-2:1:q', 'arn:aws:s3:::bucket')),
    *(({'docs_schedule': wrong}, f"docs_schedule is '{wrong}', expected an empty text, a schedule such as rate(1 day)")
      for wrong in ('daily', 'rate(1 hours)', 'rate(5 minutes)', 'rate(0 days)', 'cron(0 5 * * *)', 'cron(0 5  * *)')),
    *(({'docs_dpu_hour_price': wrong}, f'docs_dpu_hour_price is {wrong!r}, expected a number above 0')
      for wrong in (0, -0.44, '0.44', float('inf'), float('nan'))),
    ({'retention_hours': -1}, 'retention_hours is -1, expected 0 to 8784'),
    ({'log_days': 100}, 'log_days is 100, expected one of 1, 3, 5'),
    ({'place': Place('111122223333', 'Ohio')}, "place.region is 'Ohio', expected a name such as us-east-2"),
    ({'vpc': VpcConfiguration('new')}, "vpc.mode is 'new', expected none, create or import"),
    ({'vpc': VpcConfiguration('create', cidr='10.0.0.0/28')}, "vpc.cidr is '10.0.0.0/28', expected a range"),
    ({'vpc': VpcConfiguration('create', nat_gateways=4)}, 'vpc.nat_gateways is 4, expected 0 to 3'),
    ({'glue': GlueConfiguration('4.0')}, "glue.version is '4.0', expected 5.1 or 6.0"),
    ({'glue': GlueConfiguration(worker_type='Standard')}, "glue.worker_type is 'Standard', expected one of G.1X"),
    ({'glue': GlueConfiguration(worker_type='G.4X', flex=True)},
     'glue.flex is on for G.4X, but is only available for G.1X'),
    ({'glue': GlueConfiguration(most_workers=1)}, 'glue.most_workers is 1, expected 2 to 299'),
    ({'glue': GlueConfiguration(most_runs=3)}, 'glue.most_runs is 3, expected 10 to 1000'),
    ({'glue': GlueConfiguration(timeout_minutes=0)}, 'glue.timeout_minutes is 0, expected 1 to 10080'),
    ({'redshift': RedshiftConfiguration('a', 'b', 'c')}, 'cluster_id and workgroup_name are both set'),
    ({'redshift': RedshiftConfiguration('a')}, 'database needs a cluster_id or a workgroup_name'),
])
def test_a_setting_of_an_environment_that_cannot_work_is_named(settings, expected):
    with pytest.raises(SettingsError) as refused:
        of_environment(**settings)
    assert expected in str(refused.value)


def test_all_problems_come_at_once():
    found = problems_of(resource_name_prefix='A', logical_id_prefix='b', environments=())
    assert len(found.splitlines()) == 4


def test_another_region_needs_accounts():
    with pytest.raises(SettingsError, match='reaches another region only when the accounts are set'):
        Configuration('lake', 'Lake', Place(None, 'us-east-1'), CodeCommit('lake'), (
            EnvironmentConfiguration('Dev', Place(None, 'us-east-2'), 'develop'),))


@pytest.mark.parametrize(('names', 'expected'), [
    ('', ['Dev', 'Test']), ('Test', ['Test']), ('dev', ['Dev']), ('Test, Dev', ['Test', 'Dev']),
])
def test_a_deployment_is_narrowed_to_environments_by_name(names, expected):
    assert [environment.name for environment in two_environments().narrowed(names).environments] == expected


def test_an_unknown_environment_is_refused_by_name():
    with pytest.raises(SettingsError, match="ENV names 'staging', expected one of Dev, Test"):
        two_environments().narrowed('Dev,staging')


def test_regions_of_the_partition_aws_are_accepted_and_those_of_others_refused():
    partitions = Session().get_available_partitions()
    assert len(partitions) > 3
    for partition in partitions:
        for region in Session().get_available_regions('s3', partition):
            found = list(Place(None, region).problems())
            assert (found == []) is (partition == 'aws'), region
            assert partition == 'aws' or 'expected a region of the partition aws' in found[0]
