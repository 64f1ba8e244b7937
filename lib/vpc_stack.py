"""Creates the network of the Glue jobs, or imports the one whose ids an existing deployment exports."""
from __future__ import annotations

from typing import Any

from aws_cdk import Acknowledgment, CfnOutput, Fn, Stack, Tags, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.log_group import LakeLogGroup
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack

SUBNETS = 3
# Every account sees so many zones of a region; an interface endpoint takes one subnet of each.
ZONES_EVERYWHERE = 2
VPC_EXPORT, SECURITY_GROUP_EXPORT = 'VpcId', 'SharedSecurityGroupId'
ZONE_EXPORT, SUBNET_EXPORT, ROUTE_TABLE_EXPORT = 'AvailabilityZone', 'SubnetId', 'RouteTable'
# The role of the jobs finds subnets and security group by this tag. An export in use could never change.
NETWORK_TAG = 'LakeNetwork'
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
    """Three private subnets, in as many availability zones as there are, and a security group for the workers.

    Attributes: `subnet_ids`, `security_group_id`, and `connection_names`: each subnet has one connection of AWS Glue,
    and a run uses the first with free addresses.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment, self._storage = environment, storage
        self._numbers = range(1, SUBNETS + 1)
        if environment.vpc.mode == 'create':
            self._create()
        else:
            self._import()
        self._connect()
        Validations.of(self).acknowledge(Acknowledgment(
            id='CloudFormation-Validate::E1022',
            reason='AWS CloudFormation joins the list that Fn::GetAZs returns; the check of CDK does not know it.'))
        self.connection_names = tuple(map(self._connection_name, self._numbers))

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the region as AWS lists them at deployment, so that synthesis asks nobody.

        In an account that sees two zones the third subnet shares the zone of the first.
        """
        listed = Fn.join(',', Fn.get_azs())
        return [Fn.select(number, Fn.split(',', f'{listed},{listed}')) for number in range(SUBNETS)]

    def _create(self) -> None:
        settings = self._environment.vpc
        has_internet = settings.nat_gateways > 0
        kind = ec2.SubnetType.PRIVATE_WITH_EGRESS if has_internet else ec2.SubnetType.PRIVATE_ISOLATED
        public = ec2.SubnetConfiguration(name='public', subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28,
                                         map_public_ip_on_launch=False)
        vpc = ec2.Vpc(self, 'Vpc', max_azs=SUBNETS, nat_gateways=settings.nat_gateways,
                      ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
                      subnet_configuration=[ec2.SubnetConfiguration(name='private', subnet_type=kind),
                                            *([public] if has_internet else [])],
                      flow_logs={'Traffic': self._flow_logs()})
        group = ec2.SecurityGroup(self, 'SecurityGroup', vpc=vpc, allow_all_outbound=True,
                                  description='Workers of Glue jobs, which talk to each other')
        group.add_ingress_rule(group, ec2.Port.all_tcp(), 'Workers of one run')
        vpc.add_gateway_endpoint('S3', service=ec2.GatewayVpcEndpointAwsService.S3)
        vpc.add_gateway_endpoint('DynamoDb', service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        for tagged in (vpc, group):
            Tags.of(tagged).add(NETWORK_TAG, network_tag_value(self._environment))
        private = vpc.isolated_subnets or vpc.private_subnets
        for name, service in ENDPOINTS.items():
            vpc.add_interface_endpoint(name, service=service, security_groups=[group], open=False,
                                       subnets=ec2.SubnetSelection(subnets=private[:ZONES_EVERYWHERE]))
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

        self._zones = [imported(f'{ZONE_EXPORT}{number}') for number in self._numbers]
        self.subnet_ids = [imported(f'{SUBNET_EXPORT}{number}') for number in self._numbers]
        self.security_group_id = imported(SECURITY_GROUP_EXPORT)
        self._route_table_ids = [imported(f'{ROUTE_TABLE_EXPORT}{number}') for number in self._numbers]

    def _connect(self) -> None:
        group = ec2.SecurityGroup.from_security_group_id(self, 'Workers', self.security_group_id, mutable=False)
        places = zip(self.subnet_ids, self._zones, self._route_table_ids, strict=True)
        for number, (subnet_id, zone, table) in enumerate(places, 1):
            subnet = ec2.Subnet.from_subnet_attributes(
                self, f'Subnet{number}', subnet_id=subnet_id, availability_zone=zone, route_table_id=table)
            glue.Connection(
                self, f'Connection{number}', type=glue.ConnectionType.NETWORK,
                connection_name=self._connection_name(number),
                security_groups=[group], network=glue.ConnectionNetwork.subnet(subnet))

    def _connection_name(self, number: int) -> str:
        return self._environment.resource_name(f'network-connection-{number}')


def network_tag_value(environment: EnvironmentConfiguration) -> str:
    """Return what the tag of the environment's own network says."""
    return environment.resource_name('etl')
