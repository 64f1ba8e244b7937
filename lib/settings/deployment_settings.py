"""The settings of a deployment: the whole configuration and its environments, which check themselves without CDK."""
from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lib.settings.parts import (
    ACCOUNT_DIGITS, CodeCommit, CodeConnection, GlueConfiguration, Place, RedshiftConfiguration, VpcConfiguration)

LAKE_BUCKETS = ('collect', 'cleanse', 'consume', 'access-logs')
ETL_BUCKETS = ('etl-scripts', 'glue-temp', 'docs')
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
LONGEST_BUCKET_NAME = 63
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
LONGEST_STACK_NAME = 128
LONGEST_STACK_SUFFIX = 'EtlDataLakeConsumer'
ENVIRONMENT_NAMES = ('Dev', 'Test', 'Prod')
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


# What the jobs send to, besides web addresses: the ARN of a queue, or of a domain.
OPENLINEAGE_ARN = r'arn:aws[a-z-]*:(?:sqs:[a-z0-9-]+:\d{12}:[\w.-]+|datazone:[a-z0-9-]+:\d{12}:domain/[\w-]+)'
OPENLINEAGE = re.compile(rf'https?://[^\s@]+|{OPENLINEAGE_ARN}')
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
SCHEDULE = re.compile(r'rate\((1 (hour|day)|([2-9]|[1-9]\d+) (hours|days))\)|cron\(\S+( \S+){5}\)')


class SettingsError(ValueError):
    """Settings that cannot work; the message lists each with what was found and what was expected."""

    def __init__(self, problems: list[str]):
        super().__init__('\n'.join([
            'lib/configuration.py cannot be deployed as it is. Correct these settings and run the command again:',
            *(f'- {problem}' for problem in problems)]))


