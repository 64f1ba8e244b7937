"""Fuses column assignments into as few selects as their order allows."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType

from lake_etl.spark.columns import quoted
from lake_etl.spark.helper_names import unused_name
from lake_etl.transform.conversion import Conversion


@dataclass(frozen=True)
class PreparedColumn:
    """A column built from helper columns, each computed once per row however often the column uses it.

    helpers  what to compute first, by name
    build    returns the column from the SQL names of the helpers, by name
    """

    helpers: Mapping[str, Column]
    build: Callable[[Mapping[str, str]], Column]


@dataclass(frozen=True)
class Assignment:
    """One column to write, the columns it reads, and functions that build it and its conversions from a schema."""

    target: str
    reads: frozenset[str]
    build: Callable[[StructType], Column | PreparedColumn]
    conversions: Callable[[StructType], tuple[Conversion, ...]] = lambda schema: ()


def batches(assignments: Iterable[Assignment]) -> Iterator[list[Assignment]]:
    """Split assignments wherever one reads or rewrites a column written earlier in the same batch.

    All assignments of a batch read the input row, so the batch has the same result as its members in sequence.
    """
    batch: list[Assignment] = []
    written: set[str] = set()
    for assignment in assignments:
        target = assignment.target.lower()
        if batch and (target in written or written & {name.lower() for name in assignment.reads}):
            yield batch
            batch, written = [], set()
        batch.append(assignment)
        written.add(target)
    if batch:
        yield batch


def assign_batch(df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
    """Return the frame after assignments that all read the input frame; overwritten columns keep their position."""
    schema = df.schema
    built = {assignment.target: assignment.build(schema) for assignment in batch}
    helpers: dict[str, Column] = {}
    columns = {target: made if isinstance(made, Column) else made.build(_named(made.helpers, schema, helpers))
               for target, made in built.items()}
    return df.withColumns(helpers).withColumns(columns).drop(*helpers) if helpers else df.withColumns(columns)


def _named(wanted: Mapping[str, Column], schema: StructType, helpers: dict[str, Column]) -> dict[str, str]:
    """Add the helpers under unused names; return these quoted for SQL."""
    names = {wish: unused_name(schema, f'{wish}_{len(helpers)}', helpers) for wish in wanted}
    helpers |= {names[wish]: value for wish, value in wanted.items()}
    return {wish: quoted(name) for wish, name in names.items()}


def assign_fused(df: DataFrame, assignments: Iterable[Assignment],
                 assign: Callable[[DataFrame, Sequence[Assignment]], DataFrame] = assign_batch) -> DataFrame:
    """Return the frame after all assignments, one select for each batch."""
    for batch in batches(assignments):
        df = assign(df, batch)
    return df
