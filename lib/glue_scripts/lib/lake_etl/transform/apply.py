"""Applies the steps of a transform specification in order and fuses consecutive column transforms."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import Any, Protocol

from pyspark.sql import DataFrame

from lake_etl.runtime import visible_tables
from lake_etl.spark.session import user_sql_rules
from lake_etl.spark.source_rows import without_tracking
from lake_etl.transform.conversion_watch import NoWatch, Watch
from lake_etl.transform.fuse import Assignment, assign_fused
from lake_etl.transform.registry import AnyTransform, EachColumn, Transform, TransformContext, UserTransform, WholeFrame

UNWATCHED = NoWatch()


class Step(Protocol):
    """One key of a transform specification: the transform's name, its raw value, and its entries if they are parsed."""

    @property
    def name(self) -> str: ...

    @property
    def raw(self) -> object: ...

    @property
    def entries(self) -> tuple[object, ...] | None: ...


def apply_steps(df: DataFrame, steps: Sequence[Step], transforms: Mapping[str, AnyTransform],
                context: TransformContext, watch: Watch = UNWATCHED) -> DataFrame:
    """Return the frame after all steps, as if each had been applied separately; record the lineage of each step."""
    waiting: list[Assignment] = []
    dataset = context.args.get('source_key', '')
    for step in steps:
        transform = transforms[step.name]
        if context.lineage is not None:
            context.lineage.update_lineage(None, dataset, transform.operation, transform=step.raw)
        if isinstance(transform, UserTransform):
            before, waiting = assign_fused(df, waiting, watch.assign), []
            df = watch.apply_function(before, partial(_apply_function, transform, step, context))
        elif isinstance(transform.runs, EachColumn):
            waiting += [transform.assignment(entry, context) for entry in step.entries or ()]
        else:
            before, waiting = assign_fused(df, waiting, watch.assign), []
            df = reduce(partial(_apply_to_frame, transform, transform.runs, context, watch),
                        _entry_groups(transform.runs, step), before)
    return assign_fused(df, waiting, watch.assign)


def _entry_groups(runs: WholeFrame, step: Step) -> list[tuple[Any, ...]]:
    """Return groups of entries that are applied together, in order."""
    entries = step.entries or ()
    return [(entry,) for entry in entries] if runs.entry_by_entry else [entries]


def _apply_to_frame(transform: Transform[Any], runs: WholeFrame, context: TransformContext, watch: Watch,
                    df: DataFrame, entries: tuple[Any, ...]) -> DataFrame:
    return watch.apply_step(df, transform.conversions(entries, df.schema),
                            partial(transform.apply, entries=entries, context=context), transform.form.row_effect)


def _apply_function(transform: UserTransform, step: Step, context: TransformContext, df: DataFrame) -> DataFrame:
    # Users wrote their functions for Spark's older rules: a failed cast gives null, and so does a division by zero.
    with user_sql_rules(df.sparkSession), visible_tables(df.sparkSession):
        # A function does not see the columns that track rows, so rows have none after it.
        visible = without_tracking(df)
        return transform.function(visible, step.raw, context.args, context.lineage, context.spark_context,
                                  *context.extra)
