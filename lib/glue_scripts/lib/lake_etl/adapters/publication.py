"""Computes the table that a publication produces, and refuses invalid publications, for every catalog."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lake_etl.errors import PublicationConflict, PublicationError
from lake_etl.ports import Column, Publication, Table


def merged_table(existing: Table | None, new: Table) -> Table:
    """Return the table after the publication, with names in lower case.

    Description, column comments and parameters that the new table does not set keep their values.
    """
    table = replace(
        new, database=new.database.lower(), name=new.name.lower(), location=folder(new.location),
        columns=_with_comments(existing.columns if existing else (), new.columns),
        partition_keys=_with_comments(existing.partition_keys if existing else (), new.partition_keys))
    if existing is None:
        return table
    return replace(
        table, description=existing.description if new.description is None else new.description,
        parameters={**existing.parameters, **new.parameters})


def require_publishable(publication: Publication) -> None:
    """Raise PublicationError if the publication contradicts itself."""
    name, keys = table_name(publication), publication.table.partition_keys
    put = [partition.values for partition in publication.put]
    if wrong := sum(len(values) != len(keys) for values in (*put, *publication.drop)):
        raise PublicationError(
            f'{wrong} partitions published to {name} do not have one value for each of its {len(keys)} partition '
            f'keys ({", ".join(key.name for key in keys)}). Nothing was changed; correct the partitions.')
    if twice := [values for values, count in Counter((*put, *publication.drop)).items() if count > 1]:
        raise PublicationError(
            f'Partition {partition_label(twice[0])} occurs more than once in a publication to {name}. Nothing was '
            'changed; put or drop each partition once.')


def require_expected(publication: Publication, found: Mapping[tuple[str, ...], str]) -> None:
    """Raise PublicationConflict unless the partitions have the locations that the publication expects.

    found  locations of the existing partitions, by values
    """
    for values, expected in publication.expected.items():
        location = found.get(values)
        if (None if location is None else folder(location)) != (None if expected is None else folder(expected)):
            raise PublicationConflict(
                f'Partition {partition_label(values)} of {table_name(publication)} was changed by another execution: '
                f'expected {_place(expected)}, found {_place(location)}. Nothing was changed; look at the partition '
                'again and repeat.')


def table_name(publication: Publication) -> str:
    """Return the published table's name as queries write it."""
    return f'{publication.table.database}.{publication.table.name}'.lower()


def partition_label(values: Iterable[str]) -> str:
    """Return partition values as messages show them: `2026/11/24`."""
    return '/'.join(values)


def folder(location: str) -> str:
    """Return a location without its trailing slash."""
    return location.rstrip('/') or location


def _with_comments(existing: Iterable[Column], new: Iterable[Column]) -> tuple[Column, ...]:
    comments = {column.name.lower(): column.comment for column in existing}
    return tuple(Column(column.name.lower(), column.type, column.comment or comments.get(column.name.lower(), ''))
                 for column in new)


def _place(location: str | None) -> str:
    return 'no such partition' if location is None else location
