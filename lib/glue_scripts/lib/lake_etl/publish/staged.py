"""A load that is staged but not yet published: readers still see the data from before."""
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
    """A staged load. Use it in a `with` block, which discards the load at its end unless `publish` was called.

    audit  of the rows for readers
    """

    def __init__(self, audit: Audit):
        self.audit = audit
        self._publishing = False

    @abstractmethod
    def publish(self) -> Published:
        """Switch readers to the staged data, at one instant where the catalog can do it (decision 002)."""

    @abstractmethod
    def _discard(self) -> None:
        """Remove what staging has written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        if not self._publishing:
            self._discard()


class StagedFiles(Staged):
    """A load whose files are written next to the published ones.

    target       the table that the load fills
    partitions   those with rows for readers
    failed_rows  marked rows that fail rules and were written in the same pass; None when there are none
    """

    def __init__(self, target: Target, audit: Audit, partitions: Sequence[PartitionValues],
                 failed_rows: DataFrame | None, failed_files: Sequence[str]):
        super().__init__(audit)
        self.target = target
        self.partitions = tuple(partitions)
        self.failed_rows = failed_rows
        self._failed_files = failed_files

    def _begin_publishing(self) -> None:
        """Remove failed rows. From here on the other files stay whatever happens: readers may already see them.

        If the switch fails half-way, a later load removes unreferenced files. Raises OwnershipError when the load may
        no longer fill the table.
        """
        runtime.files(self.target.folder).delete(self._failed_files)
        # Writing took time, in which another workflow may have created the table.
        require_ownership(runtime.catalog().table(self.target.database, self.target.table), self.target.ownership)
        self._publishing = True
        runtime.catalog().create_database(self.target.database, f'{self.target.folder}/{self.target.database}',
                                          self.target.database_description)
