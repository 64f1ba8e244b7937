"""What a job needs from the world outside Spark: files, items, a catalog and a query engine.

Each protocol has one adapter for AWS and one for a laptop; both pass the same contract tests.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


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

    def make_parents(self, folder: str) -> None:
        """Make the folders above a folder that Spark creates next, where the store has folders."""

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

    def update(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Set attributes of the item with that key; return whether it exists, and create none."""

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
class Cause:
    """Why readers are switched: by a load, an undo or a remove; in which run, for which source file, and if by file."""

    kind: str = 'load'
    run: str = ''
    file: str = ''
    by_file: bool = False


@dataclass(frozen=True)
class TableChange:
    """A publication on record: its id, its time (UTC), and columns and partitions before and after; None is absent."""

    id: str
    time: datetime
    cause: Cause
    columns: tuple[tuple[Column, ...], tuple[Column, ...]]
    switches: Mapping[tuple[str, ...], tuple[Partition | None, Partition | None]]


@dataclass(frozen=True)
class Publication:
    """One switch of readers from old to new data.

    table      the table as it shall be afterwards
    put        partitions that are created or pointed at a new folder
    drop       values of partitions that disappear
    expected   for each partition value given, the location it must have now (None: must not exist yet);
               anything else raises PublicationConflict and changes nothing
    cause      for the history of the table
    """

    table: Table
    put: tuple[Partition, ...] = ()
    drop: tuple[tuple[str, ...], ...] = ()
    expected: Mapping[tuple[str, ...], str | None] = field(default_factory=dict)
    cause: Cause = Cause()


class Catalog(Protocol):
    """Where readers look up which columns and files a table has. Names are matched without case."""

    def create_database(self, name: str, location: str, description: str | None = None) -> None:
        """Create the database unless it exists; an existing one is left as it is."""

    def table(self, database: str, name: str) -> Table | None:
        """Return the table, or None when table or database do not exist."""

    def described(self, database: str, name: str) -> dict[str, Any] | None:
        """Return a table, view or Iceberg table as AWS Glue's GetTable describes it, or None when there is none."""

    def tables(self, database: str | None = None) -> Iterator[Table]:
        """Yield the tables of one database, or of all, ordered by name."""

    def partitions(self, database: str, name: str) -> tuple[Partition, ...]:
        """Return the table's partitions ordered by value; empty when there is no such table."""

    def publish(self, publication: Publication) -> None:
        """Switch readers to the publication's schema and partitions.

        Raises PublicationConflict when an expectation is not met, PublicationError when the catalog refuses.
        After either, readers see the old data.
        """

    def history(self, database: str, name: str) -> tuple[TableChange, ...]:
        """Return the publications of a table that changed folders of partitions, the latest first."""

    def attach(self, spark: SparkSession, sql: str) -> None:
        """Make every table that the SQL text names readable in this session under its catalog name."""


class Queries(Protocol):
    """Runs statements on published tables: Athena on AWS, the embedded engine on a laptop."""

    def run(self, database: str, statement: str) -> str:
        """Run one statement to its end and return the engine's id of it; raises QueryError with its reason."""


@dataclass(frozen=True)
class TableState:
    """A table as it is at one instant: the name of its version, its rows, which do not change, and its properties."""

    version: str
    rows: DataFrame
    properties: Mapping[str, str] = field(default_factory=dict)


class MergedTables(Protocol):
    """Tables whose rows are replaced by key at one instant: Iceberg tables, format version 2, with a history.

    Names are matched without case. Two writers are told apart by versions: the second one gets a MergeConflict.
    """

    def state(self, spark: SparkSession, database: str, name: str) -> TableState | None:
        """Return the table as it is now, or None when it does not exist."""

    def merge(self, rows: DataFrame, database: str, name: str, key: str, version: str | None,
              properties: Mapping[str, str] | None = None) -> str:
        """Make each row the only one with its key, at one instant, and return the new version.

        rows        all columns of the table, and perhaps new ones, which the table gets too; no key twice, none null
        version     what the table must still be; None: it must not exist yet, and is created
        properties  of the new version, for the history of the table

        Raises MergeConflict when it is not, PublicationError when the table cannot be written; then readers see what
        they saw before.
        """


@dataclass(frozen=True)
class FailedRule:
    """A quality rule that failed, and what happens then: warn, quarantine or halt."""

    action: str
    rule: str

    def __str__(self) -> str:
        return f'{self.action}: {self.rule}'


@dataclass(frozen=True)
class QualityReport:
    """What quality rules found in a load's rows at one stage; `failed` is how many of them fail a quarantine rule."""

    database: str
    table: str
    stage: str
    execution_id: str
    rows: int
    failed: int
    passed_rules: int
    failed_rules: tuple[FailedRule, ...]


class QualityReports(Protocol):
    """Tells those who watch the lake what quality rules found: CloudWatch and EventBridge on AWS, a laptop's log."""

    def publish(self, report: QualityReport) -> None:
        """Make the report known; a report that cannot be delivered is a warning and never fails the load."""


class LineageEvents(Protocol):
    """Takes OpenLineage events: a file, a web service, a queue, or a domain of Amazon DataZone."""

    def send(self, event: Mapping[str, Any]) -> None:
        """Deliver an event; raises the error of the system, or LakeError, if it was not taken."""


@dataclass(frozen=True)
class RuleAnswer:
    """What an engine outside the lake says about one rule."""

    passed: bool
    reason: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class RulesetAnswer:
    """What an engine outside the lake says about rows.

    rows             the rows with the column `failed_column`, an array of the indexes of rules that a row fails
    counted, failed  how many rows there are, and how many fail at least one of the rules that were asked for
    rules            the answers in the order of the ruleset
    """

    rows: DataFrame
    failed_column: str
    counted: int
    failed: int
    rules: tuple[RuleAnswer, ...]


class RulesetEngine(Protocol):
    """Evaluates a document of the data quality language outside the lake's own code."""

    def evaluate(self, df: DataFrame, ruleset: str, rows_of: Sequence[int], name: str) -> RulesetAnswer:
        """Evaluate the rules now, and publish the result under a name; rules in `rows_of` mark their failing rows."""