@dataclass(frozen=True)
class EnvironmentConfiguration:
    """One copy of the lake.

    name                  Dev, Test or Prod; only Dev can be emptied and removed
    branch                of the source code that its pipeline deploys
    storage               create: key and buckets of its own; import: those that an existing deployment exports
    lineage               keep a table of the operations on each data set
    hash_key_secret       name of the secret in Secrets Manager with which hashes of personal data are keyed; empty for
                          hashes without a key
    decryption_secrets    names of the secrets in Secrets Manager that the section `pgp` of workflows may name
    hash_text             what loads hash of values in delimited text: as_written, the default, or as_inferred, as lakes
                          of AWS InsuranceLake do
    openlineage_transport where the jobs send OpenLineage events: a web address such as that of Marquez, or the ARN of a
                          queue of Amazon SQS or of a domain of Amazon DataZone; empty for nowhere
    quality_engine        empty for the lake's own, glue for AWS Glue Data Quality
    docs_schedule         when the pages of the lake are written, such as rate(1 day) or cron(0 5 * * ? *) in UTC; empty
                          for no pages and no stack for them
    docs_dpu_hour_price   what a DPU-hour of AWS Glue costs with the settings in `glue`, in any currency, so that the
                          pages show costs; None for pages without costs
    retention_hours       how long superseded files stay for readers that still hold the old file list
    log_days              how long logs are kept
    resource_name_prefix  that of the configuration, whose `named_environments` fills it in
    logical_id_prefix     likewise
    """

    name: str
    place: Place
    branch: str
    storage: Literal['create', 'import'] = 'create'
    vpc: VpcConfiguration = VpcConfiguration('none')
    glue: GlueConfiguration = GlueConfiguration()
    redshift: RedshiftConfiguration = RedshiftConfiguration()
    lineage: bool = True
    hash_key_secret: str = ''
    decryption_secrets: tuple[str, ...] = ()
    hash_text: Literal['', 'as_written', 'as_inferred'] = ''
    quality_engine: Literal['', 'glue'] = ''
    openlineage_transport: str = ''
    docs_schedule: str = ''
    docs_dpu_hour_price: float | None = None
    retention_hours: int = 72
    log_days: int = 365
    resource_name_prefix: str = ''
    logical_id_prefix: str = ''

    @property
    def keeps_data(self) -> bool:
        """Return whether data, tables and logs stay when the stacks are removed."""
        return self.name != 'Dev'

    def resource_name(self, name: str) -> str:
        """Return the full name of one of its resources."""
        return f'{self.name.lower()}-{self.resource_name_prefix}-{name}'

    @property
    def glue_role_name(self) -> str:
        """Return the name of the role under which the Glue jobs run."""
        return self.resource_name(f'{self.place.region}-glue-role')

    def table_name(self, name: str) -> str:
        """Return the full name of one of its DynamoDB tables."""
        return f'{self.name.lower()}-{self.resource_name_prefix.replace("-", "_")}-etl-{name}'

    def bucket_name(self, kind: str, account: str, region: str) -> str:
        """Return the full name of one of its buckets."""
        return f'{self.name.lower()}-{self.resource_name_prefix}-{account}-{region}-{kind}'

    def export_name(self, name: str) -> str:
        """Return the name under which one of its stacks exports a value."""
        return f'{self.name}{name}'

    def own_export_name(self, name: str) -> str:
        """Return the name under which one of its stacks exports a value of this lake alone."""
        return f'{self.name}{self.logical_id_prefix}{name}'

    def _secret_problems(self) -> Iterator[str]:
        if isinstance(self.decryption_secrets, str) or not all(map(str.strip, self.decryption_secrets)):
            yield f'decryption_secrets is {self.decryption_secrets!r}, expected names such as ("lake/pgp-key",)'

    def problems(self) -> Iterator[str]:
        """Yield the problems of these settings."""
        if self.name not in ENVIRONMENT_NAMES:
            yield f"name is '{self.name}', expected one of {', '.join(ENVIRONMENT_NAMES)}"
        if self.storage not in ('create', 'import'):
            yield f"storage is '{self.storage}', expected create or import"
        if self.hash_text not in ('', 'as_written', 'as_inferred'):
            yield f"hash_text is '{self.hash_text}', expected an empty text, as_written or as_inferred"
        if self.quality_engine not in ('', 'glue'):
            yield f"quality_engine is '{self.quality_engine}', expected an empty text or glue"
        yield from self._transport_problems()
        yield from self._docs_problems()
        yield from self._secret_problems()
        if not 0 <= self.retention_hours <= 24 * 366:
            yield f'retention_hours is {self.retention_hours}, expected 0 to 8784, which is a year'
        if self.log_days not in LOG_DAYS:
            yield f'log_days is {self.log_days}, expected one of {", ".join(map(str, LOG_DAYS))}'
        if not self.branch.strip():
            yield 'branch is empty, expected the branch that its pipeline deploys'
        longest = max((*LAKE_BUCKETS, *ETL_BUCKETS), key=len)
        length = len(self.bucket_name(longest, '0' * ACCOUNT_DIGITS, self.place.region))
        if length > LONGEST_BUCKET_NAME:
            yield (f'resource_name_prefix makes names of buckets {length} characters long (the longest ends in '
                   f'-{longest}), but Amazon S3 allows {LONGEST_BUCKET_NAME}; shorten it by '
                   f'{length - LONGEST_BUCKET_NAME}')
        for part in ('place', 'vpc', 'glue', 'redshift'):
            yield from (f'{part}.{problem}' for problem in getattr(self, part).problems())

    def _docs_problems(self) -> Iterator[str]:
        if self.docs_schedule and not SCHEDULE.fullmatch(self.docs_schedule):
            yield (f"docs_schedule is '{self.docs_schedule}', expected an empty text, a schedule such as rate(1 day) "
                   'or rate(2 hours), or one such as cron(0 5 * * ? *)')
        price = self.docs_dpu_hour_price
        if price is not None and not (isinstance(price, int | float) and 0 < price < math.inf):
            yield f'docs_dpu_hour_price is {price!r}, expected a number above 0, or None for pages without costs'

    def _transport_problems(self) -> Iterator[str]:
        if self.openlineage_transport and not OPENLINEAGE.fullmatch(self.openlineage_transport):
            yield (f"openlineage_transport is '{self.openlineage_transport}', expected nothing, a web address, or "
                   'the ARN of a queue of Amazon SQS or of a domain of Amazon DataZone')


