"""Schema mapping under the names that users' own code imports."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from lake_etl.mapping.schema_mapping import ColumnRule, apply_mapping, flatten_names, mapping_rule


def custommapping(df: DataFrame, field_mapping_list: Sequence[Mapping[str, Any]], args: Mapping[str, Any],
                  lineage: Any, strict: bool = False) -> DataFrame:
    """Return the frame with the mapped columns in the order of the rows; columns without a row are dropped.

    Rows are dictionaries `{sourcename, destname, threshold?, scorer?}`; the destination `Null` drops the column. Raises
    DataError for an unknown scorer or threshold, when `strict` is set and the column of a row without threshold is
    missing, or when no column is left.
    """
    return apply_mapping(df, _rules(field_mapping_list), args.get('source_key', 'the data set'), lineage, strict)


def custommapping_with_glue(dynamic_frame: Any, field_mapping_list: Sequence[Mapping[str, Any]],
                            args: Mapping[str, Any], lineage: Any) -> Any:
    """Do as `custommapping` for an AWS Glue DynamicFrame and return a DynamicFrame."""
    mapped = custommapping(dynamic_frame.toDF(), field_mapping_list, args, lineage)
    return type(dynamic_frame).fromDF(mapped, dynamic_frame.glue_ctx, dynamic_frame.name)


def flatten_schema(schema: StructType, prefix: str = '') -> list[str]:
    """Return the names of all columns, members of structs as `a`.`b`, in the order of the schema."""
    return flatten_names(schema, prefix)


def _rules(rows: Sequence[Mapping[str, Any]]) -> list[ColumnRule]:
    return [mapping_rule(row['sourcename'], row['destname'], row.get('threshold'), row.get('scorer')) for row in rows]
