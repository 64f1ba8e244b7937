"""A deployed lake without AWS: its templates, moto's server for AWS, a real cluster, S3A and Iceberg."""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy, copytree
from subprocess import Popen
from typing import Any
from unittest import mock

import boto3
import pyarrow.parquet as pq
from botocore.config import Config
from cluster import Cluster, cluster, end
from jars import JARS
from moto.server import ThreadedMotoServer
from pyarrow import BufferReader
from synthesized import REGION, SynthesizedEnvironment

from glue_arguments import command_line, started_by_glue
from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.landing.location import read_key
from lake_etl.ports import Catalog, Files
from lib.job_table import COLLECT_TO_CLEANSE, LakeJob
from lib.packaging.glue_library import write_library
from small_lake import LANDED

TEST = Path(__file__).resolve().parents[1]
SCRIPTS = TEST.parent / 'lib' / 'glue_scripts'
JOB_SECONDS = 840
# What AWS Glue 5.1 sets for a job, as far as it can be had outside of AWS.
GLUE_SETTINGS = {
    'spark.sql.catalogImplementation': 'hive',
    'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    'spark.hadoop.fs.AbstractFileSystem.s3.impl': 'org.apache.hadoop.fs.s3a.S3A',
    # The committer that uploads files to their places and renames none; Amazon's own is built on it.
    'spark.hadoop.fs.s3a.committer.name': 'magic',
    'spark.hadoop.fs.s3a.committer.magic.enabled': 'true',
    'spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3': 'org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory',
    'spark.sql.sources.commitProtocolClass': 'org.apache.spark.internal.io.cloud.PathOutputCommitProtocol',
    'spark.sql.parquet.output.committer.class':
        'org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter',
    'spark.dynamicAllocation.enabled': 'true',
    'spark.dynamicAllocation.shuffleTracking.enabled': 'true',
    'spark.dynamicAllocation.minExecutors': '1',
    'spark.dynamicAllocation.maxExecutors': '2',
    'spark.dynamicAllocation.executorIdleTimeout': '20s',
    'spark.executor.cores': '1',
    'spark.executor.memory': '1g',
    'spark.driver.memory': '1g',
}
# What stands in for Amazon's network and for machines of a useful size.
TEST_SETTINGS = {
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    # The workers stand for machines of their own, which do not read each other's disks.
    'spark.shuffle.readHostLocalDisk': 'false',
    'spark.ui.enabled': 'false',
    'spark.sql.shuffle.partitions': '4',
    'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss4m',
    'spark.executor.extraJavaOptions': '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss4m',
    'spark.hadoop.datanucleus.schema.autoCreateAll': 'true',
    'spark.hadoop.hive.metastore.schema.verification': 'false',
}
CREDENTIALS = {'AWS_ACCESS_KEY_ID': 'testing', 'AWS_SECRET_ACCESS_KEY': 'testing'}


@dataclass(frozen=True)
class Run:
    """One run of a job for a landed file, with the arguments of the state machine, and others beside them."""

    job: LakeJob
    key: str
    execution: str
    arguments: Mapping[str, str] = field(default_factory=dict)


