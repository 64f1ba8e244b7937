"""What a job needs from the world outside Spark: files, items, a catalog and a query engine.

Each protocol has one adapter for AWS and one for a laptop; both pass the same contract tests.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class FileEntry:
    """One file below a folder: its full address, its size in bytes, and when it was last written (UTC)."""

    uri: str
    size: int
    modified: datetime


class Files(Protocol):
    """Whole files by address: `s3://bucket/key` or a path on this machine."""

    def read(self, uri: str, start: int = 0, length: int | None = None) -> bytes | None:
        """Return the file's bytes (`length` bytes from `start` when given), or None when there is no such file."""

    def write(self, uri: str, content: bytes) -> None:
        """Create or replace the file at one instant, making folders as needed."""

    def write_stream(self, uri: str, pieces: Iterable[bytes]) -> None:
        """Do the same with content that is too large for memory; when a piece fails to come, nothing is written."""

    def size(self, uri: str) -> int | None:
        """Return the file's size in bytes, or None when there is no such file."""

    def list(self, folder: str) -> Iterator[FileEntry]:
        """Yield every file below the folder, at any depth; nothing when the folder does not exist."""

    def copy(self, source: str, target: str) -> None:
        """Make `target` a copy of `source` without moving its bytes through this process where the store can."""

    def delete(self, uris: Iterable[str]) -> None:
        """Delete the files; those that are already gone are no error. Folders left empty disappear."""


class Items(Protocol):
    """Small records by key: DynamoDB tables on AWS, a SQLite file on a laptop.

    `table` is a DynamoDB table name or `sqlite:///path/lake.db#table`. Numbers come back as int or Decimal.
    Every method raises ItemStoreError when the table does not exist.
    """

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Create or replace one item."""

    def put_all(self, table: str, items: Iterable[Mapping[str, Any]]) -> int:
        """Create or replace many items in batches and return how many; of items with one key the last one counts."""

    def put_if_absent(self, table: str, item: Mapping[str, Any]) -> bool:
        """Create the item unless its key exists; return whether it was created."""

    def update(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Set attributes of the item with that key, creating it when absent."""

    def get(self, table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the item with that full key, or None."""

    def query(self, table: str, partition_value: str) -> Iterator[dict[str, Any]]:
        """Yield every item of one partition key value in sort key order, however many pages that takes."""

    def scan(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every item of the table, however many pages that takes."""


@dataclass(frozen=True)
class Column:
    """A column as the catalog knows it: lower-case name, type in catalog spelling (`decimal(16,2)`), comment."""

    name: str
    type: str
    comment: str = ''


@dataclass(frozen=True)
class Partition:
    """One partition of a table: its values in key order, the folder that holds it, and the columns of its files."""

    values: tuple[str, ...]
    location: str
    columns: tuple[Column, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A published table of Parquet files.

    database, name   lower case
    columns          data columns in order, without the partition keys
    partition_keys   `year`, `month`, `day`, all strings
    location         folder that holds the partitions' folders
    description      None leaves an existing description alone
    parameters       table properties; those the catalog already has are kept
    """

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    description: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Publication:
    """One switch of readers from old to new data.

    table      the table as it shall be afterwards
    put        partitions that are created or pointed at a new folder
    drop       values of partitions that disappear
    expected   for each partition value given, the location it must have now (None: must not exist yet);
               anything else raises PublicationConflict and changes nothing
    """

    table: Table
    put: tuple[Partition, ...] = ()
    drop: tuple[tuple[str, ...], ...] = ()
    expected: Mapping[tuple[str, ...], str | None] = field(default_factory=dict)


class Catalog(Protocol):
    """Where readers look up which columns and files a table has. Names are matched without case."""

    def create_database(self, name: str, location: str, description: str | None = None) -> None:
        """Create the database unless it exists; an existing one is left as it is."""

    def table(self, database: str, name: str) -> Table | None:
        """Return the table, or None when table or database do not exist."""

    def tables(self, database: str | None = None) -> Iterator[Table]:
        """Yield the tables of one database, or of all, ordered by name."""

    def partitions(self, database: str, name: str) -> tuple[Partition, ...]:
        """Return the table's partitions ordered by value; empty when there is no such table."""

    def publish(self, publication: Publication) -> None:
        """Switch readers to the publication's schema and partitions.

        Raises PublicationConflict when an expectation is not met, PublicationError when the catalog refuses.
        After either, readers see the old data.
        """

    def attach(self, spark: SparkSession, sql: str) -> None:
        """Make every table that the SQL text names readable in this session under its catalog name."""


class Queries(Protocol):
    """Runs statements on published tables: Athena on AWS, the embedded engine on a laptop."""

    def run(self, database: str, statement: str) -> str:
        """Run one statement to its end and return the engine's id of it; raises QueryError with its reason."""
