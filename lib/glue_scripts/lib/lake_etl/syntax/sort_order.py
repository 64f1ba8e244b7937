"""The order of rows as specifications write it: columns whose values keep rows apart, and columns to sort by."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RowOrder:
    """The order of rows: partition columns, and sort columns that may end in ` desc` or ` asc`.

    Without sort columns, and among rows equal in all of them, rows keep the order in which they were read.
    """

    partition: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns that the order looks at."""
        return (*self.partition, *(sort_column(item) for item in self.sort))


def sort_column(item: str) -> str:
    """Return the column of a sort entry, without its direction."""
    name, _, direction = item.rpartition(' ')
    return name.rstrip() if name.strip() and direction.lower() in ('asc', 'desc') else item


def is_descending(item: str) -> bool:
    """Tell whether a sort entry ends in ` desc`."""
    return sort_column(item) != item and item.lower().endswith(' desc')
