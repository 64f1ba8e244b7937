"""Lets PyIceberg find files that the Iceberg metadata names relative to the lake's folder."""
from __future__ import annotations

import json

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from lake_etl.adapters.local.lake_paths import LakePaths

ROOT, FORMER = 'lake.root', 'lake.former-roots'


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
