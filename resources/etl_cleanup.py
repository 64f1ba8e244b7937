"""Empties the Dev environment of the lake: without a mode it only prints what it would remove."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == '__main__':
    # It starts without an activated environment too.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from lib.packaging.script_environment import FOR_AWS, use_environment
    use_environment(('boto3',), FOR_AWS)

import boto3
from botocore.exceptions import BotoCoreError, ClientError

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = 'Dev'
# Data that loads wrote is removed; data that people uploaded only with the mode for all buckets.
WRITTEN_BY_LOADS, BROUGHT_ALONG = ('cleanse', 'consume', 'glue-temp'), ('collect',)
ITEM_TABLES = ('job-audit', 'dq-results', 'data-lineage', 'hash-values')
OBJECTS_IN_A_REQUEST, ITEMS_IN_A_REQUEST = 1000, 25
NO_SUCH = {'NoSuchBucket', 'ResourceNotFoundException', 'EntityNotFoundException', '404'}


@dataclass(frozen=True)
class Extent:
    """What one mode removes, by kind of bucket and of DynamoDB table."""

    buckets: tuple[str, ...]
    tables: tuple[str, ...]


EXTENTS = {
    'reallydelete': Extent(WRITTEN_BY_LOADS, ITEM_TABLES),
    'allbuckets': Extent((*WRITTEN_BY_LOADS, *BROUGHT_ALONG), ITEM_TABLES),
    'nodynamodb': Extent(WRITTEN_BY_LOADS, ()),
}


@dataclass(frozen=True)
class Names:
    """Names of what is emptied."""

    buckets: tuple[str, ...]
    tables: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Remove what the mode names, or print what would be removed, and return the exit status."""
    parser = argparse.ArgumentParser(description='Empty the Dev environment; without a mode, only print what would go.')
    parser.add_argument('--mode', choices=EXTENTS, help='reallydelete: all that loads have written; allbuckets: the '
                        'files in Collect too; nodynamodb: as reallydelete, but items of DynamoDB stay')
    mode = parser.parse_args(arguments).mode
    try:
        session = boto3.Session()
        names = names_of(session, EXTENTS[mode or 'reallydelete'])
        clean_up(session, names, really=mode is not None)
    except (ClientError, BotoCoreError, RuntimeError) as error:
        print(f'Not everything is removed: {_reason(error)}. Correct this and run again; it goes on where it stopped.',
              file=sys.stderr)
        return 1
    return 0


def _reason(error: Exception) -> str:
    """Return what AWS refused by code and operation, or what this program says itself."""
    if isinstance(error, ClientError):
        return f'{error.response["Error"]["Code"]} of {error.operation_name}'
    return type(error).__name__ if isinstance(error, BotoCoreError) else str(error)


def names_of(session: Any, extent: Extent) -> Names:
    """Return the names of buckets and tables of the Dev environment in the account and region of the session."""
    sys.path.append(str(REPOSITORY))
    from lib.configuration import configuration
    environment, = configuration().narrowed(ENVIRONMENT).named_environments
    account = session.client('sts').get_caller_identity()['Account']
    region = session.region_name
    if environment.place.account not in (None, account) or environment.place.region != region:
        raise RuntimeError(f'{ENVIRONMENT} is in account {environment.place.account or account}, region '
                           f'{environment.place.region}; these credentials are for {account}, {region}')
    return Names(tuple(environment.bucket_name(kind, account, region) for kind in extent.buckets),
                 tuple(environment.table_name(kind) for kind in extent.tables))


def clean_up(session: Any, names: Names, really: bool) -> None:
    """Remove tables from the catalog first, so that nobody reads one without files, then objects, then items."""
    word = 'Removed' if really else 'Would remove'
    glue, s3, dynamodb = session.client('glue'), session.client('s3'), session.client('dynamodb')
    for database in databases(glue, names.buckets):
        count = remove_database(glue, database, names.buckets, really)
        print(f'{word} database {database["Name"]} with {count} tables and views.')
    for bucket in names.buckets:
        print(f'{word} {empty_bucket(s3, bucket, really)} versions of objects in {bucket}.')
    for table in names.tables:
        print(f'{word} {empty_table(dynamodb, table, really)} items of {table}.')
    if not really:
        print('Nothing was changed. Run again with --mode reallydelete to remove all this.')


