"""Values that describe where the fields of a record are, how they are stored, and which columns they become."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Storage = Literal['text', 'national', 'zoned', 'packed', 'unsigned packed', 'binary', 'float', 'unused']


@dataclass(frozen=True, kw_only=True)
class RecordField:
    """A field of a record.

    column    name of its column, or of its member of a table; None if it has none
    type      of the column, in Spark's words
    offset    first byte, counted from the beginning of the group that it is in
    size      in bytes
    digits    number of digits that the field may hold; 0 if it is not a number
    scale     number of decimals
    zeros     number of zeros that follow the stored digits
    leading   whether the sign of a zoned number is at its beginning
    separate  whether this sign is a character of its own
    little    whether the lowest byte of a binary number comes first
    counts    whether the field holds the length of a table
    certain   whether bytes that do not fit are a mistake; they are none where a REDEFINES describes them differently
    overlays  whether the field begins where the one above it does
    """

    name: str
    column: str | None
    type: str
    storage: Storage
    offset: int
    size: int
    digits: int = 0
    scale: int = 0
    zeros: int = 0
    signed: bool = False
    leading: bool = False
    separate: bool = False
    little: bool = False
    counts: bool = False
    certain: bool = True
    overlays: bool = False

    @property
    def varies(self) -> bool:
        """Return that a field has the same size in every record."""
        return False


@dataclass(frozen=True, kw_only=True)
class RecordGroup:
    """A group of fields, which itself is no column.

    segments  values of the field that tells record types apart for which the group is there; None if it always is
    varies    whether its size depends on the record
    """

    name: str
    members: tuple[Node, ...]
    offset: int
    size: int
    segments: frozenset[str] | None = None
    varies: bool = False
    overlays: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordTable:
    """A field or group that is repeated; its column is an array, of structs if it is a group.

    element    what is repeated; its offset is 0
    size       with the greatest number of elements
    depending  name of the field that holds the number of elements; None if it is always `most`
    """

    name: str
    column: str | None
    type: str
    element: RecordField | RecordGroup
    offset: int
    size: int
    most: int
    depending: str | None = None
    overlays: bool = False

    @property
    def varies(self) -> bool:
        """Tell whether its size depends on the record."""
        return self.depending is not None or self.element.varies


Node = RecordField | RecordGroup | RecordTable


@dataclass(frozen=True, kw_only=True)
class RecordLayout:
    """The layout of the records of a file.

    columns        name and type of each column, in order
    size           of the longest record, in bytes
    segment_field  field that tells record types apart, its offset from the beginning of the record; None if all
                   records are of one type
    loaded         values of this field whose records are loaded; None if all are
    """

    name: str
    members: tuple[Node, ...]
    columns: tuple[tuple[str, str], ...]
    size: int
    segment_field: RecordField | None = None
    loaded: frozenset[str] | None = None

    def fields(self) -> Iterator[RecordField]:
        """Yield all fields, also those of groups and tables."""
        yield from _fields(self.members)


def _fields(members: tuple[Node, ...]) -> Iterator[RecordField]:
    for node in members:
        if isinstance(node, RecordField):
            yield node
        else:
            yield from _fields(node.members if isinstance(node, RecordGroup) else (node.element,))


def column_nodes(members: tuple[Node, ...]) -> Iterator[RecordField | RecordTable]:
    """Yield the fields and tables that are columns, or members of a table's elements, in order."""
    for node in members:
        if isinstance(node, RecordGroup):
            yield from column_nodes(node.members)
        elif node.column is not None:
            yield node


@dataclass(frozen=True, kw_only=True)
class ColumnPlace:
    """The bytes of a column in a record, and the record types that have it; None for all."""

    column: str
    start: int
    end: int
    segments: frozenset[str] | None

    def shares_bytes(self, other: ColumnPlace) -> bool:
        """Tell whether a record can have bytes that are part of both columns."""
        apart = self.segments is not None and other.segments is not None and not self.segments & other.segments
        return self.start < other.end and other.start < self.end and not apart


def column_places(members: tuple[Node, ...], start: int = 0, segments: frozenset[str] | None = None
                  ) -> Iterator[ColumnPlace]:
    """Yield the place of each column, as if every table had its greatest number of elements.

    start     of the members in the record
    segments  the record types that have the members; None for all
    """
    for node in members:
        first = start + node.offset
        if isinstance(node, RecordGroup):
            yield from column_places(node.members, first, segments if node.segments is None else node.segments)
        elif node.column is not None:
            yield ColumnPlace(column=node.column, start=first, end=first + node.size, segments=segments)


def struct_type(members: tuple[Node, ...]) -> str:
    """Return the type of the elements of a table of groups, in Spark's words."""
    return f'struct<{",".join(f"`{node.column}`:{node.type}" for node in column_nodes(members))}>'


@dataclass(frozen=True, kw_only=True)
class LayoutOptions:
    """How a file uses its copybook.

    record         name of the record, if the copybook describes several
    segment_field  field that tells record types apart; None if there is one type
    segments       record or group by value of this field
    only           values whose records are loaded; all if there are none
    little         whether COMP-5 and IEEE floats have their lowest byte first
    """

    record: str | None = None
    segment_field: str | None = None
    segments: Mapping[str, str] = field(default_factory=dict)
    only: Sequence[str] = ()
    little: bool = False
