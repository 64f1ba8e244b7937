"""`MERGE INTO` follows the contract of merged tables in Iceberg's GlueCatalog and S3FileIO, on both Spark versions."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from ground import CREDENTIALS
from jars import ICEBERG, SPARK
from moto.server import ThreadedMotoServer

from lake_etl.adapters.aws.glue_snapshots import GlueSnapshots
from lake_etl.snapshots import SnapshotSwitch
from lib.local_lake.folders import REPOSITORY
from merged_tables_contract import DATABASE, TABLE

REGION, BUCKET = 'us-east-2', 'consume'
SPARK_4 = ('pyspark==4.1.1', 'py4j==0.10.9.9')
# In the environment of AWS Glue 5.1 the other Spark is installed beside its own.
VERSIONS = sorted({SPARK, '4.1'})


@pytest.fixture(scope='module')
def endpoint():
    """The server that plays AWS, with a bucket."""
    server = ThreadedMotoServer('127.0.0.1', port=0, verbose=False)
    server.start()
    yield 'http://{}:{}'.format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope='module')
def spark_4():
    """The path to Spark 4.1, which is installed once beside the environment's own."""
    if SPARK == '4.1':
        return []
    folder = Path(sys.prefix) / 'spark-4.1.1'
    if not (folder / 'pyspark').is_dir():
        subprocess.run([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', str(folder),
                        *SPARK_4], check=True, timeout=280)
    return [str(folder)]


def client(service, endpoint):
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint, aws_access_key_id='testing',
                        aws_secret_access_key='testing')


@pytest.mark.parametrize('version', VERSIONS)
def test_merges_follow_the_contract_and_go_on_after_a_switch_by_pyiceberg(endpoint, spark_4, tmp_path, monkeypatch,
                                                                          version):
    s3, glue = client('s3', endpoint), client('glue', endpoint)
    bucket, database = f'{BUCKET}-{version.replace(".", "-")}', DATABASE.lower()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={'LocationConstraint': REGION})
    # Iceberg would choose the folder of the database.
    if version == VERSIONS[0]:
        glue.create_database(DatabaseInput={'Name': database, 'LocationUri': f's3://{bucket}/elsewhere'})
    else:
        glue.delete_table(DatabaseName=database, Name=TABLE.lower())
    path = [str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY), str(REPOSITORY / 'test')]
    own = {name: os.environ[name] for name in ('PATH', 'JAVA_HOME', 'HOME') if name in os.environ}
    jars = [str(Path(os.environ['LAKE_REAL_JARS']) / jar.file) for jar in ICEBERG[version]]
    script = str(Path(__file__).with_name('iceberg_contract.py'))

    def follow():
        done = subprocess.run(
            [sys.executable, script, endpoint, f's3://{bucket}/iceberg', str(tmp_path), *jars],
            env=own | CREDENTIALS | {'PYTHONPATH': os.pathsep.join((spark_4 if version == '4.1' else []) + path)},
            capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
    follow()
    for name, value in (CREDENTIALS | {'AWS_ENDPOINT_URL': endpoint, 'AWS_DEFAULT_REGION': REGION}).items():
        monkeypatch.setenv(name, value)
    snapshots = GlueSnapshots()
    found = snapshots.read(DATABASE, TABLE)
    first, second = (found.snapshots[identity] for _, identity in found.log)
    assert (first.first, first.rows, second.parent, second.rows) == (True, 2, first.id, 3)
    assert [item.properties.get('lake_etl.run') for item in (first, second)] == [None, 'two']
    snapshots.switch([SnapshotSwitch(database, TABLE.lower(), second.id, first.id, {'lake_etl.note': 'x'})])
    assert snapshots.read(DATABASE, TABLE).columns == first.columns
    follow()
    now = snapshots.read(DATABASE, TABLE)
    assert [identity for _, identity in now.log[:3]] == [first.id, second.id, first.id]
    assert now.properties['lake_etl.note'] == 'x' and now.snapshots[now.current].properties['lake_etl.run'] == 'three'
    table = glue.get_table(DatabaseName=database, Name=TABLE.lower())['Table']
    assert table['StorageDescriptor']['Location'] == f's3://{bucket}/iceberg/{database}/{TABLE.lower()}'
    keys = [item['Key'] for item in s3.list_objects_v2(Bucket=bucket)['Contents']]
    assert keys and all(key.startswith(f'iceberg/{database}/{TABLE.lower()}/') for key in keys)
