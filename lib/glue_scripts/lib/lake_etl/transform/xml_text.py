"""Turns text columns that hold XML documents into structured columns.

Spark 3.5 has no XML reader of its own and the lake asks for no jar, so that the documents are parsed in Python: this is
the one place where a transform runs Python on every row. The rows travel by Arrow, the standard library parses them,
and what comes back is JSON text that Spark takes apart natively.
"""
from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from lake_etl.transform.columns import column
from lake_etl.transform.json_text import require_text
from lake_etl.transform.xml_shape import TEXT_MEMBER, Shape, merge_shapes, parse_xml, shape_of, value_of

LOG = logging.getLogger(__name__)
LEAF_TYPES: dict[str, DataType] = {'bigint': LongType(), 'double': DoubleType(), 'boolean': BooleanType()}


def parse_xml_columns(df: DataFrame, names: Sequence[str]) -> DataFrame:
    """Return the frame with the text columns parsed in place; text that is no XML document becomes null.

    The root element becomes a struct of its attributes (`_name`), its children and its text (`_VALUE`). The types are
    inferred over all rows by one extra Spark job, however many columns there are. A column without any XML document
    stays text. Raises DataError for a column that is missing or not text.
    """
    require_text(df.schema, names)
    shapes = _infer_shapes(df, names)
    for name in names:
        if name not in shapes:
            LOG.warning("Column '%s' holds no XML document in any row; it stays text.", name)
    return df.withColumns({name: _parsed(name, shape) for name, shape in shapes.items()})


def _infer_shapes(df: DataFrame, names: Sequence[str]) -> dict[str, Shape]:
    """Infer the shape of each column's documents; a column without any is left out."""
    texts = df.select(*(column(name).cast('string') for name in names))
    # The one extra job: each task sends the driver one short row, whatever the number of documents.
    tasks = [json.loads(row[0]) for row in texts.mapInArrow(_shapes_of_task, 'shapes string').collect()]
    found: dict[str, Shape] = {}
    for number, name in enumerate(names):
        shapes = [Shape.from_json(task[number]) for task in tasks if task[number]]
        if shapes:
            found[name] = merge_shapes(shapes)
    return found


def _shapes_of_task(batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """Yield one row: a JSON list with the merged shape of each column's documents, null for a column without any."""
    merged: dict[int, Shape] = {}
    columns = 0
    for batch in batches:
        columns = batch.num_columns
        for number in range(columns):
            elements = map(parse_xml, batch.column(number).to_pylist())
            shapes = [shape_of(element) for element in elements if element is not None]
            if shapes:
                merged[number] = merge_shapes([*shapes, *([merged[number]] if number in merged else [])])
    if columns:
        text = json.dumps([merged[number].to_json() if number in merged else None for number in range(columns)])
        yield pyarrow.RecordBatch.from_pydict({'shapes': [text]})


def _parsed(name: str, shape: Shape) -> Column:
    """Parse with every leaf as text first: leading zeros and trailing digits survive wherever the type is text."""
    to_json = F.udf(_json_writer(shape), StringType(), useArrow=True)
    as_text = F.from_json(to_json(column(name).cast('string')), _root_type(shape, lambda text: StringType()))
    return as_text.cast(_root_type(shape, lambda text: LEAF_TYPES.get(text or '', StringType())))


def _json_writer(shape: Shape) -> Callable[[str | None], str | None]:
    def write(text: str | None) -> str | None:
        element = parse_xml(text)
        if element is None:
            return None
        value: Any = value_of(element, shape)
        return json.dumps(value if shape.members else {TEXT_MEMBER: value})
    return write


def _root_type(shape: Shape, leaf: Callable[[str | None], DataType]) -> StructType:
    """Return the type of the root element: a struct even when it holds only text."""
    return _struct(shape, leaf) if shape.members else StructType([StructField(TEXT_MEMBER, leaf(shape.text))])


def _struct(shape: Shape, leaf: Callable[[str | None], DataType]) -> StructType:
    fields = [StructField(name, _member_type(member, leaf)) for name, member in shape.members.items()]
    if shape.text is not None:
        fields.append(StructField(TEXT_MEMBER, leaf(shape.text)))
    return StructType(fields)


def _member_type(shape: Shape, leaf: Callable[[str | None], DataType]) -> DataType:
    kind = _struct(shape, leaf) if shape.members else leaf(shape.text)
    return ArrayType(kind) if shape.repeated else kind
