"""A load that is written and audited but not yet published: readers still see the data from before."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.publish.audit import Audit
from lake_etl.publish.ownership import require_ownership
from lake_etl.publish.target import PartitionValues, Published, Target


class Staged(ABC):
    """A staged load; use it in a `with` block, at whose end it is discarded unless it was published.

    target       the table that the load fills
    audit        of the rows for readers
    partitions   those with rows for readers
    failed_rows  marked rows that fail rules and were written in the same pass; None when there are none
    """

    def __init__(self, target: Target, audit: Audit, partitions: Sequence[PartitionValues],
                 failed_rows: DataFrame | None, failed_files: Sequence[str]):
        self.target = target
        self.audit = audit
        self.partitions = tuple(partitions)
        self.failed_rows = failed_rows
        self._failed_files = failed_files
        self._handed_over = False

    @abstractmethod
    def publish(self) -> Published:
        """Switch readers to the staged data at one instant."""

    @abstractmethod
    def _discard(self) -> None:
        """Remove the staged files."""

    def _hand_over(self) -> None:
        """Remove failed rows; from here on the other files stay whatever happens, as readers may see them already.

        If the switch fails half-way, a later load removes what nothing refers to. Raises OwnershipError when the load
        may not fill the table any more.
        """
        runtime.files(self.target.folder).delete(self._failed_files)
        # The write took its time, in which another workflow may have made the table.
        require_ownership(runtime.catalog().table(self.target.database, self.target.table), self.target.ownership)
        self._handed_over = True
        runtime.catalog().create_database(self.target.database, f'{self.target.folder}/{self.target.database}',
                                          self.target.database_description)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        if not self._handed_over:
            self._discard()
