"""Stores files in Amazon S3."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from io import BufferedReader, RawIOBase
from itertools import chain
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError

from lake_etl.adapters.aws.clients import open_client
from lake_etl.errors import LakeError
from lake_etl.ports import FileEntry

SCHEME = 's3://'
BATCH = 1000
PART_SIZE = 256 * 1024 * 1024
UPLOAD_PART_SIZE = 64 * 1024 * 1024    # held in memory, some of them at a time
READ_ATTEMPTS = 5
ABSENT = 'NoSuchKey'
BEYOND_END = 'InvalidRange'
# Copying requests the head of an object; errors of such requests have no body, only a number.
CODES_OF_NUMBERS = {'403': 'AccessDenied', '404': ABSENT}
BUSY = 'Amazon S3 is throttling requests or is out of order for the moment. Run again later.'
BROKEN = (f'The connection to Amazon S3 broke in each of {READ_ATTEMPTS} attempts. Run again; if it breaks every time, '
          'check the network of the job.')
HINTS = {
    ABSENT: 'Make sure that the object exists and that nothing else deletes it.',
    'AccessDenied': "Grant the role access to the object and to its bucket's KMS key; without s3:ListBucket an absent "
                    'object also looks denied.',
    'NoSuchBucket': 'Correct the bucket name in the job arguments.',
    'InvalidObjectState': 'Restore the object from its archive storage class first.',
    'PreconditionFailed': 'Another process changed the object in the meantime, or the bucket refuses to replace it. '
                          'Run again.',
    **dict.fromkeys(('SlowDown', 'ServiceUnavailable', 'InternalError', '503', '500'), BUSY),
    **dict.fromkeys(('IncompleteReadError', 'ResponseStreamingError'), BROKEN),
}
HINT = 'Check bucket, region and credentials, then run again.'


class S3Files:
    """Files at `s3://bucket/key`; the key is taken literally.

    S3 makes an object visible completely or not at all. Only a missing key counts as absent: denied access, a missing
    bucket or a failed connection is a LakeError, because a configuration file must never vanish silently. Objects of at
    least `part_size` bytes are copied in parts of that size, since S3 copies at most 5 GB at once. Without a client,
    each process opens its own at first use.
    """

    def __init__(self, client: Any = None, part_size: int = PART_SIZE):
        self._given = client
        self._part_size = part_size

    def __getstate__(self) -> dict[str, Any]:
        return {'_given': None, '_part_size': self._part_size}

    @cached_property
    def _client(self) -> Any:
        return open_client('s3') if self._given is None else self._given

    def read(self, uri: str, start: int = 0, length: int | None = None) -> bytes | None:
        """Return the file's bytes (`length` bytes from `start` when given), or None when there is no such file."""
        bucket, key = _bucket_and_key(uri)
        if length == 0:
            return None if self.size(uri) is None else b''
        whole = start == 0 and length is None
        end = '' if length is None else start + length - 1
        part = {} if whole else {'Range': f'bytes={start}-{end}'}
        with _failures_named(uri, 'read'):
            try:
                return self._read({'Bucket': bucket, 'Key': key, **part})
            except ClientError as error:
                if _code(error) == BEYOND_END:
                    return b''
                if _code(error) == ABSENT:
                    return None
                raise

    def _read(self, request: Mapping[str, str], attempts: int = READ_ATTEMPTS) -> bytes:
        """Return the content, asking again if the connection breaks in the middle of it, which boto3 does not."""
        body = self._client.get_object(**request)['Body']
        try:
            return bytes(body.read())
        except (IncompleteReadError, HTTPClientError):
            if attempts == 1:
                raise
        return self._read(request, attempts - 1)

    def write(self, uri: str, content: bytes) -> None:
        """Create or replace the file atomically."""
        bucket, key = _bucket_and_key(uri)
        with _failures_named(uri, 'written'):
            self._client.put_object(Bucket=bucket, Key=key, Body=content)

    def write_stream(self, uri: str, pieces: Iterable[bytes]) -> None:
        """Create or replace the file from pieces, which may exceed memory; if a piece fails, nothing is written."""
        bucket, key = _bucket_and_key(uri)
        parts = TransferConfig(multipart_threshold=UPLOAD_PART_SIZE, multipart_chunksize=UPLOAD_PART_SIZE,
                               max_concurrency=2)
        with _failures_named(uri, 'written'):
            self._client.upload_fileobj(BufferedReader(_Pieces(pieces)), bucket, key, Config=parts)

    def size(self, uri: str) -> int | None:
        """Return the file's size in bytes, or None when there is no such file.

        Lists the first key with the file's key as prefix, which is the file itself if it exists. Unlike a head request,
        this distinguishes an absent file from an absent bucket.
        """
        bucket, key = _bucket_and_key(uri)
        with _failures_named(uri, 'looked up'):
            found = self._client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get('Contents', ())
        return next((entry['Size'] for entry in found if entry['Key'] == key), None)

    def list(self, folder: str) -> Iterator[FileEntry]:
        """Yield every file below the folder, at any depth; nothing when the folder does not exist.

        The addresses begin with the folder as it was given. Empty objects that stand for folders are left out.
        """
        bucket, _, key = _without_scheme(folder).rstrip('/').partition('/')
        pages = self._client.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=f'{key}/' if key else '')
        with _failures_named(folder, 'listed'):
            for entry in chain.from_iterable(page.get('Contents', ()) for page in pages):
                if not entry['Key'].endswith('/'):
                    yield FileEntry(f'{SCHEME}{bucket}/{entry["Key"]}', entry['Size'], entry['LastModified'])

    def make_parents(self, folder: str) -> None:
        """Do nothing: S3 has no folders."""

    def copy(self, source: str, target: str) -> None:
        """Make `target` a copy of `source` inside S3."""
        bucket, key = _bucket_and_key(source)
        target_bucket, target_key = _bucket_and_key(target)
        parts = TransferConfig(multipart_threshold=self._part_size, multipart_chunksize=self._part_size)
        if source == target:
            return
        with _failures_named(source, f'copied to {target}'):
            self._client.copy({'Bucket': bucket, 'Key': key}, target_bucket, target_key, Config=parts)

    def delete(self, uris: Iterable[str]) -> None:
        """Delete the files, 1000 per request; files that do not exist are ignored.

        S3 reports each file separately: all files are tried, and a LakeError says how many still exist.
        """
        waiting: dict[str, list[str]] = defaultdict(list)
        failures: list[tuple[str, str]] = []
        for uri in uris:
            bucket, key = _bucket_and_key(uri)
            waiting[bucket].append(key)
            if len(waiting[bucket]) == BATCH:
                failures.extend(_delete_batch(self._client, bucket, waiting.pop(bucket)))
        for bucket, keys in waiting.items():
            failures.extend(_delete_batch(self._client, bucket, keys))
        if failures:
            uri, code = failures[0]
            raise LakeError(
                f'{len(failures)} files could not be deleted, the first of them {uri}: {code}. '
                f'{HINTS.get(code, HINT)}')


