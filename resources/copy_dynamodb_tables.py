"""Copies the DynamoDB tables of a lake to those of another one; without `--really` it only counts the items."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

if __name__ == '__main__':
    # It starts without an activated environment too.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from lib.packaging.script_environment import FOR_AWS, use_environment
    use_environment(('boto3',), FOR_AWS)

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TABLES = ('job-audit', 'hash-values', 'value-lookup', 'multi-lookup', 'dq-results', 'data-lineage')
# The old lake still acts on records of executions that have not ended.
STATUS, OPEN = 'job_latest_status', ('QUEUED', 'STARTING', 'STARTED', 'RUNNING')
WRITERS, ITEMS_AT_ONCE = 16, 1000
CONDITION_FAILED, MISSING = 'ConditionalCheckFailedException', 'ResourceNotFoundException'
PATIENT = Config(retries={'mode': 'adaptive', 'max_attempts': 20}, max_pool_connections=WRITERS)
# As DynamoDB sends it, each value with its type, so that nothing is converted.
Item = Mapping[str, Any]


@dataclass(frozen=True)
class CopyResult:
    """The number of items of one table by what became of them.

    copied   written to the target, or to be written
    present  left as they are in the target, which has an item with that key
    open     left out, because their execution has not ended
    """

    copied: int = 0
    present: int = 0
    open: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Copy what the command line names, or count it, and return the exit status."""
    parser = argparse.ArgumentParser(description='Copy the DynamoDB tables of a lake. Items that the target has are '
                                     'never replaced, so that a stopped copy can be run again.')
    parser.add_argument('source', help='beginning of the table names to read, such as dev-insurancelake')
    parser.add_argument('target', help='beginning of the table names to write')
    parser.add_argument('--tables', nargs='+', choices=TABLES, default=TABLES, help='only these tables')
    parser.add_argument('--source-profile', help='profile of AWS credentials for reading')
    parser.add_argument('--target-profile', help='profile of AWS credentials for writing')
    parser.add_argument('--really', action='store_true', help='write; without it, only count')
    chosen = parser.parse_args(arguments)
    if (chosen.source, chosen.source_profile) == (chosen.target, chosen.target_profile):
        parser.error('source and target are the same tables')
    clients = [boto3.Session(profile_name=profile).client('dynamodb', config=PATIENT)
               for profile in (chosen.source_profile, chosen.target_profile)]
    return max(_copied(clients, chosen.source, chosen.target, kind, chosen.really) for kind in chosen.tables)


def _copied(clients: Sequence[Any], source: str, target: str, kind: str, really: bool) -> int:
    """Copy one table, print the numbers, and return 1 if that failed."""
    names = f'{source}-etl-{kind}', f'{target}-etl-{kind}'
    try:
        result = copy_table(clients[0], names[0], clients[1], names[1], really)
    except (ClientError, BotoCoreError) as error:
        print(f'{names[0]} was not copied completely to {names[1]}: {_reason(error)}. Correct this and run again; '
              'items that were copied stay.', file=sys.stderr)
        return 1
    if result is None:
        print(f'{names[0]}: there is no such table.')
        return 0
    verb = 'copied' if really else 'to copy'
    print(f'{names[0]}: {result.copied} {verb}, {result.present} in the target already'
          f'{f", {result.open} of executions that have not ended left out" if result.open else ""}.')
    return 0


def copy_table(reader: Any, source: str, writer: Any, target: str, really: bool) -> CopyResult | None:
    """Copy the items of a table that the target does not have, or count them; None if there is no source table.

    reader, writer  clients of DynamoDB
    """
    try:
        keys = [part['AttributeName'] for part in reader.describe_table(TableName=source)['Table']['KeySchema']]
    except ClientError as error:
        if error.response['Error']['Code'] == MISSING:
            return None
        raise
    writer.describe_table(TableName=target)
    write = partial(_put_if_absent if really else _is_absent, writer, target, keys)
    copied = present = unfinished = 0
    waiting = _scan(reader, source)
    with ThreadPoolExecutor(WRITERS) as pool:
        while items := list(islice(waiting, ITEMS_AT_ONCE)):
            ended = [item for item in items if item.get(STATUS, {}).get('S') not in OPEN]
            new = sum(pool.map(write, ended))
            copied, present, unfinished = copied + new, present + len(ended) - new, unfinished + len(items) - len(ended)
    return CopyResult(copied, present, unfinished)


def _scan(client: Any, table: str) -> Iterator[Item]:
    for page in client.get_paginator('scan').paginate(TableName=table, ConsistentRead=True):
        yield from page['Items']


def _put_if_absent(client: Any, table: str, keys: Sequence[str], item: Item) -> bool:
    """Write an item unless the table has one with its key; return whether it was written."""
    try:
        client.put_item(TableName=table, Item=item, ConditionExpression='attribute_not_exists(#key)',
                        ExpressionAttributeNames={'#key': keys[0]})
    except ClientError as error:
        if error.response['Error']['Code'] != CONDITION_FAILED:
            raise
        return False
    return True


def _is_absent(client: Any, table: str, keys: Sequence[str], item: Item) -> bool:
    answer = client.get_item(TableName=table, Key={key: item[key] for key in keys}, ProjectionExpression='#key',
                             ExpressionAttributeNames={'#key': keys[0]})
    return 'Item' not in answer


def _reason(error: Exception) -> str:
    """Return what AWS refused, by code and operation."""
    if isinstance(error, ClientError):
        return f'{error.response["Error"]["Code"]} of {error.operation_name}'
    return type(error).__name__


if __name__ == '__main__':
    sys.exit(main())
