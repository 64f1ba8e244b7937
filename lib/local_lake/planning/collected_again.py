"""Finds in Collect the file that fills a partition, and says why it cannot be loaded into that partition again."""
from __future__ import annotations

from collections.abc import Container, Mapping

from lake_etl.config.configuration_files import folded
from lib.local_lake.planning.recorded_files import RecordedFile
from lib.local_lake.running.collected_files import Dropped

GONE = 'not in Collect any more'
REPLACED = 'replaced in Collect by a file of another day'


def find_collected(item: RecordedFile, collected: Mapping[str, Dropped]) -> Dropped | None:
    """Return the file in Collect; None if it is gone, or if what lies there belongs to another partition.

    collected  the files in Collect by their folded paths, as the configuration spells them
    """
    found = collected.get(folded(item.file))
    return found if found is not None and item.is_as_loaded(found.key, found.landed) else None


def why_missing(item: RecordedFile, collected: Container[str]) -> str:
    """Return what a file is that cannot be loaded again; `collected` has the folded paths of the files in Collect."""
    return REPLACED if folded(item.file) in collected else GONE
