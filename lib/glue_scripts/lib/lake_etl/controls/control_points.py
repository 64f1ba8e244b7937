"""Counts the rows and sums the amounts of a load at each of its stages, in the pass that writes the rows.

Spark may count a row twice if it repeats a task or samples rows for sorting, and skips what cannot contribute a row. So
figures that do not agree are counted again, by a query of their own, before anybody believes them.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType, NumericType, StringType

from lake_etl.config.form import RowEffect
from lake_etl.controls.control_statement import FILTERED, OTHER, Figures, Measure, StatedTotals
from lake_etl.controls.run_records import StepCount
from lake_etl.spark.columns import column, column_type, quoted
from lake_etl.spark.materialize import observed
from lake_etl.transform.conversion import Conversion
from lake_etl.transform.conversion_watch import Step, Watch
from lake_etl.transform.fuse import Assignment
from lake_etl.transform.type_change import exact_number_from_text

# A sum has ten digits more than its decimals, and Spark's own limit is 38.
DIGITS, MOST_DECIMALS, DECIMALS = 28, 10, 6


@dataclass(frozen=True)
class StageColumns:
    """Where the columns of the statement are in the frame of a stage.

    amounts  columns to sum, by their names in the statement
    per      column whose values are told apart; None for none
    """

    amounts: Mapping[str, str]
    per: str | None = None


@dataclass(frozen=True)
class _Point:
    """A frame that is counted on the way, and what is counted."""

    frame: DataFrame
    measures: Mapping[Measure, Column]
    observation: Observation

    def observed_figures(self) -> Figures | None:
        """Return the figures of the pass that computed the frame, or None if they never arrive."""
        found = observed(lambda: self.observation.get)
        return None if found is None else self._figures(found)

    def counted_figures(self) -> Figures:
        """Return the figures; runs one query."""
        row = self.frame.agg(*_named(self.measures)).collect()[0]
        return self._figures(row.asDict())

    def _figures(self, values: Mapping[str, object]) -> Figures:
        return {measure: Decimal(str(values.get(f'figure_{index}') or 0))
                for index, measure in enumerate(self.measures)}


class ControlPoints:
    """The points of a load at which rows are counted: all stages with stated totals, else steps that change the rows.

    counts_rows   whether the rows before and after these steps are counted without stated totals, too
    columns       to sum, by their names in the statement
    groups        values of the column `per` for which something is stated
    mapped_names  names of these columns and of the column `per` behind the mapping
    filters       number of steps so far that leave out rows
    """

    def __init__(self) -> None:
        self.stated: tuple[StatedTotals, ...] = ()
        self.columns: tuple[str, ...] = ()
        self.mapped_names: Mapping[str, str] = {}
        self.groups: tuple[str, ...] = ()
        self._points: dict[str, _Point] = {}
        self._figures: dict[str, Figures] = {}
        # Where Spark has skipped one point, it has skipped others too; nobody waits for each of them.
        self._arrives_never = False
        self.filters = 0
        self.counts_rows = False
        self._row_steps: list[tuple[str, str, bool]] = []

    def expect(self, stated: Sequence[StatedTotals]) -> None:
        """Count all measures that the statements name from here on."""
        self.stated = tuple(stated)
        measures = [measure for item in stated for measure in item.totals]
        self.columns = tuple(dict.fromkeys(measure.column for measure in measures if measure.column))
        self.groups = tuple(dict.fromkeys(measure.group for measure in measures
                                          if measure.group and measure.group != OTHER))

    def all_measures(self) -> frozenset[Measure]:
        """Return all measures that a stage may have."""
        groups = ('', *self.groups, OTHER) if self.groups else ('',)
        return frozenset(Measure(name, group) for name in ('', *self.columns) for group in groups)

    def observe(self, df: DataFrame, point: str, columns: StageColumns,
                parse: Mapping[str, Assignment] | None = None, counts: Column | None = None) -> DataFrame:
        """Return the same rows, counted when they are computed.

        parse   how text becomes an amount, by the column of the frame in lower case; other text is read as plain
                numbers
        counts  condition; only rows for which it is true are counted
        """
        if not self.stated:
            return df
        measures: dict[Measure, Column] = {}
        stated = {measure for item in self.stated for measure in item.totals}
        for name, amount in {'': F.lit(1), **_amounts(df, columns, parse or {})}.items():
            conditions = self._conditions(df, columns.per)
            if name and len(conditions) > 1 and Measure(name) not in stated:
                del conditions['']  # A sum of several currencies means nothing.
            for group, condition in conditions.items():
                chosen = [item for item in (condition, counts) if item is not None]
                value = amount
                for item in chosen:
                    value = F.when(item, value)
                measures[Measure(name, group)] = F.sum(value) if name else F.count(value)
        observation = Observation()
        self._points[point] = _Point(df, measures, observation)
        return df.observe(observation, *_named(measures))

    def _conditions(self, df: DataFrame, per: str | None) -> dict[str, Column | None]:
        found: dict[str, Column | None] = {'': None}
        if per is not None and self.groups:
            value = F.trim(column(per).cast('string'))
            found |= {group: value == group for group in self.groups}
            found[OTHER] = ~F.coalesce(value.isin(*self.groups), F.lit(False))
        return found

    def count_rows(self, df: DataFrame, point: str) -> DataFrame:
        """Return the same rows; their number is counted when they are computed."""
        self._points[point] = _Point(df, {Measure(''): F.count(F.lit(1))}, Observation())
        return df.observe(self._points[point].observation, *_named(self._points[point].measures))

    def begin_step(self, filters: bool) -> tuple[str, str]:
        """Return the names of the points before and after a step that leaves out rows, or repeats them."""
        if filters:
            points = before_filter(self.filters), after_filter(self.filters)
            self.filters += 1
        else:
            number = len(self._row_steps)
            points = f'before step {number}', f'after step {number}'
        self._row_steps.append((*points, filters))
        return points

    def step_counts(self) -> list[StepCount] | None:
        """Return the rows before and after each step that changes which there are; the frames must have been computed.

        Only for stated totals may counts that never arrived cost a query; here the answer is None then.
        """
        found = []
        for before, after, filters in self._row_steps:
            rows = [self._figures_of_pass(point) for point in (before, after)]
            if rows[0] is None or rows[1] is None:
                return None
            found.append(StepCount(int(rows[0][Measure('')]), int(rows[1][Measure('')]), filters))
        return found

    def has(self, point: str) -> bool:
        """Tell whether rows are counted at a point."""
        return point in self._points

    def figures(self, point: str) -> Figures:
        """Return the figures of a point; the frame must have been computed."""
        found = self._figures_of_pass(point)
        if found is None:
            found = self._figures[point] = self._points[point].counted_figures()
        return found

    def _figures_of_pass(self, point: str) -> Figures | None:
        """Return the figures of a point that are known without a query; None if they never arrive."""
        if point not in self._figures and not self._arrives_never:
            found = self._points[point].observed_figures()
            self._arrives_never = found is None
            if found is not None:
                self._figures[point] = found
        return self._figures.get(point)

    def count_again(self) -> None:
        """Count all points by queries of their own, so that no repeated or skipped task can matter."""
        self._figures = {name: point.counted_figures() for name, point in self._points.items()}

    def filtered(self) -> Figures:
        """Return the figures of the rows that steps have filtered out."""
        total: dict[Measure, Decimal] | None = None
        for number in range(self.filters):
            part = subtract(self.figures(before_filter(number)), self.figures(after_filter(number)))
            total = dict(part) if total is None else {measure: total[measure] + part[measure]
                                                      for measure in total.keys() & part.keys()}
        return total or {}


def subtract(figures: Figures, other: Figures) -> Figures:
    """Return the differences of the measures that both have."""
    return {measure: figures[measure] - other[measure] for measure in figures if measure in other}


def before_filter(number: int) -> str:
    """Return the name of the point before a step that leaves out rows."""
    return f'before {FILTERED} {number}'


def after_filter(number: int) -> str:
    """Return the name of the point after a step that leaves out rows."""
    return f'after {FILTERED} {number}'


class RowWatch:
    """Counts the rows before and after each step that changes which there are; leaves the steps to another watch."""

    def __init__(self, watch: Watch, points: ControlPoints, counted: Callable[[DataFrame, str], DataFrame]):
        self._watch = watch
        self._points = points
        self._counted = counted

    def assign(self, df: DataFrame, batch: Sequence[Assignment]) -> DataFrame:
        """Return the frame after the assignments."""
        return self._watch.assign(df, batch)

    def apply_step(self, df: DataFrame, conversions: Sequence[Conversion], act: Step, row_effect: RowEffect
                   ) -> DataFrame:
        """Return the frame after the step."""
        filters = row_effect is RowEffect.LEAVES_OUT
        in_statement = filters and bool(self._points.stated)
        if row_effect is RowEffect.NONE or not (in_statement or self._points.counts_rows):
            return self._watch.apply_step(df, conversions, act, row_effect)
        counted = self._counted if in_statement else self._points.count_rows
        before, after = self._points.begin_step(filters)
        return counted(self._watch.apply_step(counted(df, before), conversions, act, row_effect), after)

    def apply_function(self, df: DataFrame, act: Step) -> DataFrame:
        """Return the frame after a user's own function."""
        return self._watch.apply_function(df, act)


def _named(measures: Mapping[Measure, Column]) -> list[Column]:
    return [value.alias(f'figure_{index}') for index, value in enumerate(measures.values())]


def _amounts(df: DataFrame, columns: StageColumns, parse: Mapping[str, Assignment]) -> dict[str, Column]:
    """Return the amounts to sum by their names in the statement, as decimals that no sum can make too wide."""
    found: dict[str, Column] = {}
    for name, actual in columns.amounts.items():
        kind, assignment = column_type(df.schema, actual), parse.get(actual.lower())
        if isinstance(kind, StringType) and assignment is not None:
            built = assignment.build(df.schema)
            if isinstance(built, Column):
                found[name] = built
        elif isinstance(kind, StringType):
            found[name] = F.expr(exact_number_from_text(f'trim({quoted(actual)})', _amount_type(DECIMALS)))
        elif isinstance(kind, NumericType):
            decimals = min(kind.scale, MOST_DECIMALS) if isinstance(kind, DecimalType) else DECIMALS
            found[name] = F.expr(f'try_cast({quoted(actual)} AS {_amount_type(decimals)})')
    return found


def _amount_type(decimals: int) -> str:
    return f'decimal({DIGITS},{decimals})'
