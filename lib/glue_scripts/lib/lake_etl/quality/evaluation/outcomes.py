"""Defines the context of a rule evaluation and its outcomes."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pyspark.sql import DataFrame

from lake_etl.dqdl.syntax_tree import Analyzer, AnyRule
from lake_etl.errors import DataError
from lake_etl.ports import Files


def no_tables(name: str) -> DataFrame:
    """Raise DataError for every table."""
    raise DataError(f"The table '{name}' cannot be read: this check has access only to its own rows.")


def no_history(metric: str, count: int) -> Sequence[float]:
    """Return no earlier values."""
    return ()


def attach_nothing(statement: str) -> None:
    """Change nothing in the session."""


@dataclass(frozen=True)
class EvaluationContext:
    """What rules may refer to in addition to the rows.

    now          the moment of the check, with its time zone
    table        a table of the lake by its name, `database.table`; raises LakeError when there is none
    history      the latest values of a metric before this check, newest first, at most `count`
    attach       makes the tables that a SQL statement names readable in the session
    files        where files are looked up
    landed_file  address of the file that the rows were read from
    composites   whether rules joined by `and` and `or` are judged as a whole each (as AWS Glue does unless told), or
                 row by row where all their parts have row outcomes
    """

    now: datetime
    table: Callable[[str], DataFrame] = no_tables
    history: Callable[[str, int], Sequence[float]] = no_history
    attach: Callable[[str], None] = attach_nothing
    files: Files | None = None
    landed_file: str | None = None
    composites: Literal['column', 'row'] = 'column'


@dataclass(frozen=True)
class RuleOutcome:
    """Whether a rule passed; an analyzer passes always.

    reason   why not, naming column, found and expected; empty when it passed
    metrics  finite numbers by full name, such as `Column.age.Completeness`
    note     what to know about a rule that passed without having been compared, empty otherwise
    """

    rule: AnyRule | Analyzer
    passed: bool
    reason: str = ''
    metrics: Mapping[str, float] = field(default_factory=dict)
    note: str = ''


@dataclass(frozen=True)
class QualityCounts:
    """How many rows there were, and how many of them failed a rule whose failing rows are marked."""

    rows: int
    failed: int
