"""Makes a table exist, and takes partitions out of it, without writing files."""
from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from lake_etl import runtime
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.publish.layout import partition_of_load
from lake_etl.publish.ownership import parameters_after
from lake_etl.publish.sweep import sweep_partition
from lake_etl.publish.target import PartitionValues, Target

LOG = logging.getLogger(__name__)


def empty_partitions(target: Target, columns: Callable[[], tuple[Column, ...]],
                     leaves: Callable[[PartitionValues], bool]) -> int:
    """Take the partitions out of the table whose values `leaves` is true for, and return how many there were.

    A table that does not exist is made with the columns, which are asked for only then. Raises OwnershipError when
    the load may not fill the table.
    """
    catalog = runtime.catalog()
    existing = catalog.table(target.database, target.table)
    parameters = parameters_after(existing, target.ownership)
    before = catalog.partitions(target.database, target.table) if existing else ()
    dropped = tuple(partition for partition in before if leaves(partition.values))
    if existing and not dropped:
        return 0
    table = existing or Table(target.database, target.table, columns(), target.keys, target.table_location(None),
                              target.description)
    catalog.create_database(target.database, f'{target.folder}/{target.database}', target.database_description)
    catalog.publish(Publication(replace(table, parameters=parameters),
                                drop=tuple(partition.values for partition in dropped)))
    _sweep(target, dropped)
    if dropped:
        LOG.info('%d partitions of %s are empty now.', len(dropped), target.name)
    return len(dropped)


def _sweep(target: Target, dropped: tuple[Partition, ...]) -> None:
    for partition in dropped:
        place = partition_of_load(partition.location)
        sweep_partition(runtime.files(place), place, (), (partition.location,), datetime.now(UTC), target.retention)
