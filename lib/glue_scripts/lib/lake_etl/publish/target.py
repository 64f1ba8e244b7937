"""Describes what a load publishes and where."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from lake_etl.ports import Cause, Column, Table
from lake_etl.publish.audit import Audit
from lake_etl.publish.ownership import Ownership
from lake_etl.publish.protected_state import ProtectedColumns

PartitionValues = tuple[str, ...]
STAGED_FOLDER = '_staged'


@dataclass(frozen=True)
class Target:
    """The table that a load fills, and the rules it is filled by.

    database, table      catalog names, lower case
    folder               address of the bucket or folder that holds the databases
    keys                 partition keys
    load                 folder name of this load, from `layout.load_name`
    source_file          what the rows come from; `by_file` loads replace the rows of the same source
    file_key             pattern of what identifies a source file by its name; None for the whole name
    allow_schema_change  permissive, evolve, reorder or strict
    retention            how long superseded files stay
    description          of the table; None keeps an existing one
    database_description used when the database is created
    location             folder of the table; None: its current folder, or the default one below `folder`
    staging              folder in which Spark writes files of several partitions; None: one of the load, in the table's
    ownership            what the table must agree with and then remembers; None: no comparison, and stored values stay
    execution            id of the run, for the history of the table
    protection           the columns that the rows protect, by table; None if that is not known
    """

    database: str
    table: str
    folder: str
    keys: tuple[Column, ...]
    load: str
    source_file: str
    allow_schema_change: str
    retention: timedelta
    description: str | None = None
    database_description: str | None = None
    location: str | None = None
    staging: str | None = None
    ownership: Ownership | None = None
    file_key: str | None = None
    execution: str = ''
    protection: ProtectedColumns | None = None

    @property
    def name(self) -> str:
        """Return the table's name as queries write it."""
        return f'{self.database}.{self.table}'

    def table_location(self, existing: Table | None) -> str:
        """Return the folder of the table, without a slash at its end."""
        found = self.location or (existing.location if existing else f'{self.folder}/{self.database}/{self.table}')
        return found.rstrip('/')

    def staging_folder(self, table_location: str) -> str:
        """Return the folder, of this load and this table alone, in which Spark writes."""
        return f'{self.staging or table_location}/{STAGED_FOLDER}/{self.load}/{self.name}'

    def cause(self, by_file: bool = False) -> Cause:
        """Return how the history of the table names a publication of this load."""
        return Cause('load', self.execution, self.source_file, by_file)

    @property
    def key_names(self) -> tuple[str, ...]:
        """Return the names of the partition keys."""
        return tuple(key.name for key in self.keys)


@dataclass(frozen=True)
class Published:
    """The result of a publication: the table, the switched partitions, and the audit of the rows."""

    table: str
    partitions: tuple[PartitionValues, ...]
    audit: Audit
