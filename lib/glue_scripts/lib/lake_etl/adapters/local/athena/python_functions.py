"""Collects the Python functions that a translated query calls, and makes them known to a connection of DuckDB."""
from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from lake_etl.adapters.local.athena.athena_types import Type


@dataclass(frozen=True)
class PythonFunction:
    """A function of Python under the name and with the DuckDB types that a query calls it with."""

    name: str
    body: Callable[..., Any] = field(compare=False)
    parameters: tuple[str, ...]
    returns: str
    takes_null: bool = False
    changes: bool = False     # gives another value at each call


class PythonFunctions:
    """The Python functions of one query."""

    def __init__(self) -> None:
        self._by_name: dict[str, PythonFunction] = {}

    def call(self, body: Callable[..., Any], arguments: Iterable[tuple[str, Type]], returns: Type, *,
             key: str = '', takes_null: bool = False, changes: bool = False) -> str:
        """Return the SQL of a call, and remember the function.

        key  tells functions apart that are made of the same body
        """
        given = tuple(arguments)
        parameters = tuple(kind.duckdb for _, kind in given)
        signature = f'{body.__name__} {key} {parameters} {returns.duckdb}'
        name = f'athena_{body.__name__.strip("_")}_{zlib.crc32(signature.encode()):08x}'
        self._by_name[name] = PythonFunction(name, body, parameters, returns.duckdb, takes_null, changes)
        return f'{name}({", ".join(f"CAST({sql} AS {kind.duckdb})" for sql, kind in given)})'

    def all(self) -> tuple[PythonFunction, ...]:
        """Return the functions that the query calls, in the order of their first calls."""
        return tuple(self._by_name.values())


def register(connection: duckdb.DuckDBPyConnection, functions: Iterable[PythonFunction]) -> None:
    """Make the functions known to the connection."""
    for item in functions:
        connection.create_function(
            item.name, item.body, list(item.parameters), item.returns,
            null_handling='special' if item.takes_null else 'default', side_effects=item.changes)
