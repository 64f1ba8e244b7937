"""A created network fits accounts that see two availability zones, and those that see more."""
from __future__ import annotations

from typing import Any

import pytest

STACK = 'Prod-InsuranceLakeEtlVpc'


def resolved(value: Any, zones: list[str]) -> Any:
    """Return a value of a template as AWS CloudFormation resolves it in an account that sees these zones."""
    if not isinstance(value, dict):
        return value
    (function, argument), = value.items()
    if function == 'Fn::GetAZs':
        return zones
    if function == 'Fn::Join':
        items = argument[1] if isinstance(argument[1], list) else resolved(argument[1], zones)
        return argument[0].join(resolved(item, zones) for item in items)
    if function == 'Fn::Split':
        return resolved(argument[1], zones).split(argument[0])
    assert function == 'Fn::Select'
    return resolved(argument[1], zones)[int(argument[0])]


@pytest.mark.parametrize('zones', [['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e', 'f']])
def test_every_subnet_has_a_zone_and_the_subnets_of_an_endpoint_have_different_ones(lake_on_aws, zones):
    subnets = {name: resolved(subnet['Properties']['AvailabilityZone'], zones)
               for name, subnet in lake_on_aws.resources(STACK, 'AWS::EC2::Subnet').items()}
    assert len(subnets) == 6 and set(subnets.values()) == set(zones[:3])
    endpoints = [item['Properties'] for item in lake_on_aws.resources(STACK, 'AWS::EC2::VPCEndpoint').values()]
    placed = [[subnets[subnet['Ref']] for subnet in item['SubnetIds']] for item in endpoints if 'SubnetIds' in item]
    assert len(placed) > 5
    assert [places for places in placed if len(set(places)) != len(places) or len(places) < 2] == []
