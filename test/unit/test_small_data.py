"""Spark starts for small data only if the landed files and the tables of the lake are small."""
from __future__ import annotations

import pytest

from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.laptop_session import SMALL_LANDED_BYTES, SMALL_TABLE_BYTES, is_small


@pytest.mark.parametrize('landed, tables, small', [
    (0, (), True),
    (SMALL_LANDED_BYTES - 1, (SMALL_TABLE_BYTES - 2, 1), True),
    (SMALL_LANDED_BYTES, (), False),
    (0, (SMALL_TABLE_BYTES - 1, 1), False),
])
def test_one_large_part_makes_all_large(tmp_path, landed, tables, small):
    folders = LakeFolders.of(str(tmp_path), None)
    for folder, size in zip((folders.cleanse, folders.consume), tables):
        file = folder / 'gen' / 'policy' / 'part.parquet'
        file.parent.mkdir(parents=True)
        with file.open('wb') as empty:
            empty.truncate(size)
    assert is_small(folders, landed) is small
