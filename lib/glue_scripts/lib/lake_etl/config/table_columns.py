"""Lists the columns of a Cleanse table that configuration names, and finds values that are protected only in places."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from lake_etl.cobol.record_nodes import RecordLayout, column_places
from lake_etl.config.entries.known import known_forms
from lake_etl.config.input import InputSpec
from lake_etl.config.mapping import MappingRow, SchemaMapping
from lake_etl.config.record_types import RecordsSection
from lake_etl.config.transform_steps import (
    ANY_COLUMN, Registry, TransformStep, protected_columns, protection_by_transform)
from lake_etl.syntax.clean_names import clean_names
from lake_etl.syntax.column_names import comparable_name


class ConfiguredTable(Protocol):
    """What the configuration of a table says about its columns; see `Workflow`."""

    @property
    def input(self) -> InputSpec: ...
    @property
    def mapping(self) -> SchemaMapping | None: ...
    @property
    def mapping_rows(self) -> Sequence[MappingRow]: ...
    @property
    def steps(self) -> Sequence[TransformStep]: ...
    @property
    def layout(self) -> RecordLayout | None: ...


class SourceColumn(NamedTuple):
    """A column of the source: its name, the names of the members of its nested records, and its names in the table."""

    source: str
    members: tuple[str, ...]
    names: tuple[str, ...]


def table_columns(configured: ConfiguredTable, table: str) -> Iterator[SourceColumn]:
    """Yield the columns of the source that mapping, record types or a copybook name, and that reach the table.

    table  as its workflow spells it
    """
    listed: dict[str, tuple[str, ...]] = {}
    if configured.input.records is not None:
        listed = configured.input.records.columns_of_table(table)
    elif configured.layout is not None:
        listed = {name: () for name, _ in configured.layout.columns}
    if configured.mapping is None:
        for (source, members), name in zip(listed.items(), clean_names(list(listed)), strict=True):
            yield SourceColumn(source, members, (name,))
        return
    members_of = {comparable_name(name): members for name, members in listed.items()}
    for row in configured.mapping_rows:
        if row.dest_name:
            source = row.source_name.replace('`', '')
            yield SourceColumn(source, members_of.get(comparable_name(source), ()), (row.dest_name,))


def given_column_problems(records: RecordsSection, tables: Mapping[str, ConfiguredTable], registry: Registry
                          ) -> Iterator[tuple[str, str, str]]:
    """Yield table, problem and way out of columns that several tables get and that only some of them protect.

    tables  the tables that the record types of one file fill, by name
    """
    protects = protection_by_transform(registry, known_forms())
    for key, item in records.types.items():
        getting = [table for table in tables for first in records.types_of_table(table)[:1]
                   if first == key or key in records.ancestors(first)]
        for column in item.give:
            clear: dict[str, str] = {}
            steps: dict[str, str] = {}
            for table in getting:
                protected = protected_columns(tables[table].steps, protects)
                for name in _names_of(tables[table], table, column):
                    if step := protected.get(name.lower(), protected.get(ANY_COLUMN)):
                        steps[table] = step
                    elif name.lower() not in map(str.lower, tables[table].input.left_unprotected):
                        clear[table] = name
            for table, name in clear.items() if steps else ():
                other, step = next(iter(steps.items()))
                yield table, (f"column '{name}' is not protected, and the step '{step}' protects the same column "
                              f"'{column}' of record type '{key}' in the table {other}"), (
                    "protect it here too, take it out of 'give', or give the reason in input_spec.left_unprotected")


def redefined_column_problems(configured: ConfiguredTable, table: str, registry: Registry
                              ) -> Iterator[tuple[str, str]]:
    """Yield problem and way out of columns that are not protected and share bytes of a record with a protected one."""
    if configured.layout is None:
        return
    protected = protected_columns(configured.steps, protection_by_transform(registry, known_forms()))
    if ANY_COLUMN in protected:
        return
    left = set(map(str.lower, configured.input.left_unprotected))
    places = {comparable_name(place.column): place for place in column_places(configured.layout.members)}
    found = [(name, places[key]) for column in table_columns(configured, table)
             if (key := comparable_name(column.source)) in places for name in column.names]
    for name, place in found:
        hidden = next((other for other, its in found if other.lower() in protected and its.shares_bytes(place)), None)
        if hidden and name.lower() not in protected and name.lower() not in left:
            yield f"column '{name}' is not protected, and has bytes of '{hidden}', which is", (
                "protect it too, map it to Null, tell the record types apart by 'segments', or give the reason in "
                'input_spec.left_unprotected')


def _names_of(configured: ConfiguredTable, table: str, source: str) -> tuple[str, ...]:
    """Return the names that a column of the source has in a table; none if its mapping drops it."""
    return tuple(name for column in table_columns(configured, table)
                 if comparable_name(column.source) == comparable_name(source) for name in column.names)
