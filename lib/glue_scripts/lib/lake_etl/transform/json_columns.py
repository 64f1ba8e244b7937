"""Parses text columns that hold JSON into structured columns."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, NullType, StringType, StructField, StructType

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type

LOG = logging.getLogger(__name__)
OBJECT_OR_ARRAY = r'^\s*[\[{]'
WRAPPER = 'value'


def parse_json_columns(df: DataFrame, names: Sequence[str]) -> DataFrame:
    """Return the frame with the text columns parsed in place; text other than a JSON object or array becomes null.

    The types are inferred over all rows by one extra Spark job, however many columns there are. A column without any
    JSON stays text. Raises DataError for a column that is missing or not text.
    """
    require_text(df.schema, names)
    types = _infer_types(df, names)
    for name in names:
        if name not in types:
            LOG.warning("Column '%s' has no JSON object or array in any row and stays text.", name)
    return df.withColumns({name: _parsed(name, kind) for name, kind in types.items()})


def require_text(schema: StructType, names: Sequence[str]) -> None:
    """Raise DataError unless every column exists and holds text."""
    for name in names:
        kind = column_type(schema, name)
        if not isinstance(kind, (StringType, NullType)):
            raise DataError(f"Column '{name}' has type {kind.simpleString()}, but text to parse was expected. "
                            f'Remove the column from the list if it is structured already.')


def _parsed(name: str, kind: DataType) -> Column:
    return F.from_json(_wrapped(name, WRAPPER), StructType([StructField(WRAPPER, kind)])).getField(WRAPPER)


def _wrapped(name: str, key: str) -> Column:
    """Return `{"key": text}`, in which arrays are parsed like objects, and text after the JSON is an error."""
    text = column(name).cast('string')
    return F.when(text.rlike(OBJECT_OR_ARRAY), F.concat(F.lit(f'{{"{key}":'), text, F.lit('}')))


def _infer_types(df: DataFrame, names: Sequence[str]) -> dict[str, DataType]:
    """Infer the type of each column that has JSON.

    Each text is a record under the number of its column, so one pass serves all columns. The texts go to Spark's JSON
    inference as a JVM data set, because the public Python call would send each of them through a Python process.
    """
    session = df.sparkSession
    wrapped = F.array(*(_wrapped(name, str(number)) for number, name in enumerate(names)))
    texts = df.select(F.explode(wrapped).alias('text')).where(F.col('text').isNotNull())
    jvm: Any = session._jvm
    encoder = jvm.org.apache.spark.sql.Encoders.STRING()
    data_set = getattr(texts._jdf, 'as')(encoder)
    reader = session.read.option('mode', 'DROPMALFORMED')
    schema = DataFrame(reader._jreader.json(data_set), session).schema
    return {names[int(field.name)]: field.dataType for field in schema.fields if field.name.isdigit()}
