"""Parses text columns that hold XML documents into structured columns.

Spark 3.5 has no XML reader and the lake requires no jar, so Python parses the documents. Arrow transports the rows, the
standard library parses them, and Spark parses the resulting JSON text natively.

The attributes of an element become members named `_name`, its children become members under their names without name
space, and its own text, if it has members too, becomes the member `_VALUE`. Where two of these names are equal, such as
those of two name spaces, all but the first get a number, as in `name_2`. A child that occurs twice in any element is
an array everywhere. Empty elements and blank text are null, and so is an element with `xsi:nil`.
"""
from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pyarrow
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType, BooleanType, DataType, DoubleType, LongType, StringType, StructField, StructType)

from lake_etl.spark.columns import column
from lake_etl.transform.json_columns import require_text

LOG = logging.getLogger(__name__)
LEAF_TYPES: dict[str, DataType] = {'bigint': LongType(), 'double': DoubleType(), 'boolean': BooleanType()}
TEXT_MEMBER = '_VALUE'
ATTRIBUTE = '@'
NIL = '{http://www.w3.org/2001/XMLSchema-instance}nil'
TEXT_TYPES = (
    ('bigint', re.compile(r'-?(0|[1-9]\d{0,17})')),
    ('double', re.compile(r'-?(0|[1-9]\d{0,14})\.\d{1,15}')),
    ('boolean', re.compile('true|false')),
)


def parse_xml_columns(df: DataFrame, names: Sequence[str]) -> DataFrame:
    """Return the frame with the text columns parsed in place; text other than an XML document becomes null.

    The root element becomes a struct of its attributes (`_name`), its children and its text (`_VALUE`). The types are
    inferred over all rows by one extra Spark job, however many columns there are. A column without any XML document
    stays text. Raises DataError for a column that is missing or not text.
    """
    require_text(df.schema, names)
    documents = infer_documents(df, names)
    for name, found in documents.items():
        if found.shape is None:
            LOG.warning("Column '%s' has no XML document in any row and stays text.", name)
    return df.withColumns({name: as_text(name, found.shape).cast(typed_struct(found.shape))
                           for name, found in documents.items() if found.shape is not None})


@dataclass(frozen=True)
class XmlDocuments:
    """The texts of a column: the merged shape of all XML documents, or None, and the number of other texts."""

    shape: XmlShape | None
    unparsed: int


def infer_documents(df: DataFrame, names: Sequence[str]) -> dict[str, XmlDocuments]:
    """Infer the documents from all texts of the columns, in one Spark job."""
    texts = df.select(*(column(name).cast('string') for name in names))
    # The one extra job: each task sends the driver one short row, whatever the number of documents.
    tasks = [json.loads(row[0]) for row in texts.mapInArrow(_shapes_of_task, 'shapes string').collect()]
    found = {}
    for number, name in enumerate(names):
        shapes = [XmlShape.from_json(task[number][0]) for task in tasks if task[number][0]]
        found[name] = XmlDocuments(merge_shapes(shapes) if shapes else None, sum(task[number][1] for task in tasks))
    return found


