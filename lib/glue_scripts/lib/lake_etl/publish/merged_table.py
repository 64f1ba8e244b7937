"""Stages and publishes a merge: rows that replace those with the same key in an Iceberg table."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from lake_etl.ports import MergedTables
from lake_etl.publish.audit import Audit, take_audit
from lake_etl.publish.staged import Staged
from lake_etl.publish.target import Published


@dataclass(frozen=True)
class MergeTarget:
    """The table that a merge changes.

    key               the column whose values identify rows
    expected_version  the version that the rows were computed from; None when the table did not exist
    properties        of the version that the merge makes, for the history of the table
    """

    tables: MergedTables
    database: str
    table: str
    key: str
    expected_version: str | None
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the table's name as queries write it."""
        return f'{self.database}.{self.table}'


def stage_merge(rows: DataFrame, target: MergeTarget) -> StagedMerge:
    """Audit the rows in one Spark job; neither the table nor its files change.

    rows  new and changed rows, with a different key each; the caller persists them so that both steps see the same
    """
    return StagedMerge(target, take_audit(rows), rows)


class StagedMerge(Staged):
    """A staged merge. A table format with branches would stage on a branch and discard it here."""

    def __init__(self, target: MergeTarget, audit: Audit, rows: DataFrame):
        super().__init__(audit)
        self._target = target
        self._rows = rows

    def publish(self) -> Published:
        """Merge the rows in one commit; without rows the table stays at its version.

        Raises MergeConflict when the table is no longer at the expected version, PublicationError when it cannot be
        written. After either, readers see the data from before.
        """
        self._publishing = True
        target = self._target
        if self.audit.rows:
            target.tables.merge(self._rows, target.database, target.table, target.key, target.expected_version,
                                target.properties)
        return Published(target.name, (), self.audit)

    def _discard(self) -> None:
        """Leave everything as it is: staging a merge writes nothing."""
