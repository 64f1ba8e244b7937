"""Transforms that give a column its type: amounts, dates, timestamps, implied decimals, any Spark type, title case."""
from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DateType, StringType, StructType, TimestampNTZType, TimestampType

from lake_etl.spec.entries.typeconversion import (
    CHANGETYPE,
    CURRENCY,
    DATE,
    IMPLIEDDECIMAL,
    JSON,
    TIMESTAMP,
    TITLECASE,
    ChangeTypeEntry,
    CurrencyEntry,
    DateTimeEntry,
    ImpliedDecimalEntry,
)
from lake_etl.spec.form import FieldEntry
from lake_etl.spec.type_text import parse_type
from lake_etl.transform.amounts import amount, implied_decimal
from lake_etl.transform.columns import column, column_type, quoted, try_cast_column
from lake_etl.transform.registry import TransformContext, column_transform
from lake_etl.transform.sql_text import sql_text
from lake_etl.transform.type_change import changed_type, json_text


@column_transform(CURRENCY, operation='currencyconversion')
def transform_currency(entry: CurrencyEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn text such as `$ 1,234.50` into a decimal; `(1,234.50)` and `1,234.50-` are negative, no number is null.

    Columns that are not text are only cast.
    """
    source = entry.source or entry.field
    if not isinstance(column_type(schema, source), StringType):
        return try_cast_column(source, f'decimal({entry.format})')
    return amount(source, entry.format, comma_is_decimal_mark=entry.euro)


@column_transform(CHANGETYPE)
def transform_changetype(entry: ChangeTypeEntry, schema: StructType, context: TransformContext) -> Column:
    """Change a column's type; values that do not fit become null, and members of a struct are renamed by position.

    Text becomes a whole number without its decimals: `12.7` is 12. The type `json` writes the value as JSON text.
    """
    source = column_type(schema, entry.field)
    if entry.value.strip().lower() == JSON:
        return json_text(entry.field)
    return changed_type(entry.field, source, parse_type(entry.value))


@column_transform(DATE, operation='dateconversion')
def transform_date(entry: DateTimeEntry, schema: StructType, context: TransformContext) -> Column:
    """Read a date by a pattern; a value that does not match becomes null. Two-digit years lie in 2000 to 2099."""
    return _moment(entry, schema).cast('date')


@column_transform(TIMESTAMP, operation='timestampconversion')
def transform_timestamp(entry: DateTimeEntry, schema: StructType, context: TransformContext) -> Column:
    """Read a timestamp by a pattern; a value that does not match becomes null. Without a time zone it is UTC."""
    return _moment(entry, schema).cast('timestamp')


def _moment(entry: DateTimeEntry, schema: StructType) -> Column:
    """Return the column as it is when it has a date or time already, else its text read by the pattern."""
    source = entry.source or entry.field
    if isinstance(column_type(schema, source), (DateType, TimestampType, TimestampNTZType)):
        return column(source)
    return F.expr(f'try_to_timestamp(CAST({quoted(source)} AS STRING), {sql_text(entry.format)})')


@column_transform(IMPLIEDDECIMAL, operation='implieddecimalconversion')
def transform_implieddecimal(entry: ImpliedDecimalEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn whole-number text such as `12345` into 123.45; text that is no whole number becomes null."""
    source = entry.source or entry.field
    column_type(schema, source)
    return implied_decimal(source, entry.format, int(entry.num_implied))


@column_transform(TITLECASE)
def transform_titlecase(entry: FieldEntry, schema: StructType, context: TransformContext) -> Column:
    """Write each word of a text with a capital and small letters; words end at white space."""
    column_type(schema, entry.field)
    return F.initcap(column(entry.field).cast('string'))
