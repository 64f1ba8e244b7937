"""Keeps the history of a Glue table as objects below the folder of the table, one for each publication.

The Data Catalog has no transactions, so an object is written before its switch. One whose switch has failed or was
rolled back stays and is ignored, because no partition came from it to where it is now. The objects are never read by
Athena or Spark, as their folder begins with an underscore, and nothing removes them; they hold no values of rows.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from lake_etl.adapters.aws.glue_structures import Structure, partition_from_glue, table_from_glue
from lake_etl.adapters.aws.s3_files import SCHEME, S3Files
from lake_etl.adapters.change_records import effective_changes, new_change, read_record, record_bytes
from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.adapters.publication import folder, merged_table
from lake_etl.ports import Files, Partition, Publication, Table, TableChange

HISTORY_FOLDER = '_history'


def write_history(publication: Publication, before: Structure | None,
                  partitions: Mapping[tuple[str, ...], Structure]) -> None:
    """Record a publication that is about to happen; one whose cause names no run is not recorded.

    before      the table as Glue describes it; None when there is none
    partitions  those that the publication concerns, as Glue describes them

    Raises LakeError when the object cannot be written.
    """
    if not publication.cause.run:
        return
    table = table_from_glue(before) if before is not None else None
    change = new_change(publication, table, merged_table(table, publication.table),
                        {values: partition_from_glue(found) for values, found in partitions.items()})
    if change is not None:
        place = _place(publication.table)
        _files(place).write(f'{place}/{change.id}', record_bytes(change))


def read_history(table: Table, partitions: Iterable[Partition]) -> tuple[TableChange, ...]:
    """Return the changes of a table that have taken effect, the latest first."""
    place = _place(table)
    files = _files(place)
    uris = sorted((entry.uri for entry in files.list(place)), reverse=True)
    contents = (files.read(uri) for uri in uris)
    return tuple(effective_changes((read_record(content) for content in contents if content), partitions))


def _place(table: Table) -> str:
    return f'{folder(table.location)}/{HISTORY_FOLDER}'


def _files(place: str) -> Files:
    return S3Files() if place.startswith(SCHEME) else FolderFiles()
