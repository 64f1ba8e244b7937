"""Transforms that give a column its type: amounts, dates, timestamps, implied decimals, any Spark type, title case."""
from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DateType, StringType, StructType, TimestampNTZType, TimestampType

from lake_etl.config.entries.typeconversion import (
    CHANGETYPE, CURRENCY, DATE, IMPLIEDDECIMAL, TIMESTAMP, TITLECASE, ChangeTypeEntry, CurrencyEntry, DateTimeEntry,
    ImpliedDecimalEntry)
from lake_etl.config.form import FieldEntry
from lake_etl.spark.columns import column, column_type, quoted, try_cast_column
from lake_etl.syntax.type_text import parse_type
from lake_etl.transform.conversion import Conversion, target_conversion
from lake_etl.transform.registry import TransformContext, column_transform
from lake_etl.transform.text_parsing import parse_amount, parse_implied_decimal, parse_timestamp
from lake_etl.transform.type_change import always_converts, change_type, json_text

MOMENTS = (DateType, TimestampType, TimestampNTZType)


def _amounts(entry: CurrencyEntry, schema: StructType) -> tuple[Conversion, ...]:
    failure = f'are no decimal({entry.format})'
    return (target_conversion(entry.source or entry.field, entry.field, failure, entry.on_error),)


@column_transform(CURRENCY, operation='currencyconversion', converts=_amounts)
def transform_currency(entry: CurrencyEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn text such as `$ 1,234.50` into a decimal; `(1,234.50)` and `1,234.50-` are negative, no number is null.

    Columns that are not text are only cast.
    """
    source = entry.source or entry.field
    if not isinstance(column_type(schema, source), StringType):
        return try_cast_column(source, f'decimal({entry.format})')
    return parse_amount(source, entry.format, comma_is_decimal_mark=entry.euro)


def _new_types(entry: ChangeTypeEntry, schema: StructType) -> tuple[Conversion, ...]:
    change = entry.change
    if change.is_json or always_converts(column_type(schema, entry.field), parse_type(change.type)):
        return ()
    return (target_conversion(entry.field, entry.field, f'cannot become {change.type}', change.on_error),)


@column_transform(CHANGETYPE, converts=_new_types)
def transform_changetype(entry: ChangeTypeEntry, schema: StructType, context: TransformContext) -> Column:
    """Change a column's type; values that do not fit become null, and members of a struct are renamed by position.

    Text becomes a whole number without its decimals: `12.7` is 12; one with an exponent of more than three digits is no
    number. The type `json` writes the value as JSON text.
    """
    source = column_type(schema, entry.field)
    if entry.change.is_json:
        return json_text(entry.field)
    return F.expr(change_type(entry.field, source, parse_type(entry.change.type)))


def _moments(entry: DateTimeEntry, schema: StructType) -> tuple[Conversion, ...]:
    source = entry.source or entry.field
    if isinstance(column_type(schema, source), MOMENTS):
        return ()
    return (target_conversion(source, entry.field, f"do not match '{entry.format}'", entry.on_error),)


@column_transform(DATE, operation='dateconversion', converts=_moments)
def transform_date(entry: DateTimeEntry, schema: StructType, context: TransformContext) -> Column:
    """Read a date by a pattern; a value that does not match becomes null. Two-digit years lie in 2000 to 2099."""
    return _moment(entry, schema).cast('date')


@column_transform(TIMESTAMP, operation='timestampconversion', converts=_moments)
def transform_timestamp(entry: DateTimeEntry, schema: StructType, context: TransformContext) -> Column:
    """Read a timestamp by a pattern; a value that does not match becomes null. Without a time zone it is UTC."""
    return _moment(entry, schema).cast('timestamp')


def _moment(entry: DateTimeEntry, schema: StructType) -> Column:
    """Return the column as it is when it has a date or time already, else its text read by the pattern."""
    source = entry.source or entry.field
    if isinstance(column_type(schema, source), MOMENTS):
        return column(source)
    return F.expr(parse_timestamp(f'CAST({quoted(source)} AS STRING)', entry.format))


def _implied_decimals(entry: ImpliedDecimalEntry, schema: StructType) -> tuple[Conversion, ...]:
    failure = f'are no whole numbers that fit decimal({entry.format})'
    return (target_conversion(entry.source or entry.field, entry.field, failure, entry.on_error),)


@column_transform(IMPLIEDDECIMAL, operation='implieddecimalconversion', converts=_implied_decimals)
def transform_implieddecimal(entry: ImpliedDecimalEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn whole-number text such as `12345` into 123.45; text that is no whole number becomes null."""
    source = entry.source or entry.field
    column_type(schema, source)
    return parse_implied_decimal(source, entry.format, int(entry.num_implied))


@column_transform(TITLECASE)
def transform_titlecase(entry: FieldEntry, schema: StructType, context: TransformContext) -> Column:
    """Write each word of a text with a capital and small letters; words end at white space."""
    column_type(schema, entry.field)
    return F.initcap(column(entry.field).cast('string'))