class Ground:
    """The lake of one environment on a running cluster; `endpoint` is that of the server that plays AWS."""

    def __init__(self, environment: SynthesizedEnvironment, cluster_of_jobs: Cluster, endpoint: str, jars: Path):
        self.environment, self.cluster, self.endpoint = environment, cluster_of_jobs, endpoint
        self._jars = jars
        self._drivers = 0
        # The server plays any region; a client without one would not sign.
        self._clients = {name: boto3.client(name, region_name=REGION, endpoint_url=endpoint,
                                            aws_access_key_id='testing', aws_secret_access_key='testing',
                                            config=Config(max_pool_connections=20))
                         for name in ('dynamodb', 'glue', 's3')}
        self._resource = boto3.resource('dynamodb', region_name=REGION, endpoint_url=endpoint,
                                        aws_access_key_id='testing', aws_secret_access_key='testing')
        self._jobs = {Path(job.properties['Command']['ScriptLocation']).stem: job.properties
                      for job in environment.resources('AWS::Glue::Job')}

    def create(self) -> None:
        """Create empty buckets and tables; what was there before goes."""
        _reset(self.endpoint)
        for bucket in self.environment.resources('AWS::S3::Bucket'):
            name = bucket.properties['BucketName']
            self._clients['s3'].create_bucket(Bucket=name, CreateBucketConfiguration={'LocationConstraint': REGION})
            self._clients['s3'].put_bucket_versioning(
                Bucket=name, VersioningConfiguration=bucket.properties['VersioningConfiguration'])
        for table in self.environment.resources('AWS::DynamoDB::Table'):
            wanted = ('TableName', 'KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes')
            self._clients['dynamodb'].create_table(BillingMode='PAY_PER_REQUEST', **{
                key: table.properties[key] for key in wanted if key in table.properties})

    def encrypt_buckets(self) -> None:
        """Let every bucket encrypt what it gets, as the templates say.

        S3A then does not rename objects here: it names the key, which it does over TLS only, and asks for minutes. So
        checkpoints of entity matches cannot be written.
        """
        for bucket in self.environment.resources('AWS::S3::Bucket'):
            # CloudFormation and S3 name the same thing differently.
            rules = [{'ApplyServerSideEncryptionByDefault': rule['ServerSideEncryptionByDefault'],
                      'BucketKeyEnabled': rule.get('BucketKeyEnabled', False)}
                     for rule in bucket.properties['BucketEncryption']['ServerSideEncryptionConfiguration']]
            self._clients['s3'].put_bucket_encryption(Bucket=bucket.properties['BucketName'],
                                                      ServerSideEncryptionConfiguration={'Rules': rules})

    def configure(self, name: str, content: str | Mapping[str, Any]) -> None:
        """Put a configuration file into the scripts bucket."""
        text = content if isinstance(content, str) else json.dumps(content)
        self._clients['s3'].put_object(Bucket=self.bucket('etl-scripts'), Key=f'etl/{name}', Body=text.encode())

    def land(self, key: str, content: bytes) -> None:
        """Put a file into the Collect bucket."""
        self._clients['s3'].put_object(Bucket=self.bucket('collect'), Key=key, Body=content)

    def bucket(self, kind: str) -> str:
        """Return the name of a bucket."""
        return str(self.environment.resource('AWS::S3::Bucket', f'-{kind}').properties['BucketName'])

    def table(self, name: str) -> str:
        """Return the full name of a DynamoDB table."""
        return str(self.environment.resource('AWS::DynamoDB::Table', name).properties['TableName'])

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return all items of a DynamoDB table."""
        found: list[dict[str, Any]] = self._resource.Table(self.table(name)).scan()['Items']
        return found

    def put_items(self, name: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Put items into a DynamoDB table."""
        with self._resource.Table(self.table(name)).batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)

    def encryption(self, uri: str) -> str:
        """Return how an object is encrypted."""
        bucket, _, key = uri.removeprefix('s3://').partition('/')
        return str(self._clients['s3'].head_object(Bucket=bucket, Key=key).get('ServerSideEncryption'))

    @property
    def catalog(self) -> Catalog:
        """Return the Data Catalog."""
        return GlueCatalog(self._clients['glue'])

    @property
    def files(self) -> Files:
        """Return the files of all buckets."""
        return S3Files(self._clients['s3'])

    # Jobs

    def run(self, *runs: Run, settings: Mapping[str, str] | None = None, endpoint: str = '') -> list[str]:
        """Run jobs one after another; return for each an empty text, or what ended it."""
        driver = self.start(*runs, settings=settings, endpoint=endpoint)
        return self.results(driver)

    def start(self, *runs: Run, settings: Mapping[str, str] | None = None, endpoint: str = ''
              ) -> tuple[str, Popen[str]]:
        """Start a driver for these runs and return its name and process.

        endpoint  where AWS is for them; empty for the server itself
        """
        endpoint = endpoint or self.endpoint
        self._drivers += 1
        name = f'driver-{self._drivers}'
        folder = self.cluster.folder(name)
        copytree(TEST / 'glue_java', folder / 'glue_java')
        for file in (TEST / 'glue_half.py', *(TEST / 'real' / file for file in ('launcher.py', 'hive_tables.py')),
                     *SCRIPTS.glob('etl_*.py')):
            copy(file, folder / file.name)
        library = write_library(folder)
        plan = [{'script': str(folder / f'{run.job.module}.py'), 'words': self._words(run),
                 'reads_tables': run.job is not COLLECT_TO_CLEANSE} for run in runs]
        (folder / 'plan.json').write_text(json.dumps(plan))
        conf = self._settings(folder, {run.job.module for run in runs}, endpoint) | (settings or {})
        options = [word for key, value in conf.items() for word in ('--conf', f'{key}={value}')]
        command = [f'{os.path.dirname(sys.executable)}/spark-submit', '--master', self.cluster.address,
                   '--py-files', str(folder / library.zip_name),
                   *options, str(folder / 'launcher.py'), str(folder / 'plan.json'), str(folder / 'results.json')]
        return name, self.cluster.driver(name, command, CREDENTIALS | {
            'AWS_ENDPOINT_URL': endpoint, 'AWS_REGION': REGION})

    def results(self, driver: tuple[str, Popen[str]]) -> list[str]:
        """Wait for a driver and return what became of its runs."""
        name, process = driver
        folder = self.cluster.folder(name)
        try:
            process.wait(JOB_SECONDS)
        finally:
            end(process)
        log = (folder / 'log').read_text(errors='replace')
        if process.returncode:
            raise RuntimeError(f'{name} ended with {process.returncode}:\n{log[-6000:]}')
        results: list[str] = json.loads((folder / 'results.json').read_text())
        if any(results):
            print(log[-6000:])
        return results

    def _words(self, run: Run) -> list[str]:
        defaults = {name.removeprefix('--'): value for name, value in
                    self._jobs[run.job.module]['DefaultArguments'].items()}
        return command_line(f'{run.job.module}.py', started_by_glue(
            defaults | self._of_execution(run) | {'JOB_NAME': self._jobs[run.job.module]['Name'],
                                                  'JOB_RUN_ID': f'jr_{run.execution}_{run.job.name}'}
            | run.arguments))

    def _of_execution(self, run: Run) -> dict[str, str]:
        """Return the arguments that the state machine gives."""
        landing = read_key(run.key, LANDED)
        year, month, day = landing.partition
        values = {'database': landing.database, 'consume_database': f'{landing.database}_consume',
                  'source_bucket': f's3://{self.bucket("collect")}', 'source_path': landing.source_path}
        given = run.job.step.arguments if run.job.step else {}
        return {'execution_id': run.execution, 'source_key': landing.workflow, 'table_name': landing.table,
                'base_file_name': landing.base_file_name, 'p_year': str(year), 'p_month': str(month),
                'p_day': str(day), **{name: values[value] for name, value in given.items()}}

    def _settings(self, folder: Path, modules: set[str], endpoint: str) -> dict[str, str]:
        """Return the settings of Spark: Glue's, those of the jobs' definitions, and those of the tests."""
        own: dict[str, str] = {}
        for module in sorted(modules):
            text = self._jobs[module]['DefaultArguments'].get('--conf', '')
            own |= dict(part.strip().split('=', 1) for part in text.split('--conf') if part.strip())
        jars = os.pathsep.join(str(self._jars / jar.file) for jar in JARS)
        local = {'spark.driver.extraClassPath': jars, 'spark.executor.extraClassPath': jars,
                 'spark.hadoop.fs.s3a.endpoint': endpoint, 'spark.executorEnv.AWS_ENDPOINT_URL': endpoint,
                 'spark.local.dir': str(folder / 'local'),
                 'spark.sql.warehouse.dir': str(folder / 'warehouse'),
                 'spark.hadoop.javax.jdo.option.ConnectionURL':
                     f'jdbc:derby:;databaseName={folder / "metastore"};create=true'}
        iceberg = {'spark.sql.catalog.glue_catalog.s3.endpoint': endpoint,
                   'spark.sql.catalog.glue_catalog.s3.path-style-access': 'true',
                   'spark.sql.catalog.glue_catalog.glue.endpoint': endpoint}
        return GLUE_SETTINGS | own | TEST_SETTINGS | local | iceberg

    # What readers see.

    def rows(self, database: str, table: str) -> list[tuple[Any, ...]]:
        """Return the rows of a table as its partitions' files have them."""
        return rows_of(self.catalog, self.files, database, table)


