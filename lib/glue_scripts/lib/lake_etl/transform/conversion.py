"""The conversions of a step, and counts of the values that failed to convert."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from lake_etl.config.form import OnError
from lake_etl.spark.columns import column, column_type, quoted
from lake_etl.spark.task_order import POSITION_BITS, task_of


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The values that one entry converts; those that it cannot convert become null.

    column   column named in reports; empty when whole rows are converted
    failure  text about values that do not convert, such as `do not match 'M/d/yy'`
    source   column whose values are converted; None: whole rows
    failed   SQL condition on the row before the step that the conversion fails; None: `column` is null after the step
    stops    whether a single failure prevents publication of the load
    """

    column: str
    failure: str
    source: str | None = None
    failed: str | None = None
    stops: bool = False


def has_value(schema: StructType, name: str) -> str:
    """Return a SQL condition that the column has a value: neither null nor blank text."""
    if isinstance(column_type(schema, name), StringType):
        # This is null where the column is null; every use tests for true.
        return f"trim({quoted(name)}) <> ''"
    return f'{quoted(name)} IS NOT NULL'


def target_conversion(source: str, field: str, failure: str, on_error: OnError) -> Conversion:
    """Return the conversion from a source column to the column that the entry writes."""
    in_place = source.lower() == field.lower()
    return Conversion(column=field, failure=failure if in_place else f"of '{source}' {failure}",
                      source=source, stops=on_error == 'fail')


def text_conversions(schema: StructType, field: str, on_error: OnError, *, numbers: Iterable[str] = (),
                     dates: Iterable[str] = ()) -> tuple[Conversion, ...]:
    """Return the conversions of those text columns that an entry reads as numbers or dates for `field`."""
    return (*_read_as(schema, numbers, 'number', 'double', field, on_error),
            *_read_as(schema, dates, 'date', 'date', field, on_error))


def _read_as(schema: StructType, names: Iterable[str], kind: str, type_name: str, field: str,
             on_error: OnError) -> Iterator[Conversion]:
    for name in {name.lower(): name for name in names}.values():
        if isinstance(column_type(schema, name), StringType):
            yield Conversion(column=name, failure=f"are not {kind}s and count as null for '{field}'", source=name,
                             failed=f'try_cast({quoted(name)} AS {type_name}) IS NULL',
                             stops=on_error == 'fail')


@dataclass(frozen=True)
class FailedConversion:
    """Values that did not convert.

    column   column that is reported; empty when whole rows did not fit
    failed   number of values that did not convert
    values   number of values in total
    failure  text about the failed values, such as `do not match 'M/d/yy'`
    rows     first and last row of the source with such a value, from 1; empty when they are unknown
    stops    whether the load must not be published
    """

    column: str
    failed: int
    values: int
    failure: str
    rows: tuple[int, ...] = ()
    stops: bool = False

    def __str__(self) -> str:
        what = f'{self.column}: {self.failed:,} of {self.values:,} values' if self.column else f'{self.failed:,} rows'
        noun = 'row' if len(self.rows) == 1 else 'rows'
        examples = ' and '.join(f'{row:,}' for row in self.rows)
        where = f', for example in {noun} {examples}' if self.rows else ''
        return f'{what} {self.failure}{where}'


@dataclass(frozen=True)
class SourceRows:
    """The rows of a source in order: a frame with a column that holds the task and position of each row."""

    frame: DataFrame
    place: str

    def numbers(self, places: Sequence[int]) -> dict[int, int]:
        """Return the row number, from 1, for each place; runs one query if the source has several tasks."""
        tasks = {place >> POSITION_BITS for place in places}
        before = rows_before(self._sizes()) if tasks - {0} else {0: 0}
        in_task = (1 << POSITION_BITS) - 1
        return {place: before[place >> POSITION_BITS] + (place & in_task) + 1 for place in places}

    def _sizes(self) -> dict[int, int]:
        counted = self.frame.groupBy(task_of(self.place).alias('task')).count().collect()
        return {row['task']: row['count'] for row in counted}


def rows_before(counts: Mapping[int, int]) -> dict[int, int]:
    """Return the number of rows in all earlier tasks, for each task."""
    before, total = {}, 0
    for task in sorted(counts):
        before[task] = total
        total += counts[task]
    return before


@dataclass(frozen=True)
class MarkedFrame:
    """A frame with SQL conditions that tell, for each conversion, whether a row has a value and whether it failed.

    source    source of the rows; None when it is no longer known
    repeated  whether a row of the source may occur several times in the frame
    """

    frame: DataFrame
    conversions: tuple[Conversion, ...]
    tried: tuple[str, ...]
    failed: tuple[str, ...]
    source: SourceRows | None
    repeated: bool


def count_failures(marks: MarkedFrame, indexes: Sequence[int]) -> tuple[FailedConversion, ...]:
    """Return the failures of these conversions that have any; runs one query, or none without indexes.

    Counts each row of the source once, even if the frame repeats it.
    """
    if not indexes:
        return ()
    source = marks.source
    place = column(source.place) if source else F.lit(None).cast('bigint')
    flags = [F.expr(condition).alias(f'{kind}{index}') for index in indexes
             for kind, condition in (('tried', marks.tried[index]), ('failed', marks.failed[index]))]
    rows = marks.frame.select(place.alias('place'), *flags)
    if source and marks.repeated:
        names = [name for name in rows.columns if name != 'place']
        rows = rows.groupBy('place').agg(*(F.expr(f'bool_or({name})').alias(name) for name in names))
    counted = rows.agg(*(measure for index in indexes for measure in _measures(index))).collect()[0]
    found = [index for index in indexes if counted[f'failures{index}']]
    places = {counted[f'{end}{index}'] for index in found for end in ('first', 'last')} - {None}
    numbers = source.numbers(sorted(places)) if source and places else {}
    return tuple(_failure(marks.conversions[index], index, counted, numbers) for index in found)


def _measures(index: int) -> list[Column]:
    failed = F.when(column(f'failed{index}'), F.col('place'))
    return [F.expr(f'count_if(tried{index})').alias(f'values{index}'),
            F.expr(f'count_if(failed{index})').alias(f'failures{index}'),
            F.min(failed).alias(f'first{index}'), F.max(failed).alias(f'last{index}')]


def _failure(conversion: Conversion, index: int, counted: Row, numbers: dict[int, int]) -> FailedConversion:
    places = dict.fromkeys((counted[f'first{index}'], counted[f'last{index}']))
    return FailedConversion(conversion.column, counted[f'failures{index}'], counted[f'values{index}'],
                            conversion.failure, tuple(numbers[place] for place in places if place in numbers),
                            conversion.stops)
