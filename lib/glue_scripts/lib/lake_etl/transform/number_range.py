"""Columns of numbers that stop the job with the names of transform and column when a result does not fit its type."""
from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, IntegralType

from lake_etl.reasons.spark_failure import number_too_large


def within_range(number: Column, transform: str, field: str) -> Column:
    """Return a number whose null means that it did not fit its type; in that case the job stops."""
    return F.coalesce(number, _stop(transform, field))


def turned_sign(number: Column, kind: DataType, field: str) -> Column:
    """Return the number with the other sign; the smallest whole number of a type has none, and stops the job."""
    if not isinstance(kind, IntegralType):
        return -number
    turned = F.try_subtract(F.lit(0).cast(kind), number)
    return F.when(number.isNotNull(), within_range(turned, 'flipsign', field))


def _stop(transform: str, field: str) -> Column:
    return F.raise_error(F.lit(number_too_large(transform, field)))
