"""What a correction of Iceberg tables needs from a catalog: their snapshots, and a way to switch between them."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lake_etl.ports import Column, FileEntry


@dataclass(frozen=True)
class Snapshot:
    """A version of an Iceberg table that can still be read.

    id          of the snapshot
    time        when it was made (UTC)
    parent      id of the snapshot that it was made from; None if it is the first one, or if that is not known
    first       whether it is the first one of its table
    columns     of the table in this version
    rows        how many rows it has; None if its writer did not say
    properties  what its writer has said about it
    """

    id: str
    time: datetime
    parent: str | None
    first: bool
    columns: tuple[Column, ...]
    rows: int | None
    properties: Mapping[str, str]


@dataclass(frozen=True)
class SnapshotTable:
    """An Iceberg table at one instant.

    snapshots   those that can still be read, by id
    log         when (UTC) which snapshot became the current one, the earliest first
    current     id of the snapshot that readers see; None if the table has none
    properties  of the table
    """

    database: str
    name: str
    location: str
    columns: tuple[Column, ...]
    snapshots: Mapping[str, Snapshot]
    log: tuple[tuple[datetime, str], ...]
    current: str | None
    properties: Mapping[str, str]


@dataclass(frozen=True)
class SnapshotSwitch:
    """A switch of readers of an Iceberg table to another snapshot.

    expected    id of the snapshot that must be the current one; None if the table must have none
    target      id of the snapshot that becomes the current one; None makes a new one without rows
    properties  that the table gets at the same instant; a new snapshot gets `summary`
    """

    database: str
    name: str
    expected: str | None
    target: str | None
    properties: Mapping[str, str]
    summary: Mapping[str, str] = field(default_factory=dict)


class SnapshotTables(Protocol):
    """Iceberg tables with their earlier snapshots, without Spark. Names are matched without case."""

    def names(self) -> tuple[tuple[str, str], ...]:
        """Return database and name of each Iceberg table, in order."""

    def read(self, database: str, name: str) -> SnapshotTable | None:
        """Return the table with its history, or None when there is no such Iceberg table."""

    def files(self, database: str, name: str, snapshot: str) -> tuple[FileEntry, ...]:
        """Return the Parquet files of a snapshot, from its own records; they need not exist.

        Raises LakeError when the snapshot or its records are gone, or when it has files of deleted rows.
        """

    def switch(self, switches: Sequence[SnapshotSwitch]) -> None:
        """Carry the switches out in this order, at one instant where the catalog can do it.

        Raises PublicationConflict when a table is not at the expected snapshot. Switches before it stay.
        """
