"""Schema mapping under the names that users' own code imports."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, StructField, StructType

from lake_etl.mapping.schema_mapping import ColumnRule, apply_mapping, mapping_rule


def custommapping(df: DataFrame, field_mapping_list: Sequence[Mapping[str, Any]], args: Mapping[str, Any],
                  lineage: Any, strict: bool = False) -> DataFrame:
    """Return the frame with the mapped columns in the order of the rows; columns without a row are dropped.

    Rows are dictionaries `{sourcename, destname, threshold?, scorer?}`; the destination `Null` drops the column. Raises
    DataError for an unknown scorer or threshold, when `strict` is set and the column of a row without threshold is
    missing, or when no column is left.
    """
    return apply_mapping(df, _rules(field_mapping_list), args.get('source_key', 'the data set'), lineage, strict)


def custommapping_with_glue(dyf: Any, field_mapping_list: Sequence[Mapping[str, Any]],
                            args: Mapping[str, Any], lineage: Any) -> Any:
    """Do as `custommapping` for an AWS Glue DynamicFrame and return a DynamicFrame."""
    mapped = custommapping(dyf.toDF(), field_mapping_list, args, lineage)
    return type(dyf).fromDF(mapped, dyf.glue_ctx, dyf.name)


def flatten_schema(schema: StructType, prefix: str = '') -> StructType:
    """Return a field for each column and each member of a struct, also inside arrays, named by its path as `a.b`.

    prefix  what all names begin with, such as `a.`
    """
    fields: list[StructField] = []
    for field in schema.fields:
        name, kind = f'{prefix}{field.name}', field.dataType
        fields.append(StructField(name, kind, field.nullable))
        members = kind.elementType if isinstance(kind, ArrayType) else kind
        if isinstance(members, StructType):
            fields += flatten_schema(members, f'{name}.').fields
    return StructType(fields)


def escape_field_name(name: str) -> str:
    """Return the name in back-ticks, as Spark takes it for one column; a name that has back-ticks stays."""
    return name if '`' in name else f'`{name}`'


def unescape_field_name(name: str) -> str:
    """Return the name without back-ticks."""
    return name.replace('`', '')


def _rules(rows: Sequence[Mapping[str, Any]]) -> list[ColumnRule]:
    return [mapping_rule(row['sourcename'], row['destname'], row.get('threshold'), row.get('scorer')) for row in rows]
