"""Brings a secret into a query as a column that shows in no plan and no event log."""
from __future__ import annotations

import uuid
from collections.abc import Callable

import pandas
from pyspark.sql import Column, SparkSession


def secret_value(value: bytes) -> Column:
    """Build a binary column with that value in every row.

    A literal would show in the plan, and Spark redacts plans in explanations only, not in the event log. This is a
    scalar subquery on a local frame of one row: plans name the column of a local frame and never its rows. Spark
    fetches the row on the driver, without a job, and hands it to the tasks as it does with every constant.
    """
    session = SparkSession.active()
    frame = session.createDataFrame(pandas.DataFrame({'value': [value]}), 'value binary')
    as_scalar: Callable[[], Column] | None = getattr(frame, 'scalar', None)  # As of Spark 4.
    if as_scalar is not None:
        return as_scalar()
    name = f'secret_{uuid.uuid4().hex}'
    frame.createTempView(name)
    query = session.sql(f'SELECT (SELECT value FROM {name})')
    session.catalog.dropTempView(name)
    jvm = session._jvm
    assert jvm is not None, 'a session has a JVM'
    return Column(jvm.org.apache.spark.sql.Column(query._jdf.queryExecution().analyzed().expressions().head().child()))
