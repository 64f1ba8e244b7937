"""Carries what the translation of an expression knows of it: its SQL for DuckDB, and its type in Athena."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lake_etl.adapters.local.athena.athena_types import Type
from lake_etl.adapters.local.duckdb_types import text_literal
from lake_etl.errors import QueryError


@dataclass(frozen=True)
class Typed:
    """An expression for DuckDB.

    text      the text of a literal of text, None for other expressions
    number    the value of a literal of a whole number
    is_exact  the length of a varchar is known, as a literal's or a cast's
    """

    sql: str
    type: Type
    text: str | None = None
    number: int | None = None
    is_exact: bool = False


@dataclass(frozen=True)
class ResultColumn:
    """A column that a query returns: its name in Athena, its type, and its name in the query for DuckDB."""

    name: str
    type: Type
    sql: str


@dataclass(frozen=True)
class ScopeColumn:
    """A column that an expression can name.

    relation, database  in lower case, None where the column cannot be named with one
    """

    name: str
    value: Typed
    relation: str | None = None
    database: str | None = None


@dataclass(frozen=True)
class Scope:
    """The columns that an expression can name, and those of the queries around it."""

    fields: tuple[ScopeColumn, ...] = ()
    outer: Scope | None = None
    variables: Mapping[str, Typed] = field(default_factory=dict)

    def find(self, name: str, relation: str | None, database: str | None) -> Typed | None:
        """Return the column or the variable of a lambda; raises QueryError when several have the name."""
        if relation is None and name in self.variables:
            return self.variables[name]
        found = [item for item in self.fields if item.name == name and relation in (None, item.relation)
                 and database in (None, item.database)]
        if len(found) > 1:
            raise QueryError(f"Column '{name}' is in more than one table of the query. Write the table before it.")
        if found:
            return found[0].value
        return self.outer.find(name, relation, database) if self.outer is not None else None

    def names(self) -> list[str]:
        """Return the names of all columns that can be named."""
        return [*(item.name for item in self.fields), *(self.outer.names() if self.outer is not None else ())]

    def with_variables(self, variables: Mapping[str, Typed]) -> Scope:
        """Return the scope inside a lambda."""
        return Scope(self.fields, self.outer, {**self.variables, **variables})


def text(value: str) -> Typed:
    """Return a literal of text."""
    return Typed(text_literal(value), Type('varchar', (len(value),)), text=value, is_exact=True)
