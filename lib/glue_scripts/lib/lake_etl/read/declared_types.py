"""Converts collected columns to the types that the input_spec declares, and counts what does not convert."""
from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from lake_etl.config.form import RowEffect
from lake_etl.read.malformed import hide_malformed_values, malformed_column
from lake_etl.spark.columns import column, column_type, quoted, try_cast_column
from lake_etl.syntax.column_names import comparable_name
from lake_etl.transform.conversion import Conversion, target_conversion
from lake_etl.transform.conversion_watch import ConversionWatch
from lake_etl.transform.fuse import Assignment, assign_batch
from lake_etl.transform.type_change import exact_number_from_text

NOT_IN_FORMAT = 'did not fit the format'
HIDDEN = 'did not fit the format, so their values are left out, as the workflow protects personal data'


def with_declared_types(df: DataFrame, types: Mapping[str, str]) -> DataFrame:
    """Return the frame with columns converted to their declared types; values that do not convert become null.

    types  Spark types by column name; letter case and invisible characters do not count
    """
    conversions = _conversions(df, types)
    return assign_batch(df, conversions) if conversions else df


def with_declared_types_counted(df: DataFrame, types: Mapping[str, str], watch: ConversionWatch,
                                hide_malformed: bool = False) -> DataFrame:
    """Do the same, count values that do not convert and malformed rows, and drop the column that marks the latter.

    hide_malformed  whether to hide the values of malformed rows, because a value may be in the wrong column
    """
    conversions, mark = _conversions(df, types), malformed_column(df)
    if not conversions and not mark:
        return df
    if mark and hide_malformed:
        df = hide_malformed_values(df, mark)
    rows = watch.begin(df)
    if mark:
        malformed = Conversion(column='', failure=HIDDEN if hide_malformed else NOT_IN_FORMAT, failed=quoted(mark))
        rows = watch.apply_step(rows, [malformed], lambda marked: marked.drop(mark), RowEffect.NONE)
    return watch.end(watch.assign(rows, conversions) if conversions else rows)


def _conversions(df: DataFrame, types: Mapping[str, str]) -> list[Assignment]:
    declared = {comparable_name(name): kind for name, kind in types.items()}
    found = {field.name: field.dataType.simpleString() for field in df.schema.fields}
    return [_conversion(name, declared[comparable_name(name)]) for name, kind in found.items()
            if declared.get(comparable_name(name), kind) != kind]


def _conversion(name: str, kind: str) -> Assignment:
    def build(schema: StructType) -> Column:
        if not isinstance(column_type(schema, name), StringType):
            return try_cast_column(name, kind)
        return F.from_json(column(name), kind) if '<' in kind else F.expr(exact_number_from_text(quoted(name), kind))

    def failures(schema: StructType) -> tuple[Conversion, ...]:
        return (target_conversion(name, name, f'cannot become {kind}', 'null'),)
    return Assignment(name, frozenset([name]), build, failures)
