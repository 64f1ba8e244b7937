"""The parts of a deployment's settings: places, source code, network, Glue and Redshift, each checking itself."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# https://docs.aws.amazon.com/glue/latest/dg/add-job.html
WORKER_TYPES = ('G.1X', 'G.2X', 'G.4X', 'G.8X', 'R.1X', 'R.2X', 'R.4X', 'R.8X')
FLEX_WORKER_TYPES = ('G.1X', 'G.2X')
MOST_WORKERS = 299
ACCOUNT_DIGITS = 12
# Regions of other partitions of AWS: China, GovCloud, isolated and sovereign clouds.
OTHER_PARTITIONS = ('cn-', 'us-gov-', 'us-iso', 'eu-iso', 'eusc-')


@dataclass(frozen=True)
class Place:
    """An AWS account and region; None is the account of the credentials that deploy."""

    account: str | None
    region: str

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if self.account is not None and not re.fullmatch(rf'\d{{{ACCOUNT_DIGITS}}}', self.account):
            yield (f"account is '{self.account}', expected {ACCOUNT_DIGITS} digits in quotes, which keep leading "
                   'zeros, or None for the account of the credentials')
        if self.region.startswith(OTHER_PARTITIONS):
            yield (f'region is {self.region}, which is in China, GovCloud or another partition of AWS with its own '
                   'ARNs and fewer services; expected a region of the partition aws')
        elif not re.fullmatch(r'[a-z]{2}(-[a-z]+)+-\d', self.region):
            yield f"region is '{self.region}', expected a name such as us-east-2"


@dataclass(frozen=True)
class CodeConnection:
    """Source code in GitHub, GitLab or Bitbucket, reached through AWS CodeConnections.

    repository      owner and name, with a slash between; groups of GitLab may add slashes
    provider        kind of the connection to create
    connection_arn  an existing, confirmed connection; empty: each pipeline stack creates one
    """

    repository: str
    provider: Literal['GitHub', 'GitLab', 'Bitbucket'] = 'GitHub'
    connection_arn: str = ''

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if not re.fullmatch(r'[\w.-]+(/[\w.-]+)+', self.repository):
            yield f"repository is '{self.repository}', expected owner/name"
        if self.provider not in ('GitHub', 'GitLab', 'Bitbucket'):
            yield f"provider is '{self.provider}', expected GitHub, GitLab or Bitbucket"
        if self.connection_arn and not re.match(r'arn:[\w-]+:code(connections|star-connections):', self.connection_arn):
            yield f"connection_arn is '{self.connection_arn}', expected the ARN of a connection, or an empty text"


@dataclass(frozen=True)
class CodeCommit:
    """Source code in AWS CodeCommit.

    repository   name of the repository in the account and region of the pipelines
    mirror       create the repository, as the mirror of an internal Git server
    """

    repository: str
    mirror: bool = False

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if not re.fullmatch(r'[\w.-]{1,100}', self.repository):
            yield (f"repository is '{self.repository}', expected 1 to 100 letters, digits, dots, hyphens and "
                   'underscores')


@dataclass(frozen=True)
class VpcConfiguration:
    """The network in which Glue jobs run.

    mode          none: the network of AWS; create: a new one; import: the one whose ids an existing deployment
                  exports
    cidr          address range of a created network
    nat_gateways  number of NAT gateways of a created network; the jobs install their packages through them
    """

    mode: Literal['none', 'create', 'import']
    cidr: str = '10.20.0.0/20'
    nat_gateways: int = 1

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if self.mode not in ('none', 'create', 'import'):
            yield f"mode is '{self.mode}', expected none, create or import"
        size = re.fullmatch(r'(?:\d{1,3}\.){3}\d{1,3}/(\d{1,2})', self.cidr)
        if not size or not 16 <= int(size[1]) <= 23:
            yield f"cidr is '{self.cidr}', expected a range such as 10.20.0.0/20, from /16 to /23"
        if not 0 <= self.nat_gateways <= 3:
            yield f'nat_gateways is {self.nat_gateways}, expected 0 to 3'


@dataclass(frozen=True)
class GlueConfiguration:
    """How the Glue jobs run.

    version          of AWS Glue: 5.1 is Spark 3.5, 6.0 is Spark 4.1
    worker_type      size of one worker
    most_workers     upper bound of auto scaling, for each run
    most_runs        upper bound of concurrent runs of a job
    timeout_minutes  after which a run is stopped
    flex             run on spare capacity, which costs less and may have to wait; only for G.1X and G.2X
    connections      names of Glue connections to other networks and databases
    """

    version: Literal['5.1', '6.0'] = '5.1'
    worker_type: str = 'G.1X'
    most_workers: int = 4
    most_runs: int = 100
    timeout_minutes: int = 480
    flex: bool = False
    connections: tuple[str, ...] = ()

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if self.version not in ('5.1', '6.0'):
            yield f"version is '{self.version}', expected 5.1 or 6.0"
        if self.worker_type not in WORKER_TYPES:
            yield f"worker_type is '{self.worker_type}', expected one of {', '.join(WORKER_TYPES)}"
        if self.flex and self.worker_type not in FLEX_WORKER_TYPES:
            yield f"flex is on for {self.worker_type}, but is only available for {' and '.join(FLEX_WORKER_TYPES)}"
        if not 2 <= self.most_workers <= MOST_WORKERS:
            yield f'most_workers is {self.most_workers}, expected 2 to {MOST_WORKERS}'
        if not 10 <= self.most_runs <= 1000:
            yield f'most_runs is {self.most_runs}, expected 10 to 1000'
        if not 1 <= self.timeout_minutes <= 7 * 24 * 60:
            yield f'timeout_minutes is {self.timeout_minutes}, expected 1 to 10080, which is a week'


@dataclass(frozen=True)
class RedshiftConfiguration:
    """The Amazon Redshift cluster or serverless workgroup that runs Redshift SQL files; none by default."""

    cluster_id: str = ''
    workgroup_name: str = ''
    database: str = ''

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if self.cluster_id and self.workgroup_name:
            yield 'cluster_id and workgroup_name are both set, expected one of them'
        if bool(self.cluster_id or self.workgroup_name) != bool(self.database):
            yield 'database needs a cluster_id or a workgroup_name, and the reverse; set both or none'
