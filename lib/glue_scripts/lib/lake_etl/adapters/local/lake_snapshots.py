"""Reads the snapshots of a laptop's Iceberg tables, and switches several tables to others in one transaction.

PyIceberg takes long to load, and most corrections concern other tables, so it is loaded where it is needed.
"""
from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lake_etl.adapters.local.catalog_file import reading, writing
from lake_etl.adapters.local.iceberg_tables import iceberg_table_names
from lake_etl.ports import FileEntry
from lake_etl.snapshots import SnapshotSwitch, SnapshotTable

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import StagedTable

LOG = logging.getLogger(__name__)
SWITCH = ('UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = metadata_location '
          'WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?')


class LakeSnapshots:
    """The Iceberg tables of the catalog at an address `sqlite:///folder/lake.db`."""

    def __init__(self, address: str):
        self._address = address

    def names(self) -> tuple[tuple[str, str], ...]:
        """Return database and name of each Iceberg table, in order."""
        with reading(self._address) as connection:
            return tuple(sorted(iceberg_table_names(connection)))

    def read(self, database: str, name: str) -> SnapshotTable | None:
        """Return the table with its history, or None when there is no such Iceberg table."""
        if (database.lower(), name.lower()) not in self.names():
            return None
        from lake_etl.adapters.iceberg_snapshots import snapshot_table
        from lake_etl.adapters.local.iceberg_catalog import iceberg_catalog
        from lake_etl.adapters.local.lake_file_io import paths_from_properties
        with iceberg_catalog(self._address, '') as catalog:
            found = snapshot_table(catalog.load_table((database.lower(), name.lower())))
            return replace(found, location=paths_from_properties(catalog.properties).iceberg_path(found.location))

    def files(self, database: str, name: str, snapshot: str) -> tuple[FileEntry, ...]:
        """Return the Parquet files of a snapshot with full paths; raises LakeError as `snapshot_files` does."""
        from lake_etl.adapters.iceberg_snapshots import snapshot_files
        from lake_etl.adapters.local.iceberg_catalog import iceberg_catalog
        from lake_etl.adapters.local.lake_file_io import paths_from_properties
        with iceberg_catalog(self._address, '') as catalog:
            found = snapshot_files(catalog.load_table((database.lower(), name.lower())), snapshot)
            paths = paths_from_properties(catalog.properties)
        return tuple(replace(file, uri=paths.iceberg_path(file.uri)) for file in found)

    def switch(self, switches: Sequence[SnapshotSwitch]) -> None:
        """Switch all tables in one transaction; raises PublicationConflict, and switches none, after another change."""
        from lake_etl.adapters.iceberg_snapshots import conflict
        from lake_etl.adapters.local.iceberg_catalog import NAME, iceberg_catalog
        with iceberg_catalog(self._address, '') as catalog:
            staged = [(switch, *_staged(catalog, switch)) for switch in switches]
            try:
                with writing(self._address) as connection:
                    for switch, before, after in staged:
                        values = (after.metadata_location, NAME, switch.database.lower(), switch.name.lower(), before)
                        if connection.execute(SWITCH, values).rowcount != 1:
                            raise conflict(switch)
            except Exception:
                for _, _, after in staged:
                    after.io.delete(after.metadata_location)
                raise
        for switch in switches:
            LOG.info('Switched %s.%s to %s.', switch.database, switch.name,
                     f'snapshot {switch.target}' if switch.target else 'a snapshot without rows')


def _staged(catalog: SqlCatalog, switch: SnapshotSwitch) -> tuple[str, StagedTable]:
    """Write the metadata of a table after a switch, which no reader sees yet; return it and the location of the old."""
    from lake_etl.adapters.iceberg_snapshots import prepared_switch
    table = catalog.load_table((switch.database.lower(), switch.name.lower()))
    transaction = prepared_switch(table, switch)
    staged = catalog._update_and_stage_table(table, table.name(), transaction._requirements, transaction._updates)
    catalog._write_metadata(staged.metadata, staged.io, staged.metadata_location)
    return table.metadata_location, staged
