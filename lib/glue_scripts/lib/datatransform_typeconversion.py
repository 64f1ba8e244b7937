"""Transforms that give a column its type: amounts, dates, timestamps, implied decimals, any Spark type, title case."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DateType, StringType, StructType, TimestampNTZType, TimestampType

from lake_etl.spec.datetime_pattern import datetime_pattern_problems
from lake_etl.spec.type_text import decimal_problems, parse_type, type_problems
from lake_etl.transform.amounts import amount, implied_decimal
from lake_etl.transform.columns import column, column_type, quoted, try_cast_column
from lake_etl.transform.registry import FieldEntry, Shape, TransformContext, column_transform
from lake_etl.transform.sql_text import sql_text
from lake_etl.transform.type_change import changed_type, json_text

JSON = 'json'
MOST_IMPLIED_DECIMALS = 38


@dataclass(frozen=True, kw_only=True)
class CurrencyEntry(FieldEntry):
    """An amount with currency signs and separators.

    field   column to write
    source  column to read; the field itself when left out
    format  precision and scale of the decimal, such as 16,2
    euro    true when the comma is the decimal mark, as in 1.234,50
    """

    format: str = '16,2'
    euro: bool = False

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the format."""
        for problem in decimal_problems(self.format):
            yield f"'format': {problem}"


@column_transform(CurrencyEntry, operation='currencyconversion', parses_text=True)
def transform_currency(entry: CurrencyEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn text such as `$ 1,234.50` into a decimal; `(1,234.50)` and `1,234.50-` are negative, no number is null.

    Columns that are not text are only cast.
    """
    source = entry.source or entry.field
    if not isinstance(column_type(schema, source), StringType):
        return try_cast_column(source, f'decimal({entry.format})')
    return amount(source, entry.format, comma_is_decimal_mark=entry.euro)


@dataclass(frozen=True, kw_only=True)
class ChangeTypeEntry:
    """A column and its new type.

    field  column to change
    value  Spark type such as decimal(16,2) or struct<number:string,start:date>, or json for JSON text
    """

    field: str
    value: str

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the type."""
        if self.value.strip().lower() != JSON:
            yield from type_problems(self.value)

    def reads(self) -> tuple[str, ...]:
        """Return the column, which must exist."""
        return (self.field,)

    def writes(self) -> tuple[str, ...]:
        """Return the column."""
        return (self.field,)


@column_transform(ChangeTypeEntry, shape=Shape.VALUES, parses_text=True)
def transform_changetype(entry: ChangeTypeEntry, schema: StructType, context: TransformContext) -> Column:
    """Change a column's type; values that do not fit become null, and members of a struct are renamed by position.

    Text becomes a whole number without its decimals: `12.7` is 12. The type `json` writes the value as JSON text.
    """
    source = column_type(schema, entry.field)
    if entry.value.strip().lower() == JSON:
        return json_text(entry.field)
    return changed_type(entry.field, source, parse_type(entry.value))


@dataclass(frozen=True, kw_only=True)
class DateTimeEntry(FieldEntry):
    """A date or timestamp written as text.

    field   column to write
    source  column to read; the field itself when left out
    format  Spark datetime pattern, such as yyyy-MM-dd or dd/MM/yy
    """

    format: str

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the pattern."""
        for problem in datetime_pattern_problems(self.format):
            yield f"'format': {problem}"


@column_transform(DateTimeEntry, operation='dateconversion', parses_text=True)
def transform_date(entry: DateTimeEntry, schema: StructType, context: TransformContext) -> Column:
    """Read a date by a pattern; a value that does not match becomes null. Two-digit years lie in 2000 to 2099."""
    return _moment(entry, schema).cast('date')


@column_transform(DateTimeEntry, operation='timestampconversion', parses_text=True)
def transform_timestamp(entry: DateTimeEntry, schema: StructType, context: TransformContext) -> Column:
    """Read a timestamp by a pattern; a value that does not match becomes null. Without a time zone it is UTC."""
    return _moment(entry, schema).cast('timestamp')


def _moment(entry: DateTimeEntry, schema: StructType) -> Column:
    """Return the column as it is when it has a date or time already, else its text read by the pattern."""
    source = entry.source or entry.field
    if isinstance(column_type(schema, source), (DateType, TimestampType, TimestampNTZType)):
        return column(source)
    return F.expr(f'try_to_timestamp(CAST({quoted(source)} AS STRING), {sql_text(entry.format)})')


@dataclass(frozen=True, kw_only=True)
class ImpliedDecimalEntry(FieldEntry):
    """A whole number whose last digits are decimals.

    field        column to write
    source       column to read; the field itself when left out
    format       precision and scale of the decimal, such as 16,2
    num_implied  how many digits are decimals: a number, or the number as text
    """

    format: str
    num_implied: int | str = 2

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the format and the number of decimals."""
        for problem in decimal_problems(self.format):
            yield f"'format': {problem}"
        text = str(self.num_implied)
        if not (text.isascii() and text.isdigit() and int(text) <= MOST_IMPLIED_DECIMALS):
            yield f"'num_implied': expected a number from 0 to {MOST_IMPLIED_DECIMALS}, got {text!r}"


@column_transform(ImpliedDecimalEntry, operation='implieddecimalconversion', parses_text=True)
def transform_implieddecimal(entry: ImpliedDecimalEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn whole-number text such as `12345` into 123.45; text that is no whole number becomes null."""
    source = entry.source or entry.field
    column_type(schema, source)
    return implied_decimal(source, entry.format, int(entry.num_implied))


@column_transform(FieldEntry, shape=Shape.NAMES, parses_text=True)
def transform_titlecase(entry: FieldEntry, schema: StructType, context: TransformContext) -> Column:
    """Write each word of a text with a capital and small letters; words end at white space."""
    column_type(schema, entry.field)
    return F.initcap(column(entry.field).cast('string'))
