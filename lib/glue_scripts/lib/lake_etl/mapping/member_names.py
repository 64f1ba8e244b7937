"""Cleans the names of struct members, so that the catalog and all readers can read the types of their columns."""
from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from lake_etl.spark.columns import column

LOG = logging.getLogger(__name__)
# These characters separate names and types in the text of a type, or no catalog accepts them in a name.
UNREADABLE = re.compile(r'[,;<>{}()=`"\x00-\x1f]')
SEPARATOR = ':'


def with_clean_member_names(df: DataFrame) -> DataFrame:
    """Return the frame with members of structs renamed, at any depth, where the catalog cannot read their names.

    A colon becomes an underscore, and other unreadable characters are removed. All other names stay as they are. The
    log names the columns.
    """
    renamed = {field.name: clean_members(field.dataType) for field in df.schema.fields
               if clean_members(field.dataType) != field.dataType}
    if not renamed:
        return df
    LOG.warning('Renamed members of the columns %s, because the catalog cannot read their names.', ', '.join(renamed))
    return df.withColumns({name: column(name).cast(kind) for name, kind in renamed.items()})


def clean_members(kind: DataType) -> DataType:
    """Return the type with clean names of members at any depth."""
    if isinstance(kind, StructType):
        names = clean_member_names(kind.fieldNames())
        return StructType([StructField(name, clean_members(field.dataType), field.nullable)
                           for name, field in zip(names, kind.fields, strict=True)])
    if isinstance(kind, ArrayType):
        return ArrayType(clean_members(kind.elementType), kind.containsNull)
    if isinstance(kind, MapType):
        return MapType(clean_members(kind.keyType), clean_members(kind.valueType), kind.valueContainsNull)
    return kind


def clean_member_names(names: Sequence[str]) -> list[str]:
    """Return readable names in order; a renamed member whose name is taken gets a number, as in `name_2`."""
    cleaned = [UNREADABLE.sub('', name.replace(SEPARATOR, '_')).strip() or f'_c{position}'
               for position, name in enumerate(names)]
    taken = {name.lower() for name, clean in zip(names, cleaned, strict=True) if name == clean}
    result = []
    for name, clean in zip(names, cleaned, strict=True):
        distinct, number = clean, 1
        while name != clean and distinct.lower() in taken:
            number += 1
            distinct = f'{clean}_{number}'
        taken.add(distinct.lower())
        result.append(distinct)
    return result
