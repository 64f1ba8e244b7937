"""Tells, before a file is loaded, which rows it would replace and whether its name speaks of another period."""
from __future__ import annotations

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.config.input import InputSpec
from lake_etl.landing.location import Landing
from lake_etl.landing.period import period_warning
from lake_etl.publish.row_change import replaced_rows, shown_files
from lake_etl.publish.sources import sources_of
from lib.local_lake.folders import LakeFolders


def warnings_before(folders: LakeFolders, landing: Landing, spec: InputSpec) -> list[str]:
    """Return what the user should know before a file is loaded; nothing when the load replaces only its own rows."""
    period = period_warning(landing.base_file_name, landing.partition)
    return [text for text in (period, _replaced(folders, landing, spec)) if text]


def _replaced(folders: LakeFolders, landing: Landing, spec: InputSpec) -> str | None:
    """Return which rows of other files the load would replace; None when there are none."""
    if spec.load_mode == 'by_file' or not folders.database_file.exists():
        return None
    year, month, day = landing.partition
    wanted = f'{year:04}', f'{month:02}', f'{day:02}'
    partition = next((item for item in SqliteCatalog(folders.catalog).partitions(landing.database, landing.table)
                      if item.values == wanted), None)
    own = '/'.join((landing.database, landing.table, *landing.key.split('/')[2:]))
    others = tuple(source.file for source in sources_of(partition.parameters if partition else {})
                   if source.file.casefold() != own.casefold())
    if partition is None or not others:
        return None
    return (f'Partition {"/".join(wanted)} of {landing.database.lower()}.{landing.table.lower()} holds '
            f'{replaced_rows(partition):,} rows of {shown_files(others)}, which this load replaces. Give another date, '
            "or set load_mode to 'by_file' in the input_spec, if that is not meant.")
