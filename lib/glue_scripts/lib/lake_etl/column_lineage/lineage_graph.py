"""The column lineage of a lake as values: tables, their columns, and where each comes from, step by step."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

StepKind = Literal['mapping', 'name', 'transform', 'load', 'rule', 'query', 'match']
TableKind = Literal['source', 'cleanse', 'consume', 'view', 'match']
# Stands for the rows of a table in place of one of its columns.
ROWS = '*'


@dataclass(frozen=True)
class LineageStep:
    """What makes a column from others: a row of a mapping, a transform, a rule, a query.

    place  where it is written: file and place in it
    masks  whether it hides personal data
    """

    kind: StepKind
    place: str
    masks: bool = False


@dataclass(frozen=True)
class ColumnName:
    """A column of a table, or with the column ROWS the rows of the table."""

    table: str
    column: str

    def __str__(self) -> str:
        return f'{self.table}.{self.column}'


@dataclass(frozen=True)
class Origin:
    """A column from which another one is made.

    steps  on the way, in order
    masks  whether there is a step that hides personal data on every way
    """

    source: ColumnName
    steps: tuple[LineageStep, ...] = ()
    masks: bool = False

    def through(self, step: LineageStep) -> Origin:
        """Return the origin with one more step."""
        steps = self.steps if step in self.steps else (*self.steps, step)
        return replace(self, steps=steps, masks=self.masks or step.masks)


@dataclass(frozen=True)
class ColumnLineage:
    """A column with its direct origins.

    steps      that make the column, for a column without origins, such as a literal
    unknown    why its origins are unknown from here; empty when they are known
    protected  whether a value of it comes through a step that hides personal data
    """

    name: str
    origins: tuple[Origin, ...] = ()
    steps: tuple[LineageStep, ...] = ()
    unknown: str = ''
    protected: bool = False

    def through(self, step: LineageStep) -> ColumnLineage:
        """Return the column after one more step."""
        return replace(self, origins=tuple(origin.through(step) for origin in self.origins),
                       steps=self.steps if self.origins or step in self.steps else (*self.steps, step))


@dataclass(frozen=True)
class TableLineage:
    """A table with the lineage of its columns.

    file              that configures the table
    row_origins       columns that decide which rows the table has
    further_columns   why the table has columns that are not listed; empty when all are listed
    unknown_rows      why it is unknown from here which columns decide on the rows; empty when it is known
    """

    name: str
    kind: TableKind
    file: str
    columns: tuple[ColumnLineage, ...] = ()
    row_origins: tuple[Origin, ...] = ()
    further_columns: str = ''
    unknown_rows: str = ''

    @cached_property
    def _by_name(self) -> Mapping[str, ColumnLineage]:
        return {column.name.lower(): column for column in self.columns}

    def column(self, name: str) -> ColumnLineage | None:
        """Return a column by its name in any letter case."""
        return self._by_name.get(name.lower())


@dataclass(frozen=True)
class LineageGraph:
    """All tables, each after the tables that it is made of, and the statements that could not be read.

    unread  a sentence for each statement of which the lineage is unknown
    """

    tables: Mapping[str, TableLineage] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def origins(self, column: ColumnName) -> tuple[Origin, ...]:
        """Return what a column is directly made of; for ROWS, what decides on the rows."""
        table = self.tables.get(column.table)
        if table is None:
            return ()
        if column.column == ROWS:
            return table.row_origins
        found = table.column(column.column)
        return found.origins if found else ()

    def upstream(self, column: ColumnName) -> set[ColumnName]:
        """Return every column and every table's ROWS that can change the values of a column, or decide on its rows."""
        waiting, seen = [column, ColumnName(column.table, ROWS)], set[ColumnName]()
        while waiting:
            for origin in self.origins(waiting.pop()):
                if origin.source not in seen:
                    seen.add(origin.source)
                    waiting.append(origin.source)
        return seen - {column}

    def downstream(self, column: ColumnName) -> set[ColumnName]:
        """Return every column and every table's ROWS that a column can change."""
        waiting, seen = [column], set[ColumnName]()
        while waiting:
            for target in self._targets.get(waiting.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return seen

    def edges(self) -> Iterator[tuple[Origin, ColumnName]]:
        """Yield each origin with the column that it is an origin of; ROWS of a table for what decides on its rows."""
        for table in self.tables.values():
            for column in table.columns:
                yield from ((origin, ColumnName(table.name, column.name)) for origin in column.origins)
            yield from ((origin, ColumnName(table.name, ROWS)) for origin in table.row_origins)

    @cached_property
    def _targets(self) -> Mapping[ColumnName, list[ColumnName]]:
        targets: dict[ColumnName, list[ColumnName]] = {}
        for origin, target in self.edges():
            targets.setdefault(origin.source, []).append(target)
        return targets


def merge_origins(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Return one origin for each source, with the steps of all ways from there."""
    merged: dict[ColumnName, Origin] = {}
    for origin in origins:
        known = merged.get(origin.source)
        if known is None:
            merged[origin.source] = origin
        elif known != origin:
            steps = tuple(dict.fromkeys((*known.steps, *origin.steps)))
            merged[origin.source] = Origin(origin.source, steps, known.masks and origin.masks)
    return tuple(merged.values())
