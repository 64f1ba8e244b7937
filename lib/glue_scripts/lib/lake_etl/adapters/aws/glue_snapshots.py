"""Reads the snapshots of Iceberg tables in the AWS Glue Data Catalog, and switches tables to others, one by one."""
from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog.glue import GlueCatalog as PyIcebergGlueCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchPropertyException
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.table import Table
from pyiceberg.typedef import EMPTY_DICT, Properties

from lake_etl.adapters.aws.clients import open_client
from lake_etl.adapters.aws.glue_partitions import call_failure
from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.adapters.iceberg_snapshots import conflict, prepared_switch, snapshot_files, snapshot_table
from lake_etl.errors import LakeError
from lake_etl.ports import FileEntry
from lake_etl.snapshots import SnapshotSwitch, SnapshotTable

LOG = logging.getLogger(__name__)
ICEBERG = 'ICEBERG'


class GlueSnapshots:
    """The Iceberg tables of the Data Catalog of this account and region; each switch is a commit of its own."""

    def __init__(self) -> None:
        self._client = open_client('glue')
        self._catalog = S3GlueCatalog(self._client)

    def names(self) -> tuple[tuple[str, str], ...]:
        """Return database and name of each Iceberg table, in order."""
        with _explained('list the tables'):
            pages = self._client.get_paginator('get_databases').paginate()
            databases = sorted(database['Name'] for page in pages for database in page['DatabaseList'])
            return tuple((database, name) for database in databases for name in sorted(self._names_in(database)))

    def _names_in(self, database: str) -> Iterator[str]:
        for page in self._client.get_paginator('get_tables').paginate(DatabaseName=database):
            yield from (table['Name'] for table in page['TableList'] if _is_iceberg(table))

    def read(self, database: str, name: str) -> SnapshotTable | None:
        """Return the table with its history, or None when there is no such Iceberg table."""
        with _explained(f'read table {database}.{name}'):
            try:
                found = self._client.get_table(DatabaseName=database.lower(), Name=name.lower())['Table']
            except self._client.exceptions.EntityNotFoundException:
                return None
        return snapshot_table(self._table(database, name)) if _is_iceberg(found) else None

    def files(self, database: str, name: str, snapshot: str) -> tuple[FileEntry, ...]:
        """Return the Parquet files of a snapshot; raises LakeError as `snapshot_files` does."""
        return snapshot_files(self._table(database, name), snapshot)

    def switch(self, switches: Sequence[SnapshotSwitch]) -> None:
        """Switch one table after another; raises PublicationConflict at the first that another program has changed."""
        for number, switch in enumerate(switches):
            table = self._table(switch.database, switch.name)
            transaction = prepared_switch(table, switch, switches[:number])
            with _explained(f'switch table {switch.database}.{switch.name}'):
                try:
                    self._catalog.commit_table(table, transaction._requirements, transaction._updates)
                except CommitFailedException as error:
                    raise conflict(switch, switches[:number]) from error
            LOG.info('Switched %s.%s to %s.', switch.database, switch.name,
                     f'snapshot {switch.target}' if switch.target else 'a snapshot without rows')

    def _table(self, database: str, name: str) -> Table:
        with _explained(f'read table {database}.{name}'):
            try:
                return self._catalog.load_table((database.lower(), name.lower()))
            except (FileNotFoundError, NoSuchPropertyException) as error:
                raise LakeError(f'The metadata of {database}.{name} is not where the Glue Data Catalog says. Nothing '
                                'was changed. Restore its objects from a backup or an earlier version.') from error


class S3GlueCatalog(PyIcebergGlueCatalog):
    """PyIceberg's catalog with one client for all objects of metadata, which is also that of the other adapters."""

    def __init__(self, client: Any):
        super().__init__('glue', client)
        self._objects = S3SnapshotIO()

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:
        return self._objects


class S3SnapshotIO(FileIO):
    """The objects of Iceberg's metadata."""

    def __init__(self, properties: Properties = EMPTY_DICT):
        super().__init__(properties)
        self._files = S3Files()

    def new_input(self, location: str) -> InputFile:
        """Return the object at an address, to read it."""
        return _Object(location, self._files)

    def new_output(self, location: str) -> OutputFile:
        """Return the object at an address, to write it."""
        return _Object(location, self._files)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete the object."""
        self._files.delete([location if isinstance(location, str) else location.location])


class _Object(InputFile, OutputFile):
    """An object in S3, which is read and written as a whole: files of metadata are small."""

    def __init__(self, location: str, files: S3Files):
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        return self._files.size(self.location) or 0

    def exists(self) -> bool:
        return self._files.size(self.location) is not None

    def open(self, seekable: bool = True) -> InputStream:
        content = self._files.read(self.location)
        if content is None:
            raise FileNotFoundError(self.location)
        return io.BytesIO(content)

    def to_input_file(self) -> InputFile:
        return self

    def create(self, overwrite: bool = False) -> OutputStream:
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Upload(self.location, self._files)


class _Upload(io.BytesIO):
    """A stream whose content becomes an object when it is closed without an error."""

    def __init__(self, location: str, files: S3Files):
        super().__init__()
        self._location = location
        self._files = files

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if error is not None:
            super().close()
        self.close()

    def close(self) -> None:
        if not self.closed:
            self._files.write(self._location, self.getvalue())
        super().close()


def _is_iceberg(table: dict[str, Any]) -> bool:
    parameters = {key.lower(): value for key, value in table.get('Parameters', {}).items()}
    return str(parameters.get('table_type', '')).upper() == ICEBERG


@contextmanager
def _explained(purpose: str) -> Iterator[None]:
    """Turn errors of Glue into a LakeError that says what was attempted."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise LakeError(f'The Glue Data Catalog did not {purpose}: {call_failure(error)}. Check the permissions of '
                        'your role and the region, then repeat.') from error
