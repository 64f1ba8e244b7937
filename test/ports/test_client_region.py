"""Clients of AWS find their region in both variables that name it, in the driver and in Python workers."""
from __future__ import annotations

import pytest
from botocore.exceptions import NoRegionError

from lake_etl.adapters.aws.clients import open_client, open_dynamodb_client


@pytest.mark.parametrize(('variables', 'region'), [
    ({'AWS_REGION': 'eu-central-1'}, 'eu-central-1'),
    ({'AWS_DEFAULT_REGION': 'eu-west-1'}, 'eu-west-1'),
    ({'AWS_DEFAULT_REGION': 'eu-west-1', 'AWS_REGION': 'eu-central-1'}, 'eu-west-1'),
])
def test_a_client_has_the_region_of_the_environment(monkeypatch, variables, region):
    for name in ('AWS_REGION', 'AWS_DEFAULT_REGION'):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert open_client('glue').meta.region_name == region
    assert open_dynamodb_client().meta.region_name == region


def test_without_a_region_no_client_opens(monkeypatch, tmp_path):
    for name in ('AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('AWS_CONFIG_FILE', str(tmp_path / 'none'))
    with pytest.raises(NoRegionError):
        open_client('glue')
