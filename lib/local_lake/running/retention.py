"""Stores in lake.db for how many hours superseded files of a lake stay."""
from __future__ import annotations

from datetime import timedelta

from lake_etl.adapters.local.catalog_file import reading, writing
from lake_etl.arguments import DEFAULT_RETENTION_HOURS, retention_hours_of
from lib.local_lake.folders import LakeFolders

SETTING = 'retention_hours'


def retention_hours(folders: LakeFolders) -> float:
    """Return the setting of a lake, or the default of all lakes."""
    if not folders.database_file.exists():
        return DEFAULT_RETENTION_HOURS
    with reading(folders.catalog) as connection:
        found = connection.execute('SELECT value FROM catalog_settings WHERE name = ?', (SETTING,)).fetchone()
    return retention_hours_of(found[0]) if found else DEFAULT_RETENTION_HOURS


def retention(folders: LakeFolders) -> timedelta:
    """Return how long superseded files stay."""
    return timedelta(hours=retention_hours(folders))


def set_retention(folders: LakeFolders, hours: str) -> float:
    """Store the setting and return it; raises LakeError for a text that is not a number of hours up to a year."""
    found = retention_hours_of(hours, 'The retention period')
    with writing(folders.catalog) as connection:
        connection.execute('INSERT OR REPLACE INTO catalog_settings VALUES (?, ?)', (SETTING, f'{found:g}'))
    return found
