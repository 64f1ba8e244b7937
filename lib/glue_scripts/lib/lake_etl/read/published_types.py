"""Keeps the types of the published table for formats that bring types of their own."""
from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

from lake_etl.config.input import InputSpec
from lake_etl.read.source_files import KnownTypes
from lake_etl.read.type_inference import fits_type
from lake_etl.spark.columns import column, try_cast_column

TEXT = 'string'
NO_CHANGE = ('array', 'map', 'struct', 'binary')


def wants_text(name: str, spec: InputSpec, known: KnownTypes) -> bool:
    """Tell whether a column is to be text, at least at first: published as text, given, or parsed later."""
    return (known.table_types.get(name) == TEXT or name.lower() in known.text_columns
            or name.lower() in (given.lower() for given in spec.types))


def as_texts(kind: DataType) -> DataType:
    """Return the type with text in place of every number, date and truth value, at any depth."""
    if isinstance(kind, StructType):
        return StructType([StructField(field.name, as_texts(field.dataType)) for field in kind.fields])
    return ArrayType(as_texts(kind.elementType)) if isinstance(kind, ArrayType) else StringType()


def text_of(value: Column, kind: DataType) -> Column:
    """Return a value as text: lists and structs as JSON."""
    return F.to_json(value) if isinstance(kind, (ArrayType, StructType)) else value.cast(TEXT)


def with_texts(df: DataFrame, spec: InputSpec, known: KnownTypes) -> DataFrame:
    """Return the frame with text in the columns that want it, or everywhere where types are not to be guessed.

    Spark would read a number as text by way of a binary fraction; so it is read as what it is, with every digit.
    """
    texts = {}
    for field in df.schema.fields:
        if wants_text(field.name, spec, known):
            texts[field.name] = text_of(column(field.name), field.dataType)
        elif not spec.infer_types:
            texts[field.name] = column(field.name).cast(as_texts(field.dataType))
    return df.withColumns(texts) if texts else df


def with_lasting_types(df: DataFrame, spec: InputSpec, known: KnownTypes) -> DataFrame:
    """Give columns whose types are not fixed the published type where every value fits that.

    So one file's whole numbers do not change the table. Costs one Spark job where the file's type of a column differs
    from the published one, else none.
    """
    given = {name.lower() for name in spec.types}
    types = {field.name: field.dataType.simpleString() for field in df.schema.fields}
    candidates = {name: known.table_types[name] for name, kind in types.items()
                  if name.lower() not in given and spec.infer_types and name.lower() not in known.text_columns
                  and _may_become(kind, known.table_types.get(name, kind))}
    casts = {name: try_cast_column(name, candidates[name]) for name in _fitting(df, candidates)}
    return df.withColumns(casts) if casts else df


def _may_become(kind: str, published: str) -> bool:
    return kind != published and not any(item.startswith(NO_CHANGE) for item in (kind, published))


def _fitting(df: DataFrame, candidates: Mapping[str, str]) -> list[str]:
    """Return the columns all of whose values keep their meaning in the type asked for."""
    if not candidates:
        return []
    texts = df.select(*[column(name).cast(TEXT).alias(name) for name in candidates])
    fits = [F.min(F.coalesce(fits_type(name, kind) | column(name).isNull(), F.lit(False))).alias(str(index))
            for index, (name, kind) in enumerate(candidates.items())]
    found = texts.agg(*fits).collect()[0]
    return [name for index, name in enumerate(candidates) if found[index]]
