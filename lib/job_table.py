"""Lists the jobs of the lake: what each job is given, the step that runs it, and what else it may do.

The Glue jobs, their role, the state machine and `./lake run` are made from these rows. A new job needs a script and
one row, as the recipe "A job with its step" shows.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

ICEBERG_CATALOG = 'glue_catalog'
ICEBERG_SETTINGS = {
    'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
    f'spark.sql.catalog.{ICEBERG_CATALOG}': 'org.apache.iceberg.spark.SparkCatalog',
    f'spark.sql.catalog.{ICEBERG_CATALOG}.warehouse': '{consume}/iceberg',
    f'spark.sql.catalog.{ICEBERG_CATALOG}.catalog-impl': 'org.apache.iceberg.aws.glue.GlueCatalog',
    f'spark.sql.catalog.{ICEBERG_CATALOG}.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
    f'spark.sql.catalog.{ICEBERG_CATALOG}.client.region': '{region}',
}
# S3A, the file system of AWS Glue 5.1, takes us-east-2 for its region unless it is told, and Python workers know none:
# https://docs.aws.amazon.com/glue/latest/dg/migrating-version-51.html
REGION_SETTINGS = {
    'spark.hadoop.fs.s3a.endpoint': '{s3_endpoint}',
    'spark.hadoop.fs.s3a.endpoint.region': '{region}',
    'spark.executorEnv.AWS_DEFAULT_REGION': '{region}',
}
ExecutionValue = Literal['database', 'consume_database', 'source_bucket', 'source_path']


@dataclass(frozen=True, kw_only=True)
class LakeResources:
    """What the jobs read and write, on AWS or on the laptop; an empty text where a lake lacks a resource.

    collect, cleanse, consume                 addresses of the buckets
    specifications, sql                       folders of the configuration files in the scripts bucket
    hash_values .. quality_results            addresses of the item tables
    region, s3_endpoint                       of the buckets on AWS
    """

    collect: str
    cleanse: str
    consume: str
    specifications: str
    sql: str
    hash_values: str
    value_lookup: str
    multi_lookup: str
    quality_results: str
    iceberg_catalog: str
    athena_workgroup: str
    redshift_cluster_id: str = ''
    redshift_workgroup_name: str = ''
    redshift_database: str = ''
    region: str = ''
    s3_endpoint: str = ''

    def fill(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """Return the arguments with `{names}` of these resources filled in, without those that become empty."""
        filled = {name: value.format(**asdict(self)) for name, value in arguments.items()}
        return {name: value for name, value in filled.items() if value}


@dataclass(frozen=True)
class Right:
    """Actions that the role of the jobs may take on a resource of an AWS service in the lake's account and region.

    resource  the end of its ARN, in which `{names}` of `LakeResources` are filled in
    """

    name: str
    actions: tuple[str, ...]
    service: str
    resource: str

    def resource_of(self, resources: LakeResources) -> str:
        """Return the end of the ARN in a lake."""
        return self.resource.format(**asdict(resources))


@dataclass(frozen=True)
class JobStep:
    """A step of the state machine, which `./lake run` takes as well.

    state      name of the step in the state machine
    arguments  for each job argument, the value of the execution that it gets
    only_if    boolean of the state machine's input; the step runs only when it is true. Empty for every execution
    lock       what the step locks besides its table. Empty for nothing
    """

    state: str
    arguments: Mapping[str, ExecutionValue] = field(default_factory=dict)
    only_if: Literal['', 'entity_match'] = ''
    lock: Literal['', 'customers'] = ''

    @property
    def job_placeholder(self) -> str:
        """Return the name that stands for the name of the job in the definition of the state machine."""
        return ''.join(filter(str.isalnum, self.state.title())) + 'Job'


@dataclass(frozen=True)
class LakeJob:
    """A job of the lake.

    name          on AWS the job is called `<environment>-<prefix>-<name>-job`
    arguments     default arguments of its own, in which `{names}` of `LakeResources` are filled in
    step          its step for each landed file; None for a job that is only started by hand
    glue_options  parameters that AWS Glue itself reads; likewise filled in
    settings      settings of Spark on AWS beside those that every job has; likewise filled in
    rights        what it may do beyond reading and writing the lake
    """

    name: str
    arguments: Mapping[str, str]
    step: JobStep | None = None
    glue_options: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    rights: tuple[Right, ...] = ()

    @property
    def module(self) -> str:
        """Return the name of its script in `lib/glue_scripts`, without `.py`."""
        return f'etl_{self.name.replace("-", "_")}'


COLLECT_TO_CLEANSE = LakeJob(
    'collect-to-cleanse',
    arguments={
        'txn_spec_prefix_path': '{specifications}',
        'source_bucket': '{collect}',
        'source_path': '/',  # The job takes the folder from the source key.
        'target_bucket': '{cleanse}',
        'hash_value_table': '{hash_values}',
        'value_lookup_table': '{value_lookup}',
        'multi_lookup_table': '{multi_lookup}',
        'dq_results_table': '{quality_results}',
    },
    step=JobStep('Collect to Cleanse', {
        'source_path': 'source_path', 'source_bucket': 'source_bucket', 'target_database_name': 'database'}))

CLEANSE_TO_CONSUME = LakeJob(
    'cleanse-to-consume',
    arguments={
        'txn_sql_prefix_path': '{sql}',
        'source_bucket': '{cleanse}',
        'target_bucket': '{consume}',
        'dq_results_table': '{quality_results}',
        'athena_workgroup': '{athena_workgroup}',
        'redshift_cluster_id': '{redshift_cluster_id}',
        'redshift_workgroup_name': '{redshift_workgroup_name}',
        'redshift_database': '{redshift_database}',
    },
    step=JobStep('Cleanse to Consume', {
        'source_database_name': 'database', 'target_database_name': 'consume_database'}),
    rights=(Right('Athena', ('athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:StopQueryExecution',
                             'athena:GetWorkGroup'), 'athena', 'workgroup/{athena_workgroup}'),))

ENTITY_MATCH = LakeJob(
    'consume-entity-match',
    arguments={
        'txn_spec_prefix_path': '{specifications}',
        'target_bucket': '{consume}',
        'iceberg_catalog': '{iceberg_catalog}',
    },
    step=JobStep('Entity match', {'database_name_prefix': 'database'}, only_if='entity_match', lock='customers'),
    glue_options={'datalake-formats': 'iceberg'},
    settings=ICEBERG_SETTINGS)

# In the order in which an execution runs them.
JOBS: tuple[LakeJob, ...] = (
    COLLECT_TO_CLEANSE,
    CLEANSE_TO_CONSUME,
    ENTITY_MATCH,
)
STEPS = tuple((job, job.step) for job in JOBS if job.step)


def jobs_before(name: str) -> list[str]:
    """Return the names of the jobs that an execution has run before the job of that name."""
    names = [job.name for job, _ in STEPS]
    return names[:names.index(name)]


def failure_after(done: Sequence[str], failed: str, reason: str) -> str:
    """Return the reason why a job failed, after what earlier jobs of the same execution have published.

    done    names of the jobs that succeeded
    failed  name of the job that did not
    """
    if not done:
        return reason
    return f'{" and ".join(done)} succeeded, and readers see what was published there; {failed} failed. {reason}'
