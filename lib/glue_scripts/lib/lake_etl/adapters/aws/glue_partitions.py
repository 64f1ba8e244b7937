"""Changes partitions of a Glue table in batches, checks the result of every entry, and retries failures."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.glue_structures import Structure

# Maximum number of entries in one call: https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html
PUT_LIMIT, DELETE_LIMIT, GET_LIMIT = 100, 25, 1000
ATTEMPTS = 3
PAUSE_SECONDS = 0.2     # doubles after each attempt
EXISTS = 'AlreadyExistsException'
MISSING = 'EntityNotFoundException'
Values = tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """The reason why the catalog did not change a partition."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Outcome:
    """The result of a change of many partitions.

    failed  partitions that could not be changed, with the reason
    unmet   partitions that exist but should not, or the reverse, and need another change
    """

    failed: Mapping[Values, Failure]
    unmet: frozenset[Values]


class GluePartitions:
    """The partitions of one table; `client` is a boto3 client of Glue."""

    def __init__(self, client: Any, database: str, table: str):
        self._client = client
        self._table = {'DatabaseName': database, 'TableName': table}

    def get(self, values: Iterable[Values]) -> dict[Values, Structure]:
        """Return those of the partitions that exist in the catalog; raises ClientError."""
        found: dict[Values, Structure] = {}
        remaining = [{'Values': list(item)} for item in values]
        while remaining:
            batch, remaining = remaining[:GET_LIMIT], remaining[GET_LIMIT:]
            answer = self._client.batch_get_partition(**self._table, PartitionsToGet=batch)
            found.update((tuple(partition['Values']), partition) for partition in answer.get('Partitions', ()))
            remaining += answer.get('UnprocessedKeys', ())
        return found

    def any(self) -> bool:
        """Tell whether the table has partitions; raises ClientError."""
        return bool(self._client.get_partitions(**self._table, MaxResults=1)['Partitions'])

    def create(self, inputs: Mapping[Values, Structure]) -> Outcome:
        """Create partitions; `unmet` are partitions that exist already."""
        return _repeated(self._create, inputs, PUT_LIMIT, EXISTS)

    def update(self, inputs: Mapping[Values, Structure]) -> Outcome:
        """Replace existing partitions; `unmet` are partitions that do not exist."""
        return _repeated(self._update, inputs, PUT_LIMIT, MISSING)

    def delete(self, values: Iterable[Values]) -> Outcome:
        """Delete partitions; `unmet` are partitions that did not exist."""
        return _repeated(self._delete, {item: {} for item in values}, DELETE_LIMIT, MISSING)

    def _create(self, batch: Mapping[Values, Structure]) -> Structure:
        answer: Structure = self._client.batch_create_partition(
            **self._table, PartitionInputList=list(batch.values()))
        return answer

    def _update(self, batch: Mapping[Values, Structure]) -> Structure:
        answer: Structure = self._client.batch_update_partition(**self._table, Entries=[
            {'PartitionValueList': list(values), 'PartitionInput': content} for values, content in batch.items()])
        return answer

    def _delete(self, batch: Mapping[Values, Structure]) -> Structure:
        answer: Structure = self._client.batch_delete_partition(
            **self._table, PartitionsToDelete=[{'Values': list(values)} for values in batch])
        return answer


def _repeated(call: Callable[[Mapping[Values, Structure]], Structure], entries: Mapping[Values, Structure], limit: int,
              unmet_code: str) -> Outcome:
    """Call with all entries in batches, and again with those that failed."""
    pending, unmet, failures = dict(entries), set[Values](), dict[Values, Failure]()
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        failures = {}
        for batch in _batches(pending, limit):
            failures.update(_failures(call, batch))
        unmet.update(values for values, failure in failures.items() if failure.code == unmet_code)
        pending = {values: pending[values] for values in failures if values not in unmet}
        if not pending:
            break
    return Outcome({values: failures[values] for values in pending}, frozenset(unmet))


def _failures(call: Callable[[Mapping[Values, Structure]], Structure],
              batch: Mapping[Values, Structure]) -> dict[Values, Failure]:
    """Make one call and return the entries that failed: those in its Errors, or all if the call failed."""
    try:
        answer = call(batch)
    except (ClientError, BotoCoreError) as error:
        return dict.fromkeys(batch, call_failure(error))
    failures = {}
    for entry in answer.get('Errors', ()):
        values = tuple(entry.get('PartitionValues') or entry.get('PartitionValueList', ()))
        detail = entry.get('ErrorDetail', {})
        failures[values] = Failure(detail.get('ErrorCode', 'UnknownError'))
    return failures


def call_failure(error: ClientError | BotoCoreError) -> Failure:
    """Return the reason why a call failed."""
    if isinstance(error, ClientError):
        detail = error.response.get('Error', {})
        return Failure(detail.get('Code', 'UnknownError'))
    return Failure(type(error).__name__)


def _batches(entries: Mapping[Values, Structure], size: int) -> Iterator[dict[Values, Structure]]:
    remaining = iter(entries.items())
    while batch := dict(islice(remaining, size)):
        yield batch
