"""Reads a match: its specification, its cross-reference, and the rows of a person."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.snapshot import read_names
from lake_etl.config.configuration_files import entity_match_file
from lake_etl.config.match_specification import EntityMatchSpec, ExactMatchFields
from lake_etl.config.reader import configuration_below
from lake_etl.config.workflow import read_entity_match
from lake_etl.errors import LakeError
from lake_etl.ports import Table
from lib.local_lake.folders import LakeFolders

CONSUME, CROSS_REFERENCE, NEW = '_consume', '_xref', 'new'
Row = Mapping[str, object]


@dataclass(frozen=True)
class SourceKey:
    """The key of a person in a source system, written `SYSTEM:KEY`."""

    system: str
    key: str

    def __str__(self) -> str:
        return f'{self.system}:{self.key}'


@dataclass(frozen=True)
class KnownKey:
    """A row of the cross-reference.

    level  the level that matched it, `new` for the first key of a person
    score  its score then; None where nothing was compared
    """

    global_id: str
    source: SourceKey
    first_seen: object
    level: str
    score: float | None


class MatchedDatabase:
    """The entity match of one database in a lake on this machine."""

    def __init__(self, folders: LakeFolders, database: str):
        """Raises LakeError when the database has no match specification or was not matched yet."""
        self.address = folders.catalog
        self.spec = read_specification(folders, database)
        consume = f'{database.lower()}{CONSUME}'
        self.primary = f'{consume}.{self.spec.primary_entity_table.lower()}'
        with reading(self.address) as connection:
            published = read_names(connection).tables
        self._tables = [table for (owner, _), table in published.items() if owner == consume]
        if (consume, f'{self.spec.primary_entity_table.lower()}{CROSS_REFERENCE}') not in published:
            raise LakeError(f'{database} has no match yet: there is no table {self.primary}{CROSS_REFERENCE}. Load '
                            f'a file of it with ./lake run FILE --workflow {database}/TABLE.')

    def known_keys(self, beginning: str = '') -> list[KnownKey]:
        """Return the cross-reference, the oldest keys of a person first.

        beginning  of the global ids to return; empty for all
        """
        chosen = f'WHERE starts_with({self.spec.global_id_field}, {_text(beginning)})' if beginning else ''
        answer = query(self.address, f'SELECT {self.spec.global_id_field}, source_system, source_key, first_seen, '
                                     f'level, score FROM {self.primary}{CROSS_REFERENCE} {chosen} '
                                     f"ORDER BY 1, first_seen, level <> '{NEW}', source_system, source_key")
        return [KnownKey(str(person), SourceKey(str(system), str(key)), seen, str(level),
                         None if score is None else float(score))
                for person, system, key, seen, level, score in answer.rows]

    def row(self, source: SourceKey) -> Row:
        """Return the latest published row of a source key, by lower-case column name; raises LakeError without one."""
        keys = self._keys()
        found: list[tuple[tuple[str, ...], Row]] = []
        for table in self._source_tables(keys):
            answer = query(self.address, f'SELECT * FROM {table.database}.{table.name} '
                                         f'WHERE CAST({keys.source_system_key} AS varchar) = {_text(source.system)} '
                                         f'AND CAST({keys.source_primary_key} AS varchar) = {_text(source.key)}')
            names = [name.lower() for name in answer.columns]
            found += ((_day(row), row) for row in (dict(zip(names, values, strict=True)) for values in answer.rows))
        if not found:
            raise LakeError(f"No published row has the source key '{source}'. Write it as SYSTEM:KEY, as in the "
                            f'columns {keys.source_system_key} and {keys.source_primary_key}.')
        return max(found, key=lambda item: item[0])[1]

    def _keys(self) -> ExactMatchFields:
        if self.spec.exact_match_fields is None:
            raise LakeError('The match specification has no exact_match_fields, so rows cannot be found by their key.')
        return self.spec.exact_match_fields

    def _source_tables(self, keys: ExactMatchFields) -> Iterable[Table]:
        wanted = {keys.source_primary_key.lower(), keys.source_system_key.lower()}
        for table in self._tables:
            is_result = f'{table.database}.{table.name}' in (self.primary, f'{self.primary}{CROSS_REFERENCE}')
            if not is_result and wanted <= {column.name.lower() for column in table.columns}:
                yield table


def read_specification(folders: LakeFolders, database: str) -> EntityMatchSpec:
    """Return the match specification of a database.

    Raises LakeError when there is none, ConfigurationError with every problem when it is wrong.
    """
    read = configuration_below(str(folders.configuration))
    if read.stored_name(entity_match_file(database)) is None:
        raise LakeError(f'There is no {entity_match_file(database)} in {folders.configuration}, so {database} is not '
                        'matched.')
    return read_entity_match(database, read)


def _day(row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(name, '')) for name in ('year', 'month', 'day'))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
