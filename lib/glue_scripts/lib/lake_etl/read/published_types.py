"""Keeps the column types of the published table, for formats whose files declare types of their own."""
from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

from lake_etl.config.input import InputSpec
from lake_etl.read.source_files import KnownTypes
from lake_etl.read.type_masks import TEXT, fits_type
from lake_etl.spark.columns import column, quoted, try_cast_column
from lake_etl.spark.source_rows import without_tracking
from lake_etl.syntax.column_names import comparable_name

FIXED_TYPES = ('array', 'map', 'struct', 'binary')


def stays_text(name: str, spec: InputSpec, known: KnownTypes) -> bool:
    """Tell whether the reader returns a column as text: it is published as text, has a declared type, or is parsed by a
    later step.
    """
    return (known.table_types.get(name) == TEXT or name.lower() in known.text_columns
            or comparable_name(name) in map(comparable_name, spec.types))


def text_type(kind: DataType) -> DataType:
    """Return the type with text in place of every number, date and boolean, at any depth."""
    if isinstance(kind, StructType):
        return StructType([StructField(field.name, text_type(field.dataType)) for field in kind.fields])
    return ArrayType(text_type(kind.elementType)) if isinstance(kind, ArrayType) else StringType()


def to_text(value: Column, kind: DataType) -> Column:
    """Return a value as text; arrays and structs become JSON."""
    return F.to_json(value) if isinstance(kind, (ArrayType, StructType)) else value.cast(TEXT)


def with_text_columns(df: DataFrame, spec: InputSpec, known: KnownTypes) -> DataFrame:
    """Return the frame with the columns that stay text converted to text, or all values where types are not inferred.

    Converting keeps every digit. Reading a JSON number as text would not, because Spark goes through a double.
    """
    texts = {}
    for field in without_tracking(df).schema.fields:
        if stays_text(field.name, spec, known):
            texts[field.name] = to_text(column(field.name), field.dataType)
        elif not spec.infer_types:
            texts[field.name] = column(field.name).cast(text_type(field.dataType))
    return df.withColumns(texts) if texts else df


def with_published_types(df: DataFrame, spec: InputSpec, known: KnownTypes) -> DataFrame:
    """Cast columns to their published type where every value fits it, so that one file does not change the table.

    For example, a decimal column stays decimal when a file happens to hold only whole numbers. Runs one Spark job when
    the type of a column differs from its published type, else none.
    """
    declared = {comparable_name(name) for name in spec.types}
    types = {field.name: field.dataType.simpleString() for field in df.schema.fields}
    candidates = {name: known.table_types[name] for name, kind in types.items()
                  if comparable_name(name) not in declared and spec.infer_types
                  and name.lower() not in known.text_columns and _may_become(kind, known.table_types.get(name, kind))}
    casts = {name: try_cast_column(name, candidates[name]) for name in _fitting_columns(df, candidates)}
    return df.withColumns(casts) if casts else df


def _may_become(kind: str, published: str) -> bool:
    return kind != published and not any(item.startswith(FIXED_TYPES) for item in (kind, published))


def _fitting_columns(df: DataFrame, candidates: Mapping[str, str]) -> list[str]:
    """Return the columns all of whose values keep their meaning in the given types."""
    if not candidates:
        return []
    texts = df.select(*[column(name).cast(TEXT).alias(name) for name in candidates])
    fits = [F.expr(f'min(coalesce(({fits_type(name, kind)}) OR {quoted(name)} IS NULL, false))').alias(str(index))
            for index, (name, kind) in enumerate(candidates.items())]
    found = texts.agg(*fits).collect()[0]
    return [name for index, name in enumerate(candidates) if found[index]]
