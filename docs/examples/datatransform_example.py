"""Transforms of one's own, as the developer guide explains them: a declared one and a plain function."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType

from lake_etl.spark.columns import column_type, quoted, try_cast
from lake_etl.transform.registry import TransformContext, column_transform


@dataclass(frozen=True, kw_only=True)
class LossRatioEntry:
    """One loss ratio.

    field            column to write, a decimal with `scale` decimals
    incurred_amount  column with the incurred losses, decimal
    earned_premium   column with the earned premium, decimal
    scale            number of decimals, 1 to 6
    """

    field: str
    incurred_amount: str
    earned_premium: str
    scale: int = 4

    def check(self) -> Iterator[str]:
        """Yield what types cannot express."""
        if not 1 <= self.scale <= 6:
            yield f"'scale' must be a whole number from 1 to 6, got {self.scale}"

    def reads(self) -> tuple[str, ...]:
        """Return both amounts."""
        return (self.incurred_amount, self.earned_premium)

    def writes(self) -> tuple[str, ...]:
        """Return the column of the ratio."""
        return (self.field,)


@column_transform(LossRatioEntry)
def transform_lossratio(entry: LossRatioEntry, schema: StructType, context: TransformContext) -> Column:
    """Divide incurred losses by earned premium; null when either is null or no premium is earned."""
    for name in entry.reads():
        column_type(schema, name)
    ratio = f'try_divide({quoted(entry.incurred_amount)}, {quoted(entry.earned_premium)})'
    return try_cast(ratio, f'decimal({10 + entry.scale},{entry.scale})')


def transform_dropcolumns(df: DataFrame, spec: list[str], args: Mapping[str, Any], lineage: Any, sc: Any = None,
                          *extra: Any) -> DataFrame:
    """Leave out the columns whose names `spec` lists; names of columns that are not there do nothing."""
    return df.drop(*spec)
