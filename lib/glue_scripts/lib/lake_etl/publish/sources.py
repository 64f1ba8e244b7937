"""Stores in partition properties which source files the rows came from and which Parquet files hold them."""
from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

PROPERTY = 'lake_source_'
ROW_COUNT = 'recordCount'
WRITE_ID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')


@dataclass(frozen=True)
class SourceFile:
    """One source file's share of a partition.

    file   the source file's path in its bucket
    rows   how many rows came from it
    write  the id that Spark put into the names of the Parquet files that hold these rows
    """

    file: str
    rows: int
    write: str


def file_identity(file: str, file_key: str | None) -> str:
    """Return what identifies a source file in its partition: its path, whose name may be reduced to a key.

    file_key  regular expression for the name; its first group, or else its match, is the key. A name that does not
              match, and any name without a pattern, stays whole
    """
    folder, slash, name = file.rpartition('/')
    found = re.search(file_key, name) if file_key else None
    return file if found is None else f'{folder}{slash}{found[1] if found.re.groups else found[0]}'


def write_id(file_names: Iterable[str]) -> str:
    """Return the id that Spark put into the names of one write's files, or an empty text when there are none."""
    found = {match[0] for match in map(WRITE_ID.search, file_names) if match}
    return min(found, default='')


def belongs_to(file_name: str, source: SourceFile) -> bool:
    """Tell whether a Parquet file holds rows of the source."""
    return bool(source.write) and source.write in file_name


def partition_properties(sources: Iterable[SourceFile]) -> dict[str, str]:
    """Return a partition's properties: one for each source file, and the number of rows in all."""
    sources = tuple(sources)
    own = {PROPERTY + _short(source.file): json.dumps(asdict(source), sort_keys=True) for source in sources}
    return {**own, ROW_COUNT: str(sum(source.rows for source in sources))}


def sources_of(properties: Mapping[str, str]) -> tuple[SourceFile, ...]:
    """Return the sources listed in a partition's properties."""
    return tuple(SourceFile(**json.loads(text)) for key, text in sorted(properties.items()) if key.startswith(PROPERTY))


def _short(file: str) -> str:
    return hashlib.sha256(file.encode()).hexdigest()[:16]