@dataclass(frozen=True)
class Configuration:
    """All settings of a lake.

    resource_name_prefix  in the names of buckets, tables, jobs and roles
    logical_id_prefix     in the names of stacks
    deployment            where the pipelines run
    source                where the source code is
    environments          the copies of the lake, in one or several places
    tags                  put on every resource

    Raises SettingsError with all problems.
    """

    resource_name_prefix: str
    logical_id_prefix: str
    deployment: Place
    source: CodeConnection | CodeCommit
    environments: tuple[EnvironmentConfiguration, ...]
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = list(self.problems())
        if problems:
            raise SettingsError(problems)

    @property
    def named_environments(self) -> tuple[EnvironmentConfiguration, ...]:
        """The environments, with the prefixes of this configuration in the names of their resources."""
        return tuple(replace(environment, resource_name_prefix=self.resource_name_prefix,
                             logical_id_prefix=self.logical_id_prefix)
                     for environment in self.environments)

    def narrowed(self, names: str) -> Configuration:
        """Return the configuration with only the named environments, separated by commas; with all for an empty text.

        Raises SettingsError when a name is not configured.
        """
        wanted = [name.strip().lower() for name in names.split(',') if name.strip()]
        known = {environment.name.lower(): environment for environment in self.environments}
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise SettingsError([f"environment variable ENV names '{name}', expected one of "
                                 f'{", ".join(item.name for item in self.environments)}' for name in unknown])
        return replace(self, environments=tuple(known[name] for name in wanted)) if wanted else self

    def problems(self) -> Iterator[str]:
        """Yield the problems, each with the name of its setting."""
        if not re.fullmatch(r'[a-z][a-z0-9]*(-[a-z0-9]+)*', self.resource_name_prefix):
            yield (f"resource_name_prefix is '{self.resource_name_prefix}', expected lower-case letters and digits, "
                   'with single hyphens between them')
        yield from self._logical_id_problems()
        yield from (f'deployment.{problem}' for problem in self.deployment.problems())
        yield from (f'source.{problem}' for problem in self.source.problems())
        names = [environment.name for environment in self.environments]
        if not names or len(set(names)) != len(names):
            yield f"environments are {', '.join(names) or 'none'}, expected one or more with different names"
        for environment in self.named_environments:
            yield from (f'environment {environment.name}: {problem}' for problem in environment.problems())
            yield from self._place_problems(environment)

    def _logical_id_problems(self) -> Iterator[str]:
        if not re.fullmatch(r'[A-Z][A-Za-z0-9]*', self.logical_id_prefix):
            yield (f"logical_id_prefix is '{self.logical_id_prefix}', expected letters and digits that begin with a "
                   'capital letter')
        longest = len(f'Test-{self.logical_id_prefix}{LONGEST_STACK_SUFFIX}')
        if longest > LONGEST_STACK_NAME:
            yield (f'logical_id_prefix makes names of stacks {longest} characters long, but AWS CloudFormation allows '
                   f'{LONGEST_STACK_NAME}; shorten it by {longest - LONGEST_STACK_NAME}')

    def _place_problems(self, environment: EnvironmentConfiguration) -> Iterator[str]:
        """Yield the problems that keep a pipeline from reaching an environment."""
        place, pipeline = environment.place, self.deployment
        if (place.account is None) != (pipeline.account is None):
            yield (f'environment {environment.name}: place.account is {place.account or "not set"} and '
                   f'deployment.account is {pipeline.account or "not set"}, expected both or neither')
        elif place.account is None and place.region != pipeline.region:
            yield (f'environment {environment.name}: place.region is {place.region} and deployment.region is '
                   f'{pipeline.region}; a pipeline reaches another region only when the accounts are set')
