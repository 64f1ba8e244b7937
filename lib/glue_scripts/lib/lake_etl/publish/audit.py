"""Counts the rows and sums the amounts of a frame while it is written, without a separate pass."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType, DoubleType, FloatType, StructField, StructType

from lake_etl.publish.failed_rows import is_marked, passes_all_rules, without_mark
from lake_etl.spark.columns import column

ROWS = 'rows'
# Spark's own limit is 38 digits. try_sum would be safe as well, but makes a load twice as long.
WIDEST_SUMMED_DECIMAL = 28


@dataclass(frozen=True)
class Audit:
    """The size of a frame and the totals of its amounts.

    totals  sum of every double, float and decimal column by name; None when all its values are null
    """

    rows: int
    columns: int
    totals: Mapping[str, Decimal | float | None]


class PendingAudit:
    """An audit that is known once the frame it was attached to has been written."""

    def __init__(self, observation: Observation, schema: StructType):
        self._observation = observation
        self._schema = schema

    def result(self) -> Audit:
        """Return the audit; blocks forever unless the frame has been, or is being, computed."""
        return _audit(self._observation.get, self._schema)


def attach_audit(df: DataFrame) -> tuple[DataFrame, PendingAudit]:
    """Return the same frame with an audit, of the rows that go to readers, that is taken when it is computed."""
    observation, schema = Observation(), without_mark(df).schema
    observed = df.observe(observation, *_expressions(schema, passes_all_rules() if is_marked(df) else None))
    return observed, PendingAudit(observation, schema)


def take_audit(df: DataFrame) -> Audit:
    """Compute the audit of a frame in one Spark job, whatever the number of columns."""
    row = df.agg(*_expressions(df.schema)).first()
    return _audit(row.asDict() if row else {ROWS: 0}, df.schema)


def _amounts(schema: StructType) -> list[StructField]:
    return [field for field in schema.fields if isinstance(field.dataType, (DoubleType, FloatType, DecimalType))]


def _expressions(schema: StructType, counts: Column | None = None) -> list[Column]:
    """Return what to aggregate; with a condition `counts`, of the rows that it is true for."""
    def counted(value: Column) -> Column:
        return value if counts is None else F.when(counts, value)
    totals = [F.sum(counted(_summable(field))).alias(f'total_{index}') for index, field in enumerate(_amounts(schema))]
    return [F.count(counted(F.lit(1))).alias(ROWS), *totals]


def _summable(field: StructField) -> Column:
    """Return the amount in a type whose sum cannot overflow: a sum has ten digits more than its decimals."""
    wide = isinstance(field.dataType, DecimalType) and field.dataType.precision > WIDEST_SUMMED_DECIMAL
    return column(field.name).cast('double') if wide else column(field.name)


def _audit(values: Mapping[str, object], schema: StructType) -> Audit:
    totals = {field.name: values.get(f'total_{index}') for index, field in enumerate(_amounts(schema))}
    return Audit(int(str(values[ROWS])), len(schema.fields), totals)  # type: ignore[arg-type]  # sums are numbers
