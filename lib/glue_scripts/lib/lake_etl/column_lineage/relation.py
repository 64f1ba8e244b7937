"""Relations as a query sees them: tables and queries with columns, and what a name in a SELECT means."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lake_etl.column_lineage.lineage_graph import ROWS, ColumnName

Sources = frozenset[ColumnName]
# Whether a name may mean a column of the SELECT itself, and whether columns of the tables come first.
Aliases = Literal['none', 'after columns', 'either']
NOTHING: Sources = frozenset()


class UntraceableQuery(ValueError):
    """A query whose columns cannot be traced; the text says why, without quoting the query."""


@dataclass(frozen=True)
class Relation:
    """A table or a query as other queries see it.

    columns  name and sources of each column, in order
    rows     what decides on its rows
    open     tables with columns that nobody has listed: a name that is not in `columns` is a column of one of them
    unnamed  whether there are columns to which the engine gives names
    """

    columns: tuple[tuple[str, Sources], ...] = ()
    rows: Sources = NOTHING
    open: tuple[str, ...] = ()
    unnamed: bool = False

    def sources(self, name: str) -> Sources | None:
        """Return the sources of a column; None when the relation does not have it.

        Raises UntraceableQuery when it is not known whether it has it.
        """
        found = [sources for column, sources in self.columns if column == name]
        if found:
            return NOTHING.union(*found)
        if len(self.open) > 1 or (self.unnamed and not self.open):
            raise UntraceableQuery('a column may belong to more than one table, whose columns are unknown')
        return frozenset({ColumnName(self.open[0], name)}) if self.open else None

    @property
    def is_closed(self) -> bool:
        """Tell whether all columns are listed with their names."""
        return not self.open and not self.unnamed

    def all_sources(self) -> Sources:
        """Return the sources of all columns; the rows of open tables stand for the columns that are not listed."""
        return NOTHING.union(*(sources for _, sources in self.columns))

    def renamed(self, names: Sequence[str]) -> Relation:
        """Return the relation with other names for its first columns."""
        if not names:
            return self
        if self.open or len(names) > len(self.columns):
            raise UntraceableQuery('a list of column names follows a table whose columns are unknown')
        kept = self.columns[len(names):]
        renamed = tuple((name, sources) for name, (_, sources) in zip(names, self.columns, strict=False))
        return replace(self, columns=renamed + kept)


def base_table(name: str, columns: Sequence[str], is_open: bool = False) -> Relation:
    """Return a table of the lake with the columns that are known; `is_open` when it may have more."""
    listed = tuple((column.lower(), frozenset({ColumnName(name, column.lower())})) for column in columns)
    return Relation(listed, frozenset({ColumnName(name, ROWS)}), (name,) if is_open else ())


@dataclass
class SelectScope:
    """What the names in one SELECT may mean.

    ctes       the queries of WITH, by name
    outer      the SELECTs around it, the innermost last
    relations  the tables and queries of FROM, by alias
    shared     columns that a join with USING makes of two
    hidden     aliases of relations that a star does not stand for
    aliases    columns of the SELECT itself, by the names that it gives them
    without_null  columns that are never null in its rows, as they are written
    """

    ctes: Mapping[str, Relation]
    outer: tuple[SelectScope, ...]
    relations: dict[str, Relation] = field(default_factory=dict)
    shared: dict[str, Sources] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    aliases: dict[str, Sources] = field(default_factory=dict)
    without_null: frozenset[str] = frozenset()

    def find(self, name: str) -> Sources | None:
        """Return the sources of a column that is written without its table."""
        if name in self.shared:
            return self.shared[name]
        known = [relation for relation in self.relations.values() if any(column == name for column, _ in
                                                                         relation.columns)]
        candidates = known or [item for item in self.relations.values() if not item.is_closed]
        if not known and len(candidates) > 1:
            raise UntraceableQuery('a column may belong to more than one table, whose columns are unknown')
        return NOTHING.union(*(item.sources(name) or NOTHING for item in candidates)) if candidates else None

    def lists(self, name: str) -> bool:
        """Tell whether one of the relations is known to have a column of that name."""
        return name in self.shared or any(column == name for item in self.relations.values()
                                          for column, _ in item.columns)

    def visible(self) -> Iterator[tuple[str, Relation]]:
        """Yield the relations whose columns a star stands for."""
        yield from ((alias, item) for alias, item in self.relations.items() if alias not in self.hidden)

    def qualified(self, parts: Sequence[str]) -> Sources | None:
        """Return the sources of a column that is written after the name of its table, or of its database and table."""
        if parts[0] in self.relations:
            return self.relations[parts[0]].sources(parts[1])
        if self.lists(parts[0]) or len(parts) == 2 or parts[1] not in self.relations:
            return None   # The first part may be a struct.
        return self.relations[parts[1]].sources(parts[2])

    def or_alias(self, name: str, found: Sources | None, aliases: Aliases) -> Sources | None:
        """Return the sources of a column, or of the alias that its name may also mean."""
        alias = self.aliases.get(name) if aliases != 'none' else None
        if alias is None:
            return found
        # Whether GROUP BY, HAVING and ORDER BY mean a column or its alias differs between engines.
        return found if self.lists(name) and aliases == 'after columns' else alias | (found or NOTHING)


def require_one_owner(name: str, found: Sources, around: Sequence[SelectScope]) -> None:
    """Raise UntraceableQuery when a column of an open table may also be one of the queries around."""
    for scope in around:
        if scope.find(name) not in (None, found):
            raise UntraceableQuery('a column may belong to the query or to the one around it')
