"""Relations as a query sees them: tables and queries with columns, and what a name in a SELECT means."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lake_etl.column_lineage.lineage_graph import ROWS, ColumnName

Sources = frozenset[ColumnName]
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
    """

    ctes: Mapping[str, Relation]
    outer: tuple[SelectScope, ...]
    relations: dict[str, Relation] = field(default_factory=dict)
    shared: dict[str, Sources] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    aliases: dict[str, Sources] = field(default_factory=dict)

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
