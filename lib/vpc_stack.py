"""Creates the network of the Glue jobs, or imports the one whose ids an existing deployment exports."""
from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.log_group import LakeLogGroup
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack

ZONES = 3
VPC_EXPORT, SECURITY_GROUP_EXPORT = 'VpcId', 'SharedSecurityGroupId'
ZONE_EXPORT, SUBNET_EXPORT, ROUTE_TABLE_EXPORT = 'AvailabilityZone', 'SubnetId', 'RouteTable'
# Services that jobs call, without leaving the network of AWS.
ENDPOINTS = {
    'Athena': ec2.InterfaceVpcEndpointAwsService.ATHENA,
    'Glue': ec2.InterfaceVpcEndpointAwsService.GLUE,
    'Kms': ec2.InterfaceVpcEndpointAwsService.KMS,
    'Logs': ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    'Metrics': ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    'Secrets': ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    'Sts': ec2.InterfaceVpcEndpointAwsService.STS,
}


class VpcStack(Stack):
    """Three private subnets in three availability zones, and a security group whose members reach each other.

    Attributes: `subnet_ids`, `security_group_id`, and `connections` with `connection_names`, one of AWS Glue into each
    subnet; a run uses the first with free addresses.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment, self._storage = environment, storage
        if environment.vpc.mode == 'create':
            self._create()
        else:
            self._import()
        self.connections = self._connections()
        self.connection_names = tuple(map(self._connection_name, range(1, ZONES + 1)))

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the region as AWS lists them at deployment, so that synthesis asks nobody."""
        return [Fn.select(number, Fn.get_azs()) for number in range(ZONES)]

    def _create(self) -> None:
        settings = self._environment.vpc
        has_internet = settings.nat_gateways > 0
        kind = ec2.SubnetType.PRIVATE_WITH_EGRESS if has_internet else ec2.SubnetType.PRIVATE_ISOLATED
        public = ec2.SubnetConfiguration(name='public', subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28,
                                         map_public_ip_on_launch=False)
        vpc = ec2.Vpc(self, 'Vpc', max_azs=ZONES, nat_gateways=settings.nat_gateways,
                      ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
                      subnet_configuration=[ec2.SubnetConfiguration(name='private', subnet_type=kind),
                                            *([public] if has_internet else [])],
                      flow_logs={'Traffic': self._flow_logs()})
        group = ec2.SecurityGroup(self, 'SecurityGroup', vpc=vpc, allow_all_outbound=True,
                                  description='Workers of Glue jobs, which talk to each other')
        group.add_ingress_rule(group, ec2.Port.all_tcp(), 'Workers of one run')
        vpc.add_gateway_endpoint('S3', service=ec2.GatewayVpcEndpointAwsService.S3)
        vpc.add_gateway_endpoint('DynamoDb', service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        for name, service in ENDPOINTS.items():
            vpc.add_interface_endpoint(name, service=service, security_groups=[group], open=False)
        private = vpc.isolated_subnets or vpc.private_subnets
        self._zones, self.subnet_ids = vpc.availability_zones, [subnet.subnet_id for subnet in private]
        self._route_table_ids = [subnet.route_table.route_table_id for subnet in private]
        self.security_group_id = group.security_group_id
        self._export(VPC_EXPORT, vpc.vpc_id)
        self._export(SECURITY_GROUP_EXPORT, group.security_group_id)
        for number, subnet in enumerate(private, 1):
            self._export(f'{ZONE_EXPORT}{number}', subnet.availability_zone)
            self._export(f'{SUBNET_EXPORT}{number}', subnet.subnet_id)
            self._export(f'{ROUTE_TABLE_EXPORT}{number}', subnet.route_table.route_table_id)

    def _flow_logs(self) -> ec2.FlowLogOptions:
        group: logs.ILogGroup = LakeLogGroup(self, 'FlowLogs', environment=self._environment, key=self._storage.key,
                                             name=f'/vpc/{self._environment.resource_name("flow-logs")}')
        return ec2.FlowLogOptions(destination=ec2.FlowLogDestination.to_cloud_watch_logs(group))

    def _export(self, name: str, value: str) -> None:
        CfnOutput(self, f'{name}Export', value=value, export_name=self._environment.export_name(name))

    def _import(self) -> None:
        def imported(name: str) -> str:
            return Fn.import_value(self._environment.export_name(name))

        numbers = range(1, ZONES + 1)
        self._zones = [imported(f'{ZONE_EXPORT}{number}') for number in numbers]
        self.subnet_ids = [imported(f'{SUBNET_EXPORT}{number}') for number in numbers]
        self.security_group_id = imported(SECURITY_GROUP_EXPORT)
        self._route_table_ids = [imported(f'{ROUTE_TABLE_EXPORT}{number}') for number in numbers]

    def _connections(self) -> list[glue.IConnection]:
        group = ec2.SecurityGroup.from_security_group_id(self, 'Workers', self.security_group_id, mutable=False)
        places = zip(self.subnet_ids, self._zones, self._route_table_ids, strict=True)
        return [self._connection(number, ec2.Subnet.from_subnet_attributes(
            self, f'Subnet{number}', subnet_id=subnet, availability_zone=zone, route_table_id=table), group)
            for number, (subnet, zone, table) in enumerate(places, 1)]

    def _connection(self, number: int, subnet: ec2.ISubnet, group: ec2.ISecurityGroup) -> glue.IConnection:
        return glue.Connection(
            self, f'Connection{number}', type=glue.ConnectionType.NETWORK,
            connection_name=self._connection_name(number),
            security_groups=[group], network=glue.ConnectionNetwork.subnet(subnet))

    def _connection_name(self, number: int) -> str:
        return self._environment.resource_name(f'network-connection-{number}')
