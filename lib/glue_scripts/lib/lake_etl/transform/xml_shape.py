"""What an XML element holds - text, attributes, children, repeats - inferred, merged, and applied to make JSON.

An element's attributes are members named `_name`, its children members under their names without name space, its own
text, where it has members too, the member `_VALUE`. A child that any element has twice is an array everywhere. Empty
elements and blank text are null.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

TEXT_MEMBER = '_VALUE'
TEXT_TYPES = (
    ('bigint', re.compile(r'-?(0|[1-9]\d{0,17})')),
    ('double', re.compile(r'-?(0|[1-9]\d{0,14})\.\d{1,15}')),
    ('boolean', re.compile('true|false')),
)


@dataclass(frozen=True)
class XmlShape:
    """What elements of one name hold.

    text      type of their own text: bigint, double, boolean or string; None when none has any
    members   attributes and children by member name
    repeated  whether a parent has several of them
    """

    text: str | None = None
    members: Mapping[str, XmlShape] = field(default_factory=dict)
    repeated: bool = False

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


def shape_of(element: Element) -> XmlShape:
    """Return what one element holds."""
    members: dict[str, XmlShape] = {}
    for name, value in element.attrib.items():
        members[_attribute(name)] = XmlShape(_text_type(value.strip()))
    for child in element:
        name, shape = _local(child.tag), shape_of(child)
        known = members.get(name)
        members[name] = merge_shapes([known, shape], repeated=True) if known else shape
    return XmlShape(_text_type(_own_text(element)), members)


def merge_shapes(shapes: Iterable[XmlShape], repeated: bool = False) -> XmlShape:
    """Return the shape that every one of the shapes fits into; members are ordered by name."""
    merged = reduce(_merge, shapes)
    return XmlShape(merged.text, merged.members, merged.repeated or repeated)


def _merge(left: XmlShape, right: XmlShape) -> XmlShape:
    names = sorted({*left.members, *right.members})
    members = {name: _merge(left.members.get(name, XmlShape()), right.members.get(name, XmlShape())) for name in names}
    return XmlShape(_wider(left.text, right.text), members, left.repeated or right.repeated)


def _wider(left: str | None, right: str | None) -> str | None:
    if left is None or right is None or left == right:
        return left or right
    return 'double' if {left, right} == {'bigint', 'double'} else 'string'


def value_of(element: Element, shape: XmlShape) -> Any:
    """Return the element as a JSON value of that shape, all leaves as text; None for an element that holds nothing."""
    text = _own_text(element) or None
    if not shape.members:
        return text
    value: dict[str, Any] = {_attribute(name): content.strip() or None for name, content in element.attrib.items()}
    for child in element:
        name = _local(child.tag)
        member = shape.members[name]
        if member.repeated:
            value.setdefault(name, []).append(value_of(child, member))
        else:
            value[name] = value_of(child, member)
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


def _local(name: str) -> str:
    return name.rpartition('}')[2]


def _attribute(name: str) -> str:
    return f'_{_local(name)}'
