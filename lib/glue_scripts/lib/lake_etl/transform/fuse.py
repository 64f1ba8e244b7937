"""Fuses column assignments into as few selects as their order allows."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType


@dataclass(frozen=True)
class Assignment:
    """One column to write, the columns it reads, and how to build it from the schema just before it."""

    target: str
    reads: frozenset[str]
    build: Callable[[StructType], Column]


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


def assign_fused(df: DataFrame, assignments: Iterable[Assignment]) -> DataFrame:
    """Return the frame after all assignments, one select for each batch; overwritten columns keep their place."""
    for batch in batches(assignments):
        schema = df.schema
        df = df.withColumns({assignment.target: assignment.build(schema) for assignment in batch})
    return df
