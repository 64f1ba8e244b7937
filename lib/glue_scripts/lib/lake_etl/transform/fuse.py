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
    """A column made of helpers, each of which is computed once for a row however often the column needs it.

    helpers  what to compute first, by name
    build    returns the column from what the helpers are called in SQL, by name
    """

    helpers: Mapping[str, Column]
    build: Callable[[Mapping[str, str]], Column]


@dataclass(frozen=True)
class Assignment:
    """One column to write, the columns it reads, how to build it, and what it converts, from the schema just before."""

    target: str
    reads: frozenset[str]
    build: Callable[[StructType], Column | PreparedColumn]
    conversions: Callable[[StructType], tuple[Conversion, ...]] = lambda schema: ()


def batches(assignments: Iterable[Assignment]) -> Iterator[list[Assignment]]:
    """Cut a sequence of assignments wherever one reads or rewrites a column written earlier in the same batch.

    Within a batch every assignment sees the input row, so a batch gives what its members give one after another.
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
    """Return the frame after assignments that all see it as it is; overwritten columns keep their place."""
    schema = df.schema
    built = {assignment.target: assignment.build(schema) for assignment in batch}
    helpers: dict[str, Column] = {}
    columns = {target: made if isinstance(made, Column) else made.build(_named(made.helpers, schema, helpers))
               for target, made in built.items()}
    return df.withColumns(helpers).withColumns(columns).drop(*helpers) if helpers else df.withColumns(columns)


def _named(wanted: Mapping[str, Column], schema: StructType, helpers: dict[str, Column]) -> dict[str, str]:
    """Add the helpers under names that nothing else has; return these as SQL has them."""
    names = {wish: unused_name(schema, f'{wish}_{len(helpers)}', helpers) for wish in wanted}
    helpers |= {names[wish]: value for wish, value in wanted.items()}
    return {wish: quoted(name) for wish, name in names.items()}


def assign_fused(df: DataFrame, assignments: Iterable[Assignment],
                 assign: Callable[[DataFrame, Sequence[Assignment]], DataFrame] = assign_batch) -> DataFrame:
    """Return the frame after all assignments, one select for each batch."""
    for batch in batches(assignments):
        df = assign(df, batch)
    return df
