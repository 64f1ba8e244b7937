"""Compares the rows of a load with the rows that it replaces."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.errors import DataError
from lake_etl.ports import Partition
from lake_etl.publish.sources import ROW_COUNT, file_identity, sources_of


@dataclass(frozen=True)
class RowChange:
    """What a load replaces.

    place   the partition, or the file whose rows are replaced, in words
    before  rows that readers see until the load is published
    after   rows of the load
    others  source files of the replaced rows, without the file of this load
    """

    place: str
    before: int
    after: int
    others: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Return by how much the number of rows changes, negative for fewer rows."""
        return (self.after - self.before) / self.before * 100

    def __str__(self) -> str:
        files = f' of {shown_files(self.others)}' if self.others else ''
        return (f'{self.place} had {self.before:,} rows{files}; this load replaces them by {self.after:,} rows '
                f'({self.percent:+.1f} %).')


def shown_files(files: tuple[str, ...]) -> str:
    """Return the names of source files for a message, the first three of many."""
    more = f' and {len(files) - 3} more files' if len(files) > 3 else ''
    return ', '.join(files[:3]) + more


def row_change(partition: Partition | None, table: str, source_file: str, rows: int, by_file: bool,
               file_key: str | None = None) -> RowChange | None:
    """Return what a load of so many rows replaces; None when it replaces no rows or just as many of its own file.

    partition  as readers see it; None when there is none
    by_file    whether the load replaces the rows of its own file only
    file_key   pattern of what identifies a source file by its name
    """
    if partition is None:
        return None
    sources, place = sources_of(partition.parameters), f'Partition {"/".join(partition.values)} of {table}'
    if by_file:
        own = file_identity(source_file, file_key)
        before = sum(source.rows for source in sources if file_identity(source.file, file_key) == own)
        return RowChange(f'{source_file} in {place[0].lower()}{place[1:]}', before, rows, ()) if before else None
    before = replaced_rows(partition)
    others = tuple(source.file for source in sources if source.file != source_file)
    return RowChange(place, before, rows, others) if before and (others or before != rows) else None


def replaced_rows(partition: Partition) -> int:
    """Return how many rows readers see in a partition; 0 when the catalog does not know."""
    count = partition.parameters.get(ROW_COUNT, '0')
    return int(count) if count.isdigit() else 0


def require_row_change(change: RowChange | None, limit: float | None) -> None:
    """Raise DataError when a load changes the number of rows by more than `limit` percent; None allows any change."""
    if change is not None and limit is not None and abs(change.percent) > limit:
        raise DataError(
            f"{change} 'max_row_change' in the input_spec allows {limit:g} %. The table was not changed. Correct the "
            'file or its period, or raise max_row_change for this load.')
