"""Notices failed conversions while a frame is written, without a Spark job of its own.

Where values are converted, each row gets a number whose bits are the conversions that failed in it, and before rows
are left out or written these numbers are observed, combined to one for the whole frame. A bit that is set twice stays
set, so that a task that is repeated, or a sort that looks at its rows beforehand, changes nothing. What failed is
counted afterwards, and only then.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from lake_etl.spark.columns import column, quoted
from lake_etl.spark.helper_names import hidden_name, unused_name
from lake_etl.spark.materialize import observed
from lake_etl.transform.conversion import (
    Conversion, FailedConversion, MarkedFrame, SourceRows, count_failures, has_value)
from lake_etl.transform.fuse import Assignment, assign_batch

Step = Callable[[DataFrame], DataFrame]
CONVERSIONS_IN_A_NUMBER = 62


class Watch(Protocol):
    """What is done around the steps of a specification."""

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after assignments that all see the frame as it is."""

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, leaves_out_rows: bool
                   ) -> DataFrame:
        """Return the frame after a step that turns it as a whole."""

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after a step of which nothing is known."""


class NoWatch:
    """Does the steps and nothing else."""

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after the assignments."""
        return assign_batch(df, batch)

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, leaves_out_rows: bool
                   ) -> DataFrame:
        """Return the frame after the step."""
        return act(df)

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after the step."""
        return act(df)


@dataclass(frozen=True)
class _Point:
    """A place in the plan where values are converted.

    number       column whose bits tell which conversions failed in a row, and the metric that combines them
    marks        how to count what failed
    observation  brings the metric; None: what failed has to be counted to be known
    """

    number: str
    marks: MarkedFrame
    observation: Observation | None = None

    def failures(self) -> tuple[FailedConversion, ...]:
        """Return what failed; one query when anything did, or when no metric has arrived."""
        observation = self.observation
        metrics = observed(lambda: observation.get) if observation else None
        failed = [index for index, _ in enumerate(self.marks.conversions)
                  if metrics is None or int(metrics[self.number] or 0) >> index & 1]
        return count_failures(self.marks, failed)


class ConversionWatch:
    """Watches the conversions of a load, from its source to the frame that is written.

    Between `begin` and `end` each row carries its place in the source; Spark leaves that out of what it computes
    unless something failed.
    """

    def __init__(self) -> None:
        self._points: list[_Point] = []
        self._waiting: list[_Point] = []
        self._source: SourceRows | None = None
        self._repeated = False

    def begin(self, df: DataFrame) -> DataFrame:
        """Return the frame with the place of each row; one that has them already stays as it is."""
        if self._source and self._source.place in df.columns:
            return df
        place = unused_name(df.schema, hidden_name('source_row'))
        placed = df.withColumn(place, F.monotonically_increasing_id())
        self._source, self._repeated = SourceRows(placed, place), False
        return placed

    def end(self, df: DataFrame) -> DataFrame:
        """Return the frame without the places, all conversions observed."""
        df = self._observed(df)
        source, self._source = self._source, None
        return df.drop(source.place) if source else df

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after the assignments; their conversions are observed on the way."""
        conversions = [conversion for item in batch for conversion in item.conversions(df.schema)]
        return self._marked(df, conversions, lambda tried: assign_batch(tried, batch))

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, leaves_out_rows: bool
                   ) -> DataFrame:
        """Return the frame after a step that may repeat rows; its conversions are observed on the way."""
        # What the step converts is counted behind it, among rows that it has repeated.
        self._repeated = True
        return self._marked(self._observed(df) if leaves_out_rows else df, conversions, act)

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after a user's own function, which does not get to see the places; they are lost behind it.

        A function that looks at rows itself may have looked at a few of them only, and Spark takes the metrics of the
        first look. So what was observed before is not relied on then.
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
        """Return the frame after the step, each row with a number for every 62 of the conversions."""
        for start in range(0, len(conversions), CONVERSIONS_IN_A_NUMBER):
            act = self._marking(conversions[start:start + CONVERSIONS_IN_A_NUMBER], act)
        return act(df)

    def _marking(self, conversions: Sequence[Conversion], act: Step) -> Step:
        """Return the step so that it marks rows in which one of these conversions fails."""
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

    def _observed(self, df: DataFrame) -> DataFrame:
        """Return the frame with all numbers observed and gone."""
        if not self._waiting:
            return df
        observation, waiting, self._waiting = Observation(), self._waiting, []
        self._points += [replace(point, observation=observation) for point in waiting]
        numbers = [point.number for point in waiting]
        return df.observe(observation, *(F.bit_or(column(name)).alias(name) for name in numbers)).drop(*numbers)


def _source_copies(df: DataFrame, conversions: Sequence[Conversion]) -> dict[str, str]:
    """Return a helper column for each source, which still has its values when the source is overwritten."""
    sources = dict.fromkeys(item.source for item in conversions if item.source)
    return {source: unused_name(df.schema, hidden_name(f'source_{index}')) for index, source in enumerate(sources)}


def _known_before(df: DataFrame, conversions: Sequence[Conversion]) -> list[str]:
    """Return for each conversion the condition, known before the step, that it fails."""
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
    """Return how many Spark jobs have been started so far."""
    context = df.sparkSession.sparkContext
    return len(context.statusTracker().getJobIdsForGroup(context.getLocalProperty('spark.jobGroup.id')))
