"""Encrypted files in Amazon S3 are decrypted into the temporary bucket, and nothing else of them is left anywhere."""
from __future__ import annotations

import tempfile
from pathlib import Path

import boto3
import pytest

from fault_proxy import Fault
from lake_etl import runtime
from lake_etl.config.encryption import PgpSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError, LakeError
from lake_etl.read import pgp
from lake_etl.read.prepare import file_content, inspect_file

GOLDEN = Path(__file__).parent.parent / 'golden' / 'pgp'
POLICIES = b'policy;premium;begin\nP1;100.50;2024-01-31\nP2;0.10;2024-02-29\nP3;-7;2023-12-01\n'
SOURCE, TARGET = 's3://collect/Broker/Policies/a.csv.pgp', 's3://temp/reading/a'


@pytest.fixture(autouse=True)
def aws_on_network(bad, monkeypatch, tmp_path):
    monkeypatch.setattr('lake_etl.runtime._catalog_address', 'glue')
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    # The file comes in several pieces, as a large one does.
    monkeypatch.setattr(pgp, 'READ_BYTES', 100)
    boto3.client('s3').create_bucket(Bucket='collect')
    boto3.client('s3').create_bucket(Bucket='temp')
    runtime.files(SOURCE).write(SOURCE, (GOLDEN / 'broker.csv.pgp').read_bytes())
    runtime.files(TARGET).delete([entry.uri for entry in runtime.files(TARGET).list('s3://temp')])
    secrets = boto3.client('secretsmanager')
    if not secrets.list_secrets()['SecretList']:
        secrets.create_secret(Name='lake/binary', SecretBinary=(GOLDEN / 'broker-key.bin').read_bytes())
        secrets.create_secret(Name='lake/text', SecretString=(GOLDEN / 'renewed-key.asc').read_text())


def inspect(secret: str):
    return inspect_file(SOURCE, InputSpec(pgp=PgpSection(secret=secret)), TARGET)[0]


def left(tmp_path: Path) -> list[str]:
    return [*(entry.uri for entry in runtime.files(TARGET).list('s3://temp')), *map(str, tmp_path.iterdir())]


def test_a_file_is_decrypted_into_the_temporary_bucket_alone_and_once(tmp_path, network):
    file = inspect('lake/binary')
    assert (file.name, file.uri) == (SOURCE, f'{TARGET}-decrypted/a.csv')
    assert b''.join(file_content(file.uri)) == POLICIES
    assert left(tmp_path) == [file.uri]
    network.reset()
    assert inspect('lake/binary') == file
    assert not [request for request in network.requests if 'GetSecretValue' in request.operation]


def test_a_file_for_another_key_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match=f"^{SOURCE} is encrypted for another key .* in the secret 'lake/text'"):
        inspect('lake/text')
    assert left(tmp_path) == []


@pytest.mark.parametrize(('request_', 'happens'), [
    ('PUT /temp/reading', f'{TARGET}-decrypted/a.csv could not be written'),
    ('GET /collect/', f'{SOURCE} could not be read')])
def test_a_network_that_fails_leaves_nothing(tmp_path, network, monkeypatch, request_, happens):
    monkeypatch.setattr('botocore.retries.standard.ExponentialBackoff.delay_amount', lambda *_: 0)
    network.faults = [Fault(request_, 'refuse', 'SlowDown', 1000, after=1 if request_.startswith('GET') else 0)]
    with pytest.raises(LakeError, match=happens):
        inspect('lake/binary')
    network.reset()
    assert left(tmp_path) == []
