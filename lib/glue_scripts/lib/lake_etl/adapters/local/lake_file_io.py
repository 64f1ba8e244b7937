"""Opens the Iceberg catalog of a lake, whose metadata names files relative to the lake's folder."""
from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties
from sqlalchemy import URL

from lake_etl.adapters.local.catalog_file import catalog_path, reading
from lake_etl.adapters.local.database import PATIENCE_SECONDS
from lake_etl.adapters.local.lake_paths import LakePaths, connection_paths

ROOT, FORMER = 'lake.root', 'lake.former-roots'
NAME = 'lake'


class LakeFileIO(PyArrowFileIO):
    """Files by paths relative to the lake, or by full paths below a former folder of the lake."""

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        """Return scheme, host and path of a location."""
        return PyArrowFileIO.parse_location(paths_from_properties(properties).iceberg_path(location), properties)


def io_properties(paths: LakePaths) -> dict[str, str]:
    """Return the properties that make PyIceberg use LakeFileIO; they are never written to a table."""
    return {'py-io-impl': f'{LakeFileIO.__module__}.{LakeFileIO.__name__}', ROOT: paths.root,
            FORMER: json.dumps(paths.former)}


def paths_from_properties(properties: Properties) -> LakePaths:
    """Return the paths in properties of `io_properties`."""
    return LakePaths(str(properties[ROOT]), tuple(json.loads(str(properties[FORMER]))))


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
