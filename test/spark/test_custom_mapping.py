"""The mapping functions of the public interface take rows as dictionaries and frames of either kind."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import DataFrame

from custom_mapping import custommapping, custommapping_with_glue, flatten_schema
from lake_etl.errors import DataError

ROWS = [{'sourcename': 'c', 'destname': 'third'}, {'sourcename': 'A', 'destname': 'first'},
        {'sourcename': 'gone', 'destname': 'gone'}, {'sourcename': 'b', 'destname': 'NULL'},
        {'sourcename': 'PolicyNo', 'destname': 'policy', 'threshold': '80', 'scorer': 'ratio'}]


@dataclass(frozen=True)
class DynamicFrame:
    """The part of AWS Glue's class that the mapping touches; the library itself exists only on AWS Glue."""

    frame: DataFrame
    glue_ctx: Any
    name: str

    def toDF(self) -> DataFrame:  # noqa: N802 - AWS Glue's name
        """Return the frame."""
        return self.frame

    @classmethod
    def fromDF(cls, frame: DataFrame, glue_ctx: Any, name: str) -> DynamicFrame:  # noqa: N802 - AWS Glue's name
        """Wrap a frame."""
        return cls(frame, glue_ctx, name)


@pytest.fixture(scope='module')
def source(spark) -> DataFrame:
    """One row with four columns."""
    return spark.sql("SELECT 1 AS a, 2 AS b, 3 AS c, 'P1' AS `Policy No.`")


def test_rows_map_rename_drop_and_match_by_likeness(source):
    mapped = custommapping(source, ROWS, {'source_key': 'Gen/Policy'}, None)
    assert mapped.columns == ['third', 'first', 'policy'] and tuple(mapped.first()) == (3, 1, 'P1')


def test_a_strict_mapping_names_the_data_set_and_the_missing_column(source):
    with pytest.raises(DataError, match='source of Gen/Policy lacks mapped columns: gone'):
        custommapping(source, ROWS, {'source_key': 'Gen/Policy'}, None, strict=True)
    with pytest.raises(DataError, match='source of the data set lacks'):
        custommapping(source, ROWS, {}, None, True)


def test_a_dynamic_frame_gives_a_dynamic_frame_of_the_same_name(source):
    context = object()
    mapped = custommapping_with_glue(DynamicFrame(source, context, 'policies'), ROWS, {}, None)
    assert isinstance(mapped, DynamicFrame)
    assert (mapped.toDF().columns, mapped.glue_ctx, mapped.name) == (['third', 'first', 'policy'], context, 'policies')


def test_a_schema_is_flattened_to_fields_named_by_their_path(spark):
    df = spark.sql("SELECT 1 AS `a b`, named_struct('x', 1, 'y', array(named_struct('z.z', 2))) AS s")
    flat = flatten_schema(df.schema)
    assert [(field.name, field.dataType.simpleString()) for field in flat] == [
        ('a b', 'int'), ('s', 'struct<x:int,y:array<struct<z.z:int>>>'), ('s.x', 'int'),
        ('s.y', 'array<struct<z.z:int>>'), ('s.y.z.z', 'int')]
    names = ['a b', 's', '`s`.`x`', '`s`.`y`', '`s`.`y`.`z.z`']
    mapped = custommapping(df, [{'sourcename': name, 'destname': f'c{number}'} for number, name in enumerate(names)],
                           {}, None, strict=True)
    assert tuple(mapped.first())[2:] == (1, [(2,)], [2])
    assert flatten_schema(df.schema['s'].dataType, 's.').fields == flat.fields[2:]
