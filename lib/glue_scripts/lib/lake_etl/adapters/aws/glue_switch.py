"""Switches a Glue table to new data in an order that is safe for readers, and rolls back if a change fails."""
from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.glue_history import write_history
from lake_etl.adapters.aws.glue_partitions import (
    EXISTS, MISSING, Failure, GluePartitions, Outcome, Values, call_failure)
from lake_etl.adapters.aws.glue_structures import (
    Structure, as_input, is_parquet_table, partition_from_glue, partition_input, table_from_glue, table_input)
from lake_etl.adapters.publication import partition_label, require_expected, require_publishable, table_name
from lake_etl.errors import PublicationConflict, PublicationError
from lake_etl.ports import Publication

LOG = logging.getLogger(__name__)
SHOWN = 10


class Refused(Exception):
    """The catalog refused a change; `failures` are by partition, with () for the table itself."""

    def __init__(self, failures: Mapping[Values, Failure]):
        super().__init__()
        self.failures = failures


class GlueSwitch:
    """One publication in the AWS Glue Data Catalog.

    Glue has no transactions, so the table's columns change first, then partitions are created, updated and deleted.
    Meanwhile a reader sees a mix of old and new partitions, each of them complete. The expectations of the publication
    are checked before the first change. The lock of the state machine, not this class, prevents concurrent switches of
    a partition.
    """

    def __init__(self, client: Any, publication: Publication):
        require_publishable(publication)
        self._client = client
        self._publication = publication
        self._database = publication.table.database.lower()
        self._name = publication.table.name.lower()
        self._partitions = GluePartitions(client, self._database, self._name)
        self._put = {partition.values: partition_input(partition) for partition in publication.put}
        self._table_before: Structure | None = None
        self._table_changed = False
        self._before: dict[Values, Structure] = {}
        self._touched: set[Values] = set()

    def run(self) -> None:
        """Run the switch; raises PublicationConflict or PublicationError, as `GlueCatalog.publish` does."""
        try:
            self._look()
            write_history(self._publication, self._table_before, self._before)
            self._change_table()
            self._change_partitions()
        except Refused as refused:
            raise self._taken_back(refused.failures) from refused
        except PublicationConflict:
            if self._touched or self._table_changed:
                LOG.warning('Rolling back the publication of %s, because another execution was faster.',
                            table_name(self._publication))
                if left := self._undo():
                    raise PublicationError(self._half_done(left)) from None
            raise

    def _look(self) -> None:
        """Read the current state of the catalog; raises PublicationConflict if it is not the expected one."""
        try:
            self._table_before = self._found_table()
            if self._table_before is not None:
                concerned = {*self._put, *self._publication.drop, *self._publication.expected}
                self._before = self._partitions.get(sorted(concerned))
        except (ClientError, BotoCoreError) as error:
            raise Refused({(): call_failure(error)}) from error
        if self._table_before is not None and not is_parquet_table(self._table_before):
            raise PublicationError(f'{table_name(self._publication)} is a view or an Iceberg table, so no Parquet '
                                   'table can be published under that name. Nothing was changed; choose another name.')
        require_expected(self._publication, _locations(self._before))

    def _found_table(self) -> Structure | None:
        try:
            found: Structure = self._client.get_table(DatabaseName=self._database, Name=self._name)['Table']
        except ClientError as error:
            if call_failure(error).code == MISSING:
                return None
            raise
        return found

    def _change_table(self) -> None:
        """Create the table, or update it if its columns or properties differ."""
        wanted = table_input(self._publication.table, self._table_before, self._members('TableInput'))
        if self._table_before is not None and wanted == as_input(self._table_before, wanted):
            return
        change = self._client.update_table if self._table_before is not None else self._client.create_table
        try:
            change(DatabaseName=self._database, TableInput=wanted)
        except (ClientError, BotoCoreError) as error:
            failure = call_failure(error)
            if failure.code == EXISTS:  # another first load of the table was faster
                self._look()
                if self._table_before is not None:
                    self._change_table()
                    return
            self._table_changed = failure.code != EXISTS    # the change may have succeeded without a response
            raise Refused({(): failure}) from error
        self._table_changed = True

    def _change_partitions(self) -> None:
        self._create({values: content for values, content in self._put.items() if values not in self._before})
        shared = {values: content for values, content in self._put.items() if values in self._before}
        gone = self._done(shared, self._partitions.update(shared))
        self._create({values: shared[values] for values in gone})
        dropped = [values for values in self._publication.drop if values in self._before]
        self._done(dropped, self._partitions.delete(dropped))

    def _create(self, inputs: Mapping[Values, Structure]) -> None:
        """Create partitions; those that have appeared meanwhile are updated later, unless expected to be absent."""
        outcome = self._partitions.create(inputs)
        try:
            found = self._partitions.get(sorted(outcome.unmet))
        except (ClientError, BotoCoreError) as error:
            raise Refused(dict.fromkeys(outcome.unmet, call_failure(error))) from error
        finally:
            self._touched.update(set(inputs) - outcome.unmet)
        for values, partition in found.items():
            if _location(partition) == self._put[values]['StorageDescriptor']['Location']:
                self._touched.add(values)   # created by the first attempt of a repeated call
            else:
                require_expected(self._publication, {**_locations(self._before), values: _location(partition)})
                self._before[values] = partition
        if outcome.failed:
            raise Refused(outcome.failed)

    def _done(self, values: Iterable[Values], outcome: Outcome) -> frozenset[Values]:
        """Record changed partitions and return those that did not exist; raises Refused if some failed."""
        self._touched.update(set(values) - outcome.unmet)
        if outcome.failed:
            raise Refused(outcome.failed)
        return outcome.unmet

    def _taken_back(self, failures: Mapping[Values, Failure]) -> PublicationError:
        """Roll back and return the error, which says what readers see now."""
        changed = bool(self._touched) or self._table_changed
        left = self._undo() if changed else None
        reasons = sorted({str(failure) for failure in failures.values()})[:SHOWN]
        refused = f'{len(failures)} of {len(self._put) + len(self._publication.drop)} partitions'
        what = 'the table' if () in failures else refused
        message = f'{table_name(self._publication)} was not published: Glue refused {what} ({"; ".join(reasons)}).'
        if left:
            return PublicationError(f'{message} {self._half_done(left)}')
        return PublicationError(f'{message} Readers see the old data. Remove the cause, then run the load again.')

    def _undo(self) -> list[str]:
        """Roll everything back and return what still differs; empty if readers see the old data."""
        restored = {values: as_input(self._before[values], self._members('PartitionInput'))
                    for values in self._touched if values in self._before}
        missing = self._partitions.update(restored).unmet
        self._partitions.create({values: restored[values] for values in missing})
        self._partitions.delete(values for values in self._touched if values not in self._before)
        self._undo_table()
        try:
            return self._differences()
        except (ClientError, BotoCoreError) as error:
            LOG.warning('Could not read what remains of the publication of %s: %s.', table_name(self._publication),
                        call_failure(error).code)
            return [*_labels(self._touched), *(['the columns of the table'] if self._table_changed else [])]

    def _undo_table(self) -> None:
        if not self._table_changed:
            return
        try:
            if self._table_before is None:
                if not self._partitions.any():  # another load may have published partitions meanwhile
                    self._client.delete_table(DatabaseName=self._database, Name=self._name)
            else:
                self._client.update_table(DatabaseName=self._database, TableInput=as_input(
                    self._table_before, self._members('TableInput')))
        except (ClientError, BotoCoreError) as error:
            LOG.warning('Could not roll back the columns of %s: %s.', table_name(self._publication),
                        call_failure(error).code)

    def _differences(self) -> list[str]:
        """Return what differs from the state before the first change."""
        table = self._found_table()
        if table is None:
            return [] if self._table_before is None else ['the table itself']
        now, before = _locations(self._partitions.get(sorted(self._touched))), _locations(self._before)
        left = _labels(values for values in self._touched if now.get(values) != before.get(values))
        if self._table_before is None or table_from_glue(table) != table_from_glue(self._table_before):
            left.append('the columns of the table')
        return left

    def _half_done(self, left: list[str]) -> str:
        shown = ', '.join(left[:SHOWN]) + (f' and {len(left) - SHOWN} more' if len(left) > SHOWN else '')
        return (f'The rollback of {table_name(self._publication)} failed too: {shown} may be new already, '
                'everything else is as before. Run the load again to repair it.')

    def _members(self, structure: str) -> Collection[str]:
        """Return the member names of a request structure of Glue."""
        names: Collection[str] = self._client.meta.service_model.shape_for(structure).members
        return names


def _location(partition: Structure) -> str:
    return partition_from_glue(partition).location


def _locations(partitions: Mapping[Values, Structure]) -> dict[Values, str]:
    return {values: _location(partition) for values, partition in partitions.items()}


def _labels(values: Iterable[Values]) -> list[str]:
    return [f'partition {partition_label(item)}' for item in sorted(values)]
