"""A secret reads the same from a file, from an environment variable, and from AWS Secrets Manager."""
from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest

from lake_etl import runtime
from lake_etl.errors import LakeError

Keep = Callable[[str, bytes], str]


@pytest.fixture(params=['file', 'environment', 'aws'])
def keep(request, tmp_path: Path) -> Keep:
    """Return a function that keeps a secret under a name and returns its address."""
    if request.param == 'file':
        return lambda name, content: keep_in_file(tmp_path / name, content)
    if request.param == 'environment':
        return partial(keep_in_environment, request.getfixturevalue('monkeypatch'))
    request.getfixturevalue('aws')
    return keep_in_secrets_manager


def keep_in_file(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    return f'file://{quote(str(file))}'


def keep_in_environment(patch: pytest.MonkeyPatch, name: str, content: bytes) -> str:
    patch.setenv(name, os.fsdecode(content))
    return f'env://{name}'


def keep_in_secrets_manager(name: str, content: bytes) -> str:
    boto3.client('secretsmanager').create_secret(Name=name, SecretBinary=content)
    return name


@pytest.mark.parametrize('content, expected', [
    (b'key', b'key'), (b' key\n', b'key'),
    ('schl\u00fcssel'.encode(), 'schl\u00fcssel'.encode()), (bytes(range(33, 256)),) * 2,
])
def test_a_secret_is_read_without_white_space_at_its_ends(keep, content, expected):
    assert runtime.secret(keep('hash-key', content)) == expected


def test_an_empty_secret_is_refused_by_name(keep):
    with pytest.raises(LakeError, match='hash-key.* is empty'):
        runtime.secret(keep('hash-key', b' \n'))


def test_a_missing_secret_is_refused_by_name(keep):
    present = keep('hash-key', b'key')
    with pytest.raises(LakeError, match='hash-key-2.* cannot be read.*correct the job argument that names it'):
        runtime.secret(f'{present}-2')
    with pytest.raises(LakeError, match="hash-key-2.* cannot be read.*correct 'secret' of 'pgp'"):
        runtime.named_secret(f'{present}-2', "'secret' of 'pgp'")


def test_text_in_secrets_manager_is_read_as_utf8(aws):
    boto3.client('secretsmanager').create_secret(Name='/InsuranceLake/HashKey', SecretString='schl\u00fcssel')
    assert runtime.secret('/InsuranceLake/HashKey') == 'schl\u00fcssel'.encode()
