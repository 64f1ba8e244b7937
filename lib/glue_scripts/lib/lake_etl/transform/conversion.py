"""What a step converts: which values it tries, and how one that does not convert is told from no value at all."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyspark.sql.types import StringType, StructType

from lake_etl.config.form import OnError
from lake_etl.spark.columns import column_type, quoted


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The values that one entry turns into something else, or into null where that cannot be.

    column   column that reports name; empty when the conversion is one of whole rows
    failure  what is said of values that do not convert, such as `do not match 'M/d/yy'`
    source   column whose values are converted; None: every row is
    failed   SQL condition on the row before the step: it does not convert; None: `column` is null after the step
    stops    whether one failure keeps the load from being published
    """

    column: str
    failure: str
    source: str | None = None
    failed: str | None = None
    stops: bool = False


def has_value(schema: StructType, name: str) -> str:
    """Return a SQL condition: the column is not null, and not blank text, which stands for no value."""
    if isinstance(column_type(schema, name), StringType):
        # Null where the column is null; every use asks for true.
        return f"trim({quoted(name)}) <> ''"
    return f'{quoted(name)} IS NOT NULL'


def written_value(source: str, field: str, failure: str, on_error: OnError) -> Conversion:
    """Return the conversion of a source column into the column that the entry writes."""
    in_place = source.lower() == field.lower()
    return Conversion(column=field, failure=failure if in_place else f"of '{source}' {failure}",
                      source=source, stops=on_error == 'fail')


def text_read_as(schema: StructType, field: str, on_error: OnError, *, numbers: Iterable[str] = (),
                 dates: Iterable[str] = ()) -> tuple[Conversion, ...]:
    """Return the conversions of those columns that are text, which an entry reads as numbers or dates for `field`."""
    return (*_read_as(schema, numbers, 'number', 'double', field, on_error),
            *_read_as(schema, dates, 'date', 'date', field, on_error))


def _read_as(schema: StructType, names: Iterable[str], kind: str, type_name: str, field: str,
             on_error: OnError) -> Iterator[Conversion]:
    for name in {name.lower(): name for name in names}.values():
        if isinstance(column_type(schema, name), StringType):
            yield Conversion(column=name, failure=f"are no {kind} and count as null for '{field}'", source=name,
                             failed=f'try_cast({quoted(name)} AS {type_name}) IS NULL',
                             stops=on_error == 'fail')
