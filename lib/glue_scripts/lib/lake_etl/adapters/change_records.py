"""Turns publications into records of a table's history, and tells which of these records have taken effect."""
from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from lake_etl.adapters.publication import folder
from lake_etl.ports import Cause, Column, Partition, Publication, Table, TableChange

Locate = Callable[[str], str]
Values = tuple[str, ...]


def new_change(publication: Publication, before: Table | None, after: Table,
               partitions: Mapping[Values, Partition]) -> TableChange | None:
    """Return the record of a publication; None when no partition gets another folder.

    before, after  the table before and after the switch
    partitions     those that the publication puts or drops, as they are before it
    """
    put = {partition.values: partition for partition in publication.put}
    pairs = {values: (partitions.get(values), put.get(values)) for values in (*put, *publication.drop)}
    switches = {values: pair for values, pair in pairs.items() if _location(pair[0]) != _location(pair[1])}
    if not switches:
        return None
    now = datetime.now(UTC)
    return TableChange(f'{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}', now, publication.cause,
                       (before.columns if before else (), after.columns), switches)


def record_bytes(change: TableChange, stored: Locate = str) -> bytes:
    """Return a record as compressed JSON, each list of columns once; `stored` gives the form of a location."""
    schemas: dict[tuple[Column, ...], int] = {}

    def columns(found: Iterable[Column]) -> int:
        return schemas.setdefault(tuple(found), len(schemas))

    def partition(found: Partition | None) -> list[Any] | None:
        return None if found is None else [stored(folder(found.location)), columns(found.columns),
                                           dict(found.parameters)]
    document = {
        'id': change.id, 'time': change.time.isoformat(), 'cause': asdict(change.cause),
        'columns': [columns(item) for item in change.columns],
        'switches': [[values, *map(partition, pair)] for values, pair in change.switches.items()]}
    document['schemas'] = [[(item.name, item.type, item.comment) for item in schema] for schema in schemas]
    return zlib.compress(json.dumps(document, ensure_ascii=False).encode())


def read_record(content: bytes, full: Locate = str) -> TableChange:
    """Return the record in these bytes; `full` gives the location for its stored form."""
    document = json.loads(zlib.decompress(content))
    schemas = [tuple(Column(*item) for item in schema) for schema in document['schemas']]

    def partition(values: Values, found: Sequence[Any] | None) -> Partition | None:
        return None if found is None else Partition(values, full(found[0]), schemas[found[1]], found[2])
    switches = {tuple(values): (partition(tuple(values), before), partition(tuple(values), after))
                for values, before, after in document['switches']}
    before, after = (schemas[number] for number in document['columns'])
    return TableChange(document['id'], datetime.fromisoformat(document['time']), Cause(**document['cause']),
                       (before, after), switches)


def effective_changes(changes: Iterable[TableChange], partitions: Iterable[Partition]) -> Iterator[TableChange]:
    """Yield those of the changes, the latest first, and of their switches, that readers have seen.

    partitions  of the table as it is now

    A record that is written before its switch also exists where the switch has failed. A switch has taken place if it
    leads to the location from which the next later one starts, or at which the partition is now.
    """
    now: dict[Values, str | None] = {partition.values: _location(partition) for partition in partitions}
    for change in changes:
        seen = {values: pair for values, pair in change.switches.items() if now.get(values) == _location(pair[1])}
        now.update((values, _location(before)) for values, (before, _) in seen.items())
        if seen:
            yield TableChange(change.id, change.time, change.cause, change.columns, seen)


def _location(partition: Partition | None) -> str | None:
    return None if partition is None else folder(partition.location)
