"""Detects failed conversions while a frame is written, without an additional Spark job.

Where values are converted, each row gets a number whose bits are the conversions that failed in it. Before rows are
filtered or written, Spark observes the bitwise OR of these numbers over the whole frame. Repeated tasks, and sorts that
sample rows beforehand, do not change it. Failures are counted afterwards, only when a bit is set.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from lake_etl.config.form import RowEffect
from lake_etl.spark.columns import column, quoted
from lake_etl.spark.helper_names import hidden_name, unused_name
from lake_etl.spark.materialize import observed
from lake_etl.transform.conversion import (
    Conversion, FailedConversion, MarkedFrame, SourceRows, count_failures, has_value)
from lake_etl.transform.fuse import Assignment, assign_batch

Step = Callable[[DataFrame], DataFrame]
CONVERSIONS_IN_A_NUMBER = 62


class Watch(Protocol):
    """Applies the steps of a specification."""

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after assignments that all read the input frame."""

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, row_effect: RowEffect
                   ) -> DataFrame:
        """Return the frame after a step on the whole frame."""

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after a user's own function."""


class NoWatch:
    """Applies the steps without watching for failures."""

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after the assignments."""
        return assign_batch(df, batch)

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, row_effect: RowEffect
                   ) -> DataFrame:
        """Return the frame after the step."""
        return act(df)

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after the step."""
        return act(df)


@dataclass(frozen=True)
class _Point:
    """A place in the plan where values are converted.

    number       column whose bits tell which conversions failed in a row; also the name of the metric of them all
    marks        frame to count the failures on
    observation  delivers the metric; None: failures are only known by counting
    """

    number: str
    marks: MarkedFrame
    observation: Observation | None = None

    def failures(self) -> tuple[FailedConversion, ...]:
        """Return the failures; runs one query if there are any, or if no metric has arrived."""
        observation = self.observation
        metrics = observed(lambda: observation.get) if observation else None
        failed = [index for index, _ in enumerate(self.marks.conversions)
                  if metrics is None or int(metrics[self.number] or 0) >> index & 1]
        return count_failures(self.marks, failed)


class ConversionWatch:
    """Watches the conversions of a load, from its source to the frame that is written.

    Between `begin` and `end` each row carries its place in the source. Spark computes the places only when a failure is
    counted.
    """

    def __init__(self) -> None:
        self._points: list[_Point] = []
        self._waiting: list[_Point] = []
        self._source: SourceRows | None = None
        self._repeated = False

    def begin(self, df: DataFrame) -> DataFrame:
        """Return the frame with the place of each row, unchanged if it has them already."""
        if self._source and self._source.place in df.columns:
            return df
        place = unused_name(df.schema, hidden_name('source_row'))
        placed = df.withColumn(place, F.monotonically_increasing_id())
        self._source, self._repeated = SourceRows(placed, place), False
        return placed

    def end(self, df: DataFrame) -> DataFrame:
        """Return the frame without the places, all conversions observed."""
        source, self._source = self._source, None
        return self._observed(df, source.place if source else None)

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after the assignments; their conversions are observed on the way."""
        conversions = [conversion for item in batch for conversion in item.conversions(df.schema)]
        return self._marked(df, conversions, lambda tried: assign_batch(tried, batch))

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, row_effect: RowEffect
                   ) -> DataFrame:
        """Return the frame after a step that may repeat rows; its conversions are observed on the way."""
        # Its conversions are counted after the step, which may have repeated rows.
        self._repeated = True
        return self._marked(self._observed(df) if row_effect is RowEffect.LEAVES_OUT else df, conversions, act)

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after a user's own function, which does not see the places; they are lost after it.

        A function that runs a Spark job itself may read only some of the rows, and Spark keeps the metrics of the first
        job. Earlier observations are discarded then.
        """
        before = _jobs(df)
        after = act(self.end(df))
        if _jobs(after) != before:
            self._points = [replace(point, observation=None) for point in self._points]
        return after

    def failures(self) -> tuple[FailedConversion, ...]:
        """Return the conversions that failed, in the order of the steps; the frame must have been written."""
        return tuple(failure for point in self._points for failure in point.failures())

    def _marked(self, df: DataFrame, conversions: Sequence[Conversion], act: Step) -> DataFrame:
        """Return the frame after the step; each row gets a number for every 62 conversions."""
        for start in range(0, len(conversions), CONVERSIONS_IN_A_NUMBER):
            act = self._marking(conversions[start:start + CONVERSIONS_IN_A_NUMBER], act)
        return act(df)

    def _marking(self, conversions: Sequence[Conversion], act: Step) -> Step:
        """Return the step, extended to mark the rows in which one of these conversions fails."""
        def marking(df: DataFrame) -> DataFrame:
            copies = _source_copies(df, conversions)
            known = unused_name(df.schema, hidden_name('known_before'))
            after = act(df.withColumns({copy: column(source) for source, copy in copies.items()}
                                       | {known: _bits(_known_before(df, conversions))}))
            tried = tuple(has_value(after.schema, copies[item.source]) if item.source else 'true'
                          for item in conversions)
            failed = tuple(f'{quoted(item.column)} IS NULL AND {has}' if item.failed is None else _bit(known, index)
                           for index, (item, has) in enumerate(zip(conversions, tried, strict=True)))
            number = unused_name(after.schema, hidden_name('failed'))
            marks = MarkedFrame(after, tuple(conversions), tried, failed, self._source, self._repeated)
            self._waiting.append(_Point(number, marks))
            return after.withColumn(number, _bits(failed)).drop(known, *copies.values())
        return marking

    def _observed(self, df: DataFrame, place: str | None = None) -> DataFrame:
        """Return the frame with all numbers observed, and without their columns and that of the places, if given."""
        unwanted = [place] if place else []
        if not self._waiting:
            return df.drop(*unwanted) if unwanted else df
        observation, waiting, self._waiting = Observation(), self._waiting, []
        self._points += [replace(point, observation=observation) for point in waiting]
        numbers = [point.number for point in waiting]
        metrics = [F.bit_or(column(name)).alias(name) for name in numbers]
        return df.observe(observation, *metrics).drop(*numbers, *unwanted)


def _source_copies(df: DataFrame, conversions: Sequence[Conversion]) -> dict[str, str]:
    """Return a helper column for each source, which preserves its values when the source is overwritten."""
    sources = dict.fromkeys(item.source for item in conversions if item.source)
    return {source: unused_name(df.schema, hidden_name(f'source_{index}')) for index, source in enumerate(sources)}


def _known_before(df: DataFrame, conversions: Sequence[Conversion]) -> list[str]:
    """Return for each conversion the condition on the row before the step that it fails."""
    def known(item: Conversion) -> str:
        if item.failed is None:
            return 'false'
        return f'{has_value(df.schema, item.source)} AND {item.failed}' if item.source else item.failed
    return [known(item) for item in conversions]


def _bits(conditions: Sequence[str]) -> Column:
    """Build a number whose bits tell which of the conditions are true."""
    return F.expr(' | '.join(f'CASE WHEN {condition} THEN {1 << index}L ELSE 0L END'
                             for index, condition in enumerate(conditions)))


def _bit(name: str, index: int) -> str:
    return f'({quoted(name)} & {1 << index}L) <> 0L'


def _jobs(df: DataFrame) -> int:
    """Return the number of Spark jobs that have been started."""
    context = df.sparkSession.sparkContext
    return len(context.statusTracker().getJobIdsForGroup(context.getLocalProperty('spark.jobGroup.id')))
