"""The entries of the transforms that convert a column to a type."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.form import ConvertingEntry, FieldEntry, Form, OnError, Shape
from lake_etl.syntax.datetime_pattern import datetime_pattern_problems
from lake_etl.syntax.type_text import decimal_problems, type_problems

JSON = 'json'
MOST_IMPLIED_DECIMALS = 38


@dataclass(frozen=True, kw_only=True)
class CurrencyEntry(ConvertingEntry):
    """An amount with currency signs and separators.

    field     column to write
    source    column to read; the field itself when left out
    format    precision and scale of the decimal, such as 16,2
    euro      true when the comma is the decimal mark, as in 1.234,50
    on_error  null: a value that does not convert becomes null and is counted; fail: it stops the load
    """

    format: str = '16,2'
    euro: bool = False

    def check(self) -> Iterator[str]:
        """Yield the problems of the format."""
        for problem in decimal_problems(self.format):
            yield f"'format': {problem}"


@dataclass(frozen=True, kw_only=True)
class NewType:
    """The new type of a column.

    type      Spark type such as `decimal(16,2)` or `struct<number:string,start:date>`, or `json` for JSON text
    on_error  null: a value that does not convert becomes null and is counted; fail: it stops the load
    """

    type: str
    on_error: OnError = 'null'

    @property
    def is_json(self) -> bool:
        """Tell whether values are written as JSON text."""
        return self.type.strip().lower() == JSON


@dataclass(frozen=True, kw_only=True)
class ChangeTypeEntry:
    """A column and its new type.

    field  column to change
    value  Spark type such as `decimal(16,2)` or `struct<number:string,start:date>`, or `json` for JSON text; or an
           object with `type` and `on_error`: `null` or `fail`, for values that do not convert
    """

    field: str
    value: str | NewType

    @property
    def change(self) -> NewType:
        """Return the type and what to do with values that do not convert."""
        return NewType(type=self.value) if isinstance(self.value, str) else self.value

    def check(self) -> Iterator[str]:
        """Yield the problems of the type."""
        if not self.change.is_json:
            yield from type_problems(self.change.type)

    def reads(self) -> tuple[str, ...]:
        """Return the column, which must exist."""
        return (self.field,)

    def writes(self) -> tuple[str, ...]:
        """Return the column."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class DateTimeEntry(ConvertingEntry):
    """A date or timestamp written as text.

    field     column to write
    source    column to read; the field itself when left out
    format    Spark datetime pattern, such as yyyy-MM-dd or dd/MM/yy
    on_error  null: a value that does not convert becomes null and is counted; fail: it stops the load
    """

    format: str

    def check(self) -> Iterator[str]:
        """Yield the problems of the pattern."""
        for problem in datetime_pattern_problems(self.format):
            yield f"'format': {problem}"


@dataclass(frozen=True, kw_only=True)
class ImpliedDecimalEntry(ConvertingEntry):
    """A whole number whose last digits are decimals.

    field        column to write
    source       column to read; the field itself when left out
    format       precision and scale of the decimal, such as 16,2
    num_implied  how many digits are decimals: a number, or the number as text
    on_error     null: a value that does not convert becomes null and is counted; fail: it stops the load
    """

    format: str
    num_implied: int | str = 2

    def check(self) -> Iterator[str]:
        """Yield the problems of the format and the number of decimals."""
        for problem in decimal_problems(self.format):
            yield f"'format': {problem}"
        text = str(self.num_implied)
        if not (text.isascii() and text.isdigit() and int(text) <= MOST_IMPLIED_DECIMALS):
            yield f"'num_implied': expected a number from 0 to {MOST_IMPLIED_DECIMALS}, got {text!r}"


CURRENCY = Form('currency', CurrencyEntry, parses_text=True)
CHANGETYPE = Form('changetype', ChangeTypeEntry, Shape.VALUES, parses_text=True)
DATE = Form('date', DateTimeEntry, parses_text=True)
TIMESTAMP = Form('timestamp', DateTimeEntry, parses_text=True)
IMPLIEDDECIMAL = Form('implieddecimal', ImpliedDecimalEntry, parses_text=True)
TITLECASE = Form('titlecase', FieldEntry, Shape.NAMES, parses_text=True)
