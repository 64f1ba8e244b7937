"""Opens PyIceberg's catalog of a lake, in the same SQLite file as the lake's own."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import URL

from lake_etl.adapters.local.catalog_file import catalog_path, reading
from lake_etl.adapters.local.database import PATIENCE_SECONDS
from lake_etl.adapters.local.lake_file_io import io_properties
from lake_etl.adapters.local.lake_paths import connection_paths

NAME = 'lake'


@contextmanager
def iceberg_catalog(address: str, warehouse: str) -> Iterator[SqlCatalog]:
    """Open the Iceberg catalog in the file of an address `sqlite:///folder/lake.db`."""
    with reading(address) as connection:
        path = catalog_path(address)    # The file and its write-ahead log exist now.
        properties = io_properties(connection_paths(connection))
    uri = URL.create('sqlite', database=str(path), query={'timeout': str(PATIENCE_SECONDS)})
    catalog = SqlCatalog(NAME, uri=uri.render_as_string(), warehouse=warehouse, **properties)
    try:
        yield catalog
    finally:
        catalog.engine.dispose()
