"""Collects the Python functions that a translated query calls, and makes them known to a connection of DuckDB."""
from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any

import duckdb

from lake_etl.adapters.local.athena.athena_types import Type
from lake_etl.adapters.local.athena.not_computed import NotComputedError


@dataclass(frozen=True)
class PythonFunction:
    """A function of Python under the name and with the DuckDB types that a query calls it with."""

    name: str
    body: Callable[..., Any] = field(compare=False)
    parameters: tuple[str, ...]
    returns: str
    changes: bool = False     # gives another value at each call


class PythonFunctions:
    """The Python functions of one query.

    gives_null  functions give null where they fail, as long as TRY_CAST is written
    refusals  why functions have refused values of rows; such a query has no answer, even where TRY gives null for it
    """

    def __init__(self) -> None:
        self._by_name: dict[str, PythonFunction] = {}
        self.gives_null = False
        self.refusals: list[str] = []

    def call(self, body: Callable[..., Any], arguments: Iterable[tuple[str, Type]], returns: Type, *,
             key: str = '', takes_null: bool = False, changes: bool = False) -> str:
        """Return the SQL of a call, and remember the function.

        key  tells functions apart that are made of the same body
        """
        given = tuple(arguments)
        parameters = tuple(kind.duckdb for _, kind in given)
        signature = f'{body.__name__} {key} {"null" if self.gives_null else ""} {parameters} {returns.duckdb}'
        name = f'athena_{body.__name__.strip("_")}_{zlib.crc32(signature.encode()):08x}'
        as_text = returns.name in ('real', 'double')
        guarded = self._guarded(body, len(parameters), returns, takes_null)
        self._by_name[name] = PythonFunction(name, guarded, parameters, 'VARCHAR' if as_text else returns.duckdb,
                                             changes)
        call = f'{name}({", ".join(f"CAST({sql} AS {kind.duckdb})" for sql, kind in given)})'
        return f'CAST({call} AS {returns.duckdb})' if as_text else call

    def _guarded(self, body: Callable[..., Any], count: int, returns: Type, takes_null: bool) -> Callable[..., Any]:
        """Return the function with null for null, and with doubles as texts, as DuckDB takes Python's NaN for null."""
        as_text = returns.name in ('real', 'double')
        gives_null = self.gives_null

        def guarded(*items: Any) -> Any:
            if not takes_null and any(item is None for item in items):
                return None
            try:
                result = body(*items)
                if returns.parts and _has_nan(result):
                    raise NotComputedError('Arrays and maps with NaN are not computed on the laptop')
            except NotComputedError as refusal:
                self.refusals.append(str(refusal))
                raise
            except (ArithmeticError, ValueError):
                if gives_null:
                    return None
                raise
            return repr(float(result)) if as_text and result is not None else result
        parameters = [Parameter(f'item{number}', Parameter.POSITIONAL_ONLY) for number in range(count)]
        setattr(guarded, '__signature__', Signature(parameters))    # DuckDB counts the parameters
        return guarded

    def all(self) -> tuple[PythonFunction, ...]:
        """Return the functions that the query calls, in the order of their first calls."""
        return tuple(self._by_name.values())


def register(connection: duckdb.DuckDBPyConnection, functions: Iterable[PythonFunction]) -> None:
    """Make the functions known to the connection."""
    for item in functions:
        connection.create_function(       # type: ignore[call-overload] # DuckDB takes the name of the handling too
            item.name, item.body, list(item.parameters), item.returns, null_handling='special',
            side_effects=item.changes)


def _has_nan(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        inner = value if isinstance(value, list) else [*value.keys(), *value.values()]
        return any(map(_has_nan, inner))
    return isinstance(value, float) and value != value
