"""Gives collected columns the types that the workflow fixes, and watches what the reader and the types do not take."""
from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from lake_etl.read.left_out import without_values_of_malformed_rows
from lake_etl.read.malformed import malformed_mark
from lake_etl.spark.columns import column, column_type, quoted, try_cast_column
from lake_etl.transform.conversion import Conversion, target_conversion
from lake_etl.transform.conversion_watch import ConversionWatch
from lake_etl.transform.fuse import Assignment, assign_batch
from lake_etl.transform.type_change import exact_number_from_text

NOT_IN_FORMAT = 'did not fit the format'
HIDDEN = 'did not fit the format, so their values are left out, as the workflow protects personal data'


def with_given_types(df: DataFrame, types: Mapping[str, str]) -> DataFrame:
    """Return the rows with their columns, named in any case, in the types given; what does not convert is null."""
    given = _given(df, types)
    return assign_batch(df, given) if given else df


def with_given_types_watched(df: DataFrame, types: Mapping[str, str], watch: ConversionWatch,
                             hide_malformed: bool = False) -> DataFrame:
    """Do the same, and have counted what does not convert, and the rows that are marked as malformed.

    hide_malformed  whether the values of malformed rows are left out, as they may stand in any column
    """
    given, mark = _given(df, types), malformed_mark(df)
    if not given and not mark:
        return df
    if mark and hide_malformed:
        df = without_values_of_malformed_rows(df, mark)
    rows = watch.begin(df)
    if mark:
        malformed = Conversion(column='', failure=HIDDEN if hide_malformed else NOT_IN_FORMAT, failed=quoted(mark))
        rows = watch.apply_step(rows, [malformed], lambda marked: marked.drop(mark), leaves_out_rows=False)
    return watch.end(watch.assign(rows, given) if given else rows)


def _given(df: DataFrame, types: Mapping[str, str]) -> list[Assignment]:
    given = {name.lower(): kind for name, kind in types.items()}
    found = {field.name: field.dataType.simpleString() for field in df.schema.fields}
    return [_assignment(name, given[name.lower()]) for name, kind in found.items()
            if given.get(name.lower(), kind) != kind]


def _assignment(name: str, kind: str) -> Assignment:
    def build(schema: StructType) -> Column:
        if not isinstance(column_type(schema, name), StringType):
            return try_cast_column(name, kind)
        return F.from_json(column(name), kind) if '<' in kind else F.expr(exact_number_from_text(quoted(name), kind))

    def conversions(schema: StructType) -> tuple[Conversion, ...]:
        return (target_conversion(name, name, f'cannot become {kind}', 'null'),)
    return Assignment(name, frozenset([name]), build, conversions)