class _Pieces(RawIOBase):
    """A readable file from pieces of bytes."""

    def __init__(self, pieces: Iterable[bytes]):
        self._pieces = iter(pieces)
        self._rest = memoryview(b'')

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _delete_batch(client: Any, bucket: str, keys: list[str]) -> list[tuple[str, str]]:
    """Delete up to 1000 objects and return the address and error code of each that still exists."""
    with _failures_named(f'{SCHEME}{bucket}/{keys[0]}', 'deleted'):
        answer = client.delete_objects(
            Bucket=bucket, Delete={'Objects': [{'Key': key} for key in keys], 'Quiet': True})
    return [(f'{SCHEME}{bucket}/{error["Key"]}', error['Code']) for error in answer.get('Errors', ())]


def _without_scheme(address: str) -> str:
    if not address.startswith(SCHEME) or address == SCHEME:
        raise LakeError(
            f"'{address}' is not an address in Amazon S3; s3://bucket/key was expected. Correct the address in the "
            'job arguments; the files of a job are either in Amazon S3 or on this machine, not in both.')
    return address.removeprefix(SCHEME)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = _without_scheme(uri).partition('/')
    if not bucket or not key:
        raise LakeError(
            f"'{uri}' does not name a file; s3://bucket/key was expected. Correct the address in the job arguments.")
    return bucket, key


def _code(error: ClientError) -> str:
    code = str(error.response['Error']['Code'])
    return CODES_OF_NUMBERS.get(code, code)


@contextmanager
def _failures_named(uri: str, action: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = _code(error) if isinstance(error, ClientError) else type(error).__name__
        raise LakeError(f'{uri} could not be {action}: {code}. {HINTS.get(code, HINT)}') from error
