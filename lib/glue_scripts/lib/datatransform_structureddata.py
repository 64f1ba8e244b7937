"""Transforms of nested data: arrays and maps to rows, structs to columns, JSON and XML text to structure."""
from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, StructType

from lake_etl.config.entries.structureddata import (
    FLATTEN, JSONEXPANDARRAY, JSONEXPANDMAP, JSONSTRUCTURED, XMLSTRUCTURED, ExpandArrayEntry, ExpandMapEntry,
    FlattenEntry, TextColumnEntry)
from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type
from lake_etl.transform.conversion import Conversion, target_conversion
from lake_etl.transform.expand import expand_array, expand_map, map_of_text
from lake_etl.transform.json_columns import parse_json_columns
from lake_etl.transform.registry import TransformContext, alias, frame_transform
from lake_etl.transform.xml_columns import parse_xml_columns


@frame_transform(JSONEXPANDARRAY)
def transform_jsonexpandarray(df: DataFrame, entries: tuple[ExpandArrayEntry, ...],
                              context: TransformContext) -> DataFrame:
    """Turn each element of an array into a row; an empty or null array stays as one row with nulls."""
    for entry in entries:
        df = expand_array(df, entry.source or entry.field, entry.field, entry.index_field)
    return df


def _json_objects_read(entry: ExpandMapEntry, schema: StructType) -> tuple[Conversion, ...]:
    name = entry.source or entry.field
    if not isinstance(column_type(schema, name), StringType):
        return ()
    return (Conversion(column=name, failure=f"are no JSON objects and count as null for '{entry.field}'",
                       source=name, failed=f'{map_of_text(name)} IS NULL', stops=entry.on_error == 'fail'),)


@frame_transform(JSONEXPANDMAP, converts=_json_objects_read, entry_by_entry=True)
def transform_jsonexpandmap(df: DataFrame, entries: tuple[ExpandMapEntry, ...], context: TransformContext) -> DataFrame:
    """Turn each entry of a map, or each member of a struct, into a row; an empty or null one stays as one row.

    Members of a struct that are null give no row.
    """
    for entry in entries:
        df = expand_map(df, entry.source or entry.field, entry.field, entry.index_field, entry.key_field)
    return df


@frame_transform(FLATTEN)
def transform_flatten(df: DataFrame, entries: tuple[FlattenEntry, ...], context: TransformContext) -> DataFrame:
    """Append the members of a struct as columns.

    A member with the name of a column or of another member stops the job, and so does a column that is no struct.
    """
    for entry in entries:
        df = _flatten(df, entry)
    return df


def _flatten(df: DataFrame, entry: FlattenEntry) -> DataFrame:
    kind = column_type(df.schema, entry.field)
    if not isinstance(kind, StructType):
        raise DataError(f"Column '{entry.field}' has type {kind.simpleString()}, but flatten expects a struct.")
    kept = [name for name in df.columns if entry.keep_field or name.lower() != entry.field.lower()]
    taken = {name.lower(): f"column '{name}'" for name in kept}
    for member in kind.fieldNames():
        if member.lower() in taken:
            raise DataError(f"Flatten would make a second column '{member}': {taken[member.lower()]} and member "
                            f"'{member}' of '{entry.field}' have one name. Rename one of them in the schema mapping, "
                            f'or with changetype, before the flatten.')
        taken[member.lower()] = f"member '{member}' of '{entry.field}'"
    members = [column(entry.field).getField(member).alias(member) for member in kind.fieldNames()]
    return df.select(*(column(name) for name in kept), *members)


def _documents(failure: str) -> Callable[[TextColumnEntry, StructType], tuple[Conversion, ...]]:
    def conversions(entry: TextColumnEntry, schema: StructType) -> tuple[Conversion, ...]:
        return (target_conversion(entry.field, entry.field, failure, entry.on_error),)
    return conversions


@frame_transform(JSONSTRUCTURED, converts=_documents('are no JSON objects or arrays'))
def transform_jsonstructured(df: DataFrame, entries: tuple[TextColumnEntry, ...],
                             context: TransformContext) -> DataFrame:
    """Parse JSON text into structs and arrays whose types are inferred over all rows, by one extra Spark job."""
    return parse_json_columns(df, [entry.field for entry in entries]) if entries else df


@frame_transform(XMLSTRUCTURED, converts=_documents('are no XML documents'))
def transform_xmlstructured(df: DataFrame, entries: tuple[TextColumnEntry, ...],
                            context: TransformContext) -> DataFrame:
    """Parse XML text into structs and arrays whose types are inferred over all rows, by one extra Spark job."""
    return parse_xml_columns(df, [entry.field for entry in entries]) if entries else df


transform_json = alias('json', transform_jsonstructured)
transform_xml = alias('xml', transform_xmlstructured)