def rows_of(catalog: Catalog, files: Files, database: str, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table in no order, each as (column, value) pairs with its partition's values."""
    found = []
    described = catalog.table(database, table)
    if described is None:
        raise LookupError(f'There is no table {database}.{table}.')
    keys = [key.name for key in described.partition_keys]
    for partition in catalog.partitions(database, table):
        for entry in files.list(partition.location):
            if entry.uri.endswith('.parquet') and '/_' not in entry.uri.removeprefix(partition.location):
                content = pq.read_table(BufferReader(files.read(entry.uri) or b''))
                values = dict(zip(keys, partition.values, strict=True))
                found += [tuple((row | values).items()) for row in content.to_pylist()]
    return sorted(found, key=repr)


def _reset(endpoint: str) -> None:
    import urllib.request
    urllib.request.urlopen(urllib.request.Request(f'{endpoint}/moto-api/reset', method='POST')).read()


@contextmanager
def ground(environment: SynthesizedEnvironment, root: Path, jars: Path) -> Iterator[Ground]:
    """Start the server that plays AWS, and the cluster; end both afterwards."""
    server = ThreadedMotoServer('127.0.0.1', port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f'http://{host}:{port}'
    try:
        with cluster(root, environment=CREDENTIALS | {'AWS_ENDPOINT_URL': endpoint}) as running:
            yield Ground(environment, running, endpoint, jars)
    finally:
        server.stop()


def synthesize(directory: Path) -> SynthesizedEnvironment:
    """Return the templates of the default Dev environment in the account that the server plays."""
    from lib.packaging.node import use_installed_node
    use_installed_node()
    with mock.patch.dict(os.environ, {'CDK_VALIDATION': 'false'}):
        from dataclasses import replace

        from synthesized import ACCOUNT

        from lib.cdk_app import build_app
        from lib.configuration import configuration
        from lib.settings.parts import Place
        default, place = configuration(), Place(ACCOUNT, REGION)
        dev = next(item for item in default.environments if item.name == 'Dev')
        build_app(replace(default, deployment=place, environments=(replace(dev, place=place),)),
                  outdir=str(directory)).synth()
    return SynthesizedEnvironment(directory)
