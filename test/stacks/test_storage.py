"""Key and buckets: created by default, attached to an existing deployment by its exports, and nothing live expires."""
from __future__ import annotations

STACK = '{}-InsuranceLakeEtlStorage'


def test_a_default_deployment_creates_the_buckets_of_the_contract(lake_on_aws):
    buckets = lake_on_aws.resources(STACK.format('Dev'), 'AWS::S3::Bucket').values()
    assert {bucket['Properties']['BucketName'] for bucket in buckets} == {
        f'dev-insurancelake-111111111111-us-east-2-{kind}' for kind in ('collect', 'cleanse', 'consume', 'access-logs')}
