"""Lets PyIceberg find the files of a lake whose Iceberg metadata names them relative to the lake's folder."""
from __future__ import annotations

import json

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from lake_etl.adapters.local.lake_paths import LakePaths

ROOT, FORMER = 'lake.root', 'lake.former-roots'


class LakeFileIO(PyArrowFileIO):
    """Files of a lake, by paths relative to it; full paths below a folder where it lay before are found as well."""

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        """Return scheme, host and path of a location."""
        return PyArrowFileIO.parse_location(paths_from_properties(properties).iceberg_path(location), properties)


def io_properties(places: LakePaths) -> dict[str, str]:
    """Return the properties with which PyIceberg uses these files; they are never written to a table."""
    return {'py-io-impl': f'{LakeFileIO.__module__}.{LakeFileIO.__name__}', ROOT: places.root,
            FORMER: json.dumps(places.former)}


def paths_from_properties(properties: Properties) -> LakePaths:
    """Return the places that properties of `io_properties` speak of."""
    return LakePaths(str(properties[ROOT]), tuple(json.loads(str(properties[FORMER]))))
