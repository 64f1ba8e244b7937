"""Combines columns into one text with a Python format string."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType, DataType, DateType, DecimalType, FractionalType, IntegralType, StructType, TimestampNTZType,
    TimestampType)

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type
from lake_etl.syntax.format_string import FormatField, parse_format
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.transform.fuse import PreparedColumn

WHITESPACE = ' \t\n\r\x0b\x0c'


@dataclass(frozen=True)
class TextReader:
    """How to read a value back from its text, and a sample value for trying a format."""

    read: Callable[[str], Any]
    sample: Any


TEXT = TextReader(str, 'text')
TEXT_READERS: tuple[tuple[type[DataType], TextReader], ...] = (
    (BooleanType, TextReader(lambda text: text == 'True', True)),
    (IntegralType, TextReader(int, 1)),
    (DecimalType, TextReader(Decimal, Decimal(1))),
    (FractionalType, TextReader(float, 1.0)),
    (DateType, TextReader(date.fromisoformat, date(2000, 1, 1))),
    (TimestampType, TextReader(datetime.fromisoformat, datetime(2000, 1, 1))),
    (TimestampNTZType, TextReader(datetime.fromisoformat, datetime(2000, 1, 1))),
)


class FormattedNull:
    """A null value: an empty text in every format."""

    def __format__(self, specification: str) -> str:
        return ''

    def __str__(self) -> str:
        return ''

    __repr__ = __str__


def combine_columns(format_text: str, names: Sequence[str], schema: StructType) -> Column | PreparedColumn:
    """Build the formatted text of the columns, without leading or trailing white space; null becomes empty text.

    Raises DataError for a missing column, and for a format that does not fit the type of a column.
    """
    types = [column_type(schema, name) for name in names]
    pieces = parse_format(format_text, len(names))
    fields = [piece for piece in pieces if isinstance(piece, FormatField)]
    if _is_plain(fields, types):
        texts = [F.lit(piece) if isinstance(piece, str) else
                 F.coalesce(python_text(names[piece.column], types[piece.column]), F.lit('')) for piece in pieces]
        return PreparedColumn({'text': F.concat(*texts, F.lit(''))}, lambda helpers: _trimmed(helpers['text']))
    typed = {field.column for field in fields if not field.text or _prints_differently(types[field.column])}
    readings = [_text_reader(kind) if index in typed else TEXT for index, kind in enumerate(types)]
    _try_format(format_text, readings, types)
    # Spark has no equivalent of Python's format mini-language, so Python formats these columns: one function for the
    # whole text. Arrow passes the values as text, which preserves integers with nulls and dates after 2262.
    formatter = F.udf(_formatter(format_text, [reading.read for reading in readings]), 'string', useArrow=True)
    return formatter(F.array(*(python_text(name, kind) for name, kind in zip(names, types))))


def _trimmed(text: str) -> Column:
    """Build the stripped text; testing for white space is much faster than trimming every text."""
    padded = ' OR '.join(f'{test}({text}, {sql_text(space)})' for space in WHITESPACE
                         for test in ('startswith', 'endswith'))
    return F.expr(f'CASE WHEN {padded} THEN btrim({text}, {sql_text(WHITESPACE)}) ELSE {text} END')


def needs_python(format_text: str, names: Sequence[str], schema: StructType) -> bool:
    """Tell whether Python formats the values; unlike Spark, it can fail for a value."""
    fields = [piece for piece in parse_format(format_text, len(names)) if isinstance(piece, FormatField)]
    return not _is_plain(fields, [column_type(schema, name) for name in names])


def _is_plain(fields: Sequence[FormatField], types: Sequence[DataType]) -> bool:
    return all(field.plain and not _prints_differently(types[field.column]) for field in fields)


def python_text(name: str, kind: DataType) -> Column:
    """Build the column's value as Python's `str` writes it; floating-point numbers as Spark writes them."""
    text = column(name).cast('string')
    if isinstance(kind, BooleanType):
        return F.initcap(text)
    if isinstance(kind, (TimestampType, TimestampNTZType)):
        in_microseconds = F.date_format(column(name), 'yyyy-MM-dd HH:mm:ss.SSSSSS')
        return F.when(F.contains(text, F.lit('.')), in_microseconds).otherwise(text)
    return text


def _prints_differently(kind: DataType) -> bool:
    """Tell whether Spark and Python write the type differently: 1.0E10 is 10000000000.0 in Python."""
    return isinstance(kind, FractionalType) and not isinstance(kind, DecimalType)


def _text_reader(kind: DataType) -> TextReader:
    return next((reading for base, reading in TEXT_READERS if isinstance(kind, base)), TEXT)


def _try_format(format_text: str, readings: Sequence[TextReader], types: Sequence[DataType]) -> None:
    try:
        format_text.format(*(reading.sample for reading in readings))
    except (ValueError, TypeError) as error:
        found = ', '.join(kind.simpleString() for kind in types)
        raise DataError(f'combinecolumns: format {format_text!r} does not suit columns of the types {found}. '
                        'Change the format, or convert the columns with changetype first.') from error


def _formatter(format_text: str,
               readers: Sequence[Callable[[str], Any]]) -> Callable[[Sequence[str | None]], str | None]:
    """Return a function from the columns' texts to the combined text, or to null when Python cannot format a value."""
    def combine(texts: Sequence[str | None]) -> str | None:
        try:
            values = [FormattedNull() if text is None else read(text) for read, text in zip(readers, texts)]
            return format_text.format(*values).strip(WHITESPACE)
        except (ValueError, ArithmeticError):
            return None
    return combine