def databases(glue: Any, buckets: Sequence[str]) -> list[dict[str, Any]]:
    """Return the databases of the catalog that lie in one of the buckets."""
    pages = glue.get_paginator('get_databases').paginate()
    return [item for page in pages for item in page['DatabaseList'] if lies_in(item.get('LocationUri', ''), buckets)]


def lies_in(location: str, buckets: Sequence[str]) -> bool:
    """Tell whether an address is in one of the buckets."""
    return any(location == f's3://{bucket}' or location.startswith(f's3://{bucket}/') for bucket in buckets)


def remove_database(glue: Any, database: dict[str, Any], buckets: Sequence[str], really: bool) -> int:
    """Remove a database with its views and those tables that lie in the buckets; return how many these are.

    Raises RuntimeError naming a table that lies elsewhere: such a database is left as it is.
    """
    pages = glue.get_paginator('get_tables').paginate(DatabaseName=database['Name'])
    tables = [table for page in pages for table in page['TableList']]
    for table in tables:
        location = table.get('StorageDescriptor', {}).get('Location', '')
        if location and not lies_in(location, buckets):
            raise RuntimeError(f"table {database['Name']}.{table['Name']} lies in {location}, not in this environment")
    if really:
        for table in tables:
            glue.delete_table(DatabaseName=database['Name'], Name=table['Name'])
        glue.delete_database(Name=database['Name'])
    return len(tables)


def empty_bucket(s3: Any, bucket: str, really: bool) -> int:
    """Remove every version of every object and return how many there were; 0 for a missing bucket."""
    count = 0
    for batch in in_batches(object_versions(s3, bucket), OBJECTS_IN_A_REQUEST):
        count += len(batch)
        if really:
            errors = s3.delete_objects(Bucket=bucket, Delete={'Objects': batch, 'Quiet': True}).get('Errors', [])
            if errors:
                raise RuntimeError(f"{bucket}: {len(errors)} objects stay, the first because of {errors[0]['Code']}")
    return count


def object_versions(s3: Any, bucket: str) -> Iterator[dict[str, str]]:
    """Yield key and version of all versions and delete markers in a bucket."""
    try:
        for page in s3.get_paginator('list_object_versions').paginate(Bucket=bucket):
            for item in (*page.get('Versions', ()), *page.get('DeleteMarkers', ())):
                yield {'Key': item['Key'], 'VersionId': item['VersionId']}
    except ClientError as error:
        if error.response['Error']['Code'] not in NO_SUCH:
            raise


def empty_table(dynamodb: Any, table: str, really: bool) -> int:
    """Remove every item of a table and return how many there were; 0 for a missing table."""
    try:
        schema = dynamodb.describe_table(TableName=table)['Table']['KeySchema']
    except ClientError as error:
        if error.response['Error']['Code'] in NO_SUCH:
            return 0
        raise
    names = {f'#{number}': key['AttributeName'] for number, key in enumerate(schema)}
    pages = dynamodb.get_paginator('scan').paginate(
        TableName=table, ConsistentRead=True, ProjectionExpression=','.join(names), ExpressionAttributeNames=names)
    count = 0
    for batch in in_batches((item for page in pages for item in page['Items']), ITEMS_IN_A_REQUEST):
        count += len(batch)
        requests = [{'DeleteRequest': {'Key': key}} for key in batch] if really else []
        while requests:
            requests = dynamodb.batch_write_item(RequestItems={table: requests})['UnprocessedItems'].get(table, [])
    return count


def in_batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Yield the items in lists of at most that size."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


if __name__ == '__main__':
    sys.exit(main())