def _shapes_of_task(batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """Yield one row: JSON with the merged shape of the documents and the number of other texts, for each column."""
    merged: dict[int, XmlShape] = {}
    unparsed: Counter[int] = Counter()
    columns = 0
    for batch in batches:
        columns = batch.num_columns
        for number in range(columns):
            texts = [text for text in batch.column(number).to_pylist() if text is not None]
            elements = [element for element in map(parse_xml, texts) if element is not None]
            unparsed[number] += len(texts) - len(elements)
            if elements:
                shapes = [infer_shape(element) for element in elements]
                merged[number] = merge_shapes([*shapes, *([merged[number]] if number in merged else [])])
    if columns:
        text = json.dumps([[merged[number].to_json() if number in merged else None, unparsed[number]]
                           for number in range(columns)])
        yield pyarrow.RecordBatch.from_pydict({'shapes': [text]})


def as_text(name: str, shape: XmlShape) -> Column:
    """Parse the documents with every leaf as text: leading zeros and trailing digits survive where the type is text."""
    to_json = F.udf(_json_writer(shape), StringType(), useArrow=True)
    return F.from_json(to_json(column(name).cast('string')), _root_type(shape, lambda text: StringType()))


def typed_struct(shape: XmlShape) -> StructType:
    """Return the type of the documents, each leaf in the type that all its values have."""
    return _root_type(shape, lambda text: LEAF_TYPES.get(text or '', StringType()))


def _json_writer(shape: XmlShape) -> Callable[[str | None], str | None]:
    def write(text: str | None) -> str | None:
        element = parse_xml(text)
        if element is None:
            return None
        value: Any = json_value(element, shape)
        return json.dumps((value or {}) if shape.members else {TEXT_MEMBER: value})
    return write


def _root_type(shape: XmlShape, leaf: Callable[[str | None], DataType]) -> StructType:
    """Return the type of the root element, which is a struct even if it holds only text."""
    return _struct(shape, leaf) if shape.members else StructType([StructField(TEXT_MEMBER, leaf(shape.text))])


def _struct(shape: XmlShape, leaf: Callable[[str | None], DataType]) -> StructType:
    fields = [StructField(shape.names[key], _member_type(member, leaf)) for key, member in shape.members.items()]
    if shape.text is not None:
        fields.append(StructField(TEXT_MEMBER, leaf(shape.text)))
    return StructType(fields)


def _member_type(shape: XmlShape, leaf: Callable[[str | None], DataType]) -> DataType:
    kind = _struct(shape, leaf) if shape.members else leaf(shape.text)
    return ArrayType(kind) if shape.repeated else kind


@dataclass(frozen=True)
class XmlShape:
    """The content of elements with one name.

    text      type of their own text: bigint, double, boolean or string; None without text
    members   children by tag, and attributes by `@` and name, both as ElementTree spells name spaces
    repeated  whether a parent has several of them
    """

    text: str | None = None
    members: Mapping[str, XmlShape] = field(default_factory=dict)
    repeated: bool = False

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the distinct names of the members, by the members' keys."""
        taken = {TEXT_MEMBER.lower()}
        found = {}
        for key in sorted(self.members, key=_by_name):
            name, number = _plain_name(key), 1
            while name.lower() in taken:
                number += 1
                name = f'{_plain_name(key)}_{number}'
            taken.add(name.lower())
            found[key] = name
        return found

    def to_json(self) -> list[Any]:
        """Return the shape as JSON lists and objects."""
        return [self.text, {name: member.to_json() for name, member in self.members.items()}, self.repeated]

    @classmethod
    def from_json(cls, raw: list[Any]) -> XmlShape:
        """Return the shape that `to_json` wrote."""
        return cls(raw[0], {name: cls.from_json(member) for name, member in raw[1].items()}, raw[2])


def parse_xml(text: str | None) -> Element | None:
    """Return the root element, or None when the text is null or not well-formed."""
    try:
        return None if text is None else ElementTree.fromstring(text.strip().lstrip('\ufeff'))
    except ElementTree.ParseError:
        return None


def infer_shape(element: Element) -> XmlShape:
    """Return the shape of one element."""
    members: dict[str, XmlShape] = {}
    for key, value in _attributes(element):
        members[key] = XmlShape(_text_type(value.strip()))
    for child in element:
        shape, known = infer_shape(child), members.get(child.tag)
        members[child.tag] = merge_shapes([known, shape], repeated=True) if known else shape
    return XmlShape(_text_type(_own_text(element)), members)


def merge_shapes(shapes: Iterable[XmlShape], repeated: bool = False) -> XmlShape:
    """Return the smallest shape that all the shapes fit into; members are ordered by name."""
    merged = reduce(_merge, shapes)
    return XmlShape(merged.text, merged.members, merged.repeated or repeated)


def _merge(left: XmlShape, right: XmlShape) -> XmlShape:
    keys = sorted({*left.members, *right.members}, key=_by_name)
    members = {key: _merge(left.members.get(key, XmlShape()), right.members.get(key, XmlShape())) for key in keys}
    return XmlShape(_wider(left.text, right.text), members, left.repeated or right.repeated)


def _wider(left: str | None, right: str | None) -> str | None:
    if left is None or right is None or left == right:
        return left or right
    return 'double' if {left, right} == {'bigint', 'double'} else 'string'


def json_value(element: Element, shape: XmlShape) -> Any:
    """Return the element as a JSON value of that shape, all leaves as text; None for an empty element."""
    text = _own_text(element) or None
    if not shape.members:
        return text
    value: dict[str, Any] = {shape.names[key]: content.strip() or None for key, content in _attributes(element)}
    for child in element:
        name, member = shape.names[child.tag], shape.members[child.tag]
        if member.repeated:
            value.setdefault(name, []).append(json_value(child, member))
        else:
            value[name] = json_value(child, member)
    if text is not None:
        value[TEXT_MEMBER] = text
    return value or None


def _own_text(element: Element) -> str:
    parts = [element.text, *(child.tail for child in element)]
    return ' '.join(part.strip() for part in parts if part and part.strip())


def _text_type(text: str) -> str | None:
    if not text:
        return None
    return next((name for name, pattern in TEXT_TYPES if pattern.fullmatch(text)), 'string')


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    """Yield key and value of each attribute, except `xsi:nil`, which says that an empty element is null."""
    return ((f'{ATTRIBUTE}{name}', value) for name, value in element.attrib.items() if name != NIL)


def _plain_name(key: str) -> str:
    """Return the name of a member without its name space; it may not be distinct."""
    local = key.rpartition('}')[2].removeprefix(ATTRIBUTE)
    return f'_{local}' if key.startswith(ATTRIBUTE) else local


def _by_name(key: str) -> tuple[str, str]:
    return _plain_name(key), key
