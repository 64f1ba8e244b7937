"""Decodes the records of a mainframe extract to Arrow columns, all records of a batch at once."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.cobol.record_nodes import Node, RecordField, RecordGroup, RecordLayout, RecordTable, column_nodes
from lake_etl.read.cobol_decimals import Mask
from lake_etl.read.cobol_numbers import ASCII, EBCDIC, decode_number
from lake_etl.read.cobol_records import Records
from lake_etl.read.cobol_rows import (
    UNKNOWN, Offset, RowPlaces, clipped_text, element_counts, element_places, with_nulls)
from lake_etl.read.cobol_text import TextCode, decode_national, decode_text_column, text_code
from lake_etl.syntax.code_pages import is_ebcdic

Lengths = dict[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Decoded:
    """The columns of some records.

    malformed  which records have bytes that do not fit their fields
    numbers    number of each record in its file
    """

    columns: list[pa.Array]
    malformed: Mask
    numbers: NDArray[np.int64]


class RecordDecoder:
    """Decodes the records of one layout."""

    def __init__(self, layout: RecordLayout, encoding: str, floats: str = 'ibm', odo_slides: bool = True,
                 text_columns: Iterable[str] = ()):
        """Prepare to decode.

        text_columns  columns of unsigned whole numbers in characters that stay text, with their leading zeros
        """
        wanted = frozenset(text_columns)
        self._layout = layout
        self._members = tuple(_as_text(node, wanted) for node in layout.members)
        self._text: TextCode = text_code(encoding)
        self._zoned = EBCDIC if is_ebcdic(encoding) else ASCII
        self._ieee, self._slides = floats == 'ieee', odo_slides
        self._segment_values = sorted(_segment_values(layout.members))

    def decode(self, records: Records) -> Decoded:
        """Return the columns of the records, in the order of the layout's."""
        rows = RowPlaces(records.content, records.starts, records.ends, records.stride)
        numbers, unknown = records.numbers, None
        field = self._layout.segment_field
        if field is not None:
            segments = self._segments(rows, field)
            rows = replace(rows, segments=segments)
            unknown = segments == UNKNOWN
            if self._layout.loaded is not None:
                loaded = [self._segment_values.index(value) for value in self._layout.loaded]
                index = np.flatnonzero(np.isin(segments, loaded))
                rows, numbers, unknown = rows.taken(index), numbers[index], None
        reading = _Reading(self._text, self._zoned is EBCDIC, self._ieee, self._slides, self._segment_values)
        columns, malformed, _ = reading.members(rows, self._members, {})
        if unknown is not None:
            malformed = malformed | unknown
        return Decoded(columns, malformed | self._surplus(rows), numbers)

    def _segments(self, rows: RowPlaces, field: RecordField) -> NDArray[np.int64]:
        """Return the index of the record type of each row."""
        content = clipped_text(rows, field.offset, field.size, self._zoned.blank)
        texts, _ = decode_text_column(content, self._text)
        found = pc.index_in(texts, pa.array(self._segment_values, pa.string()))
        return np.asarray(pc.fill_null(found, UNKNOWN).to_numpy(zero_copy_only=False), dtype=np.int64)

    def _surplus(self, rows: RowPlaces) -> Mask:
        """Tell which lines have more than blanks behind the longest record."""
        longer = np.zeros(len(rows.starts), dtype=bool)
        if rows.stride is None:
            for row in np.flatnonzero(rows.ends - rows.starts > self._layout.size):
                rest = rows.content[rows.starts[row] + self._layout.size:rows.ends[row]]
                longer[row] = bool((rest != self._zoned.blank).any())
        return longer


def _as_text(node: Node, wanted: frozenset[str]) -> Node:
    if isinstance(node, RecordGroup):
        return replace(node, members=tuple(_as_text(member, wanted) for member in node.members))
    if isinstance(node, RecordField) and node.column in wanted and keeps_zeros(node):
        return replace(node, storage='text', type='string', counts=False)
    return node


def keeps_zeros(field: RecordField | RecordTable) -> bool:
    """Tell whether a field can be text with its leading zeros: it is an unsigned whole number in characters."""
    return (isinstance(field, RecordField) and field.storage == 'zoned' and not field.counts
            and not (field.signed or field.scale or field.zeros))


def _segment_values(members: Sequence[Node]) -> set[str]:
    found: set[str] = set()
    for node in members:
        if isinstance(node, RecordGroup):
            found |= (node.segments or set()) | _segment_values(node.members)
    return found


@dataclass(frozen=True)
class _Reading:
    """Walks through the members of a layout, with the places that the rows before have decided."""

    text: TextCode
    ebcdic: bool
    ieee: bool
    slides: bool
    segment_values: Sequence[str]

    def members(self, rows: RowPlaces, members: Sequence[Node], lengths: Lengths
                ) -> tuple[list[pa.Array], Mask, Offset]:
        """Return the columns of members of a group, the malformed rows, and how much shorter the group is.

        lengths  numbers of elements by the name of the field that holds them; gets those of these members too
        """
        columns: list[pa.Array] = []
        malformed = np.zeros(len(rows.starts), dtype=bool)
        shift: Offset = 0
        base: Offset = 0
        for node in members:
            if not node.overlays:
                base = shift
            found, wrong, change = self.node(rows.moved(node.offset + base), node, lengths)
            columns += found
            if wrong is not None:
                malformed |= wrong
            if not node.overlays and self.slides and node.varies:
                shift = shift + change
        return columns, malformed, shift

    def node(self, rows: RowPlaces, node: Node, lengths: Lengths) -> tuple[list[pa.Array], Mask | None, Offset]:
        """Do the same for one member, at the beginning of the rows."""
        if isinstance(node, RecordField):
            if node.column is None and not node.counts:
                return [], None, 0
            column, wrong = self.field(rows, node)
            if node.counts:
                lengths[node.name] = element_counts(column)
            return [column] if node.column is not None else [], wrong if node.certain else None, 0
        if isinstance(node, RecordTable):
            return self.table(rows, node, lengths)
        if node.segments is None or rows.segments is None:
            return self.members(rows, node.members, lengths)
        wanted = [self.segment_values.index(value) for value in node.segments]
        return self.segment(rows, node, lengths, np.flatnonzero(np.isin(rows.segments, wanted)))

    def segment(self, rows: RowPlaces, node: RecordGroup, lengths: Lengths, index: NDArray[np.int64]
                ) -> tuple[list[pa.Array], Mask, Offset]:
        """Do the same for a group that only some of the records have; its columns are null in the others."""
        inside = {name: values[index] for name, values in lengths.items()}
        columns, wrong, change = self.members(rows.taken(index), node.members, inside)
        malformed = np.zeros(len(rows.starts), dtype=bool)
        malformed[index] = wrong
        places = np.full(len(rows.starts), UNKNOWN, dtype=np.int64)
        places[index] = np.arange(len(index))
        spread = pa.array(places, mask=places == UNKNOWN)
        moved = np.zeros(len(rows.starts), dtype=np.int64)
        moved[index] = change
        return [column.take(spread) for column in columns], malformed, moved if node.varies else 0

    def field(self, rows: RowPlaces, field: RecordField) -> tuple[pa.Array, Mask | None]:
        """Return the column of a field, null where the record ends before it, and where its bytes do not fit."""
        blank = EBCDIC.blank if self.ebcdic else ASCII.blank
        if field.storage == 'text':
            return decode_text_column(clipped_text(rows, 0, field.size, blank), self.text)
        content = rows.window(0, field.size)
        if field.storage == 'national':
            column, wrong = decode_national(content)
        else:
            column, wrong = decode_number(field, content, EBCDIC if self.ebcdic else ASCII, self.ieee)
        if rows.stride is not None:
            return column, wrong
        left = rows.ends - rows.starts
        short = left < field.size
        if not short.any():
            return column, wrong
        cut = short & (left > 0)
        return with_nulls(column, short), cut if wrong is None else np.where(short, cut, wrong)

    def table(self, rows: RowPlaces, table: RecordTable, lengths: Lengths) -> tuple[list[pa.Array], Mask, Offset]:
        """Return the array of a table's elements; null where the number of elements is not known."""
        counts = np.full(len(rows.starts), table.most, dtype=np.int64)
        lost = np.zeros(len(rows.starts), dtype=bool)
        if table.depending is not None:
            counts = lengths[table.depending]
            lost = (counts < 0) | (counts > table.most)
            counts = np.where(lost, 0, counts)
        if not table.element.varies:
            sizes: Offset = table.element.size * counts
            parents, places = element_places(rows, counts, table.element.size)
        else:
            parents, places, sizes = self.varying_places(rows, table.element, counts, lengths)
        inside = places < rows.ends[parents]
        if not inside.all():
            parents, places = parents[inside], places[inside]
        columns: list[pa.Array] = []
        malformed = lost.copy()
        if table.column is not None:
            element, wrong = self.elements(rows, table.element, parents, places, lengths)
            malformed[parents[wrong]] = True
            offsets = np.zeros(len(rows.starts) + 1, dtype=np.int32)
            np.cumsum(np.bincount(parents, minlength=len(rows.starts)), out=offsets[1:])
            columns.append(pa.ListArray.from_arrays(pa.array(offsets), element, mask=pa.array(lost)))
        return columns, malformed, sizes - table.size

    def elements(self, rows: RowPlaces, element: RecordField | RecordGroup, parents: NDArray[np.int64],
                 places: NDArray[np.int64], lengths: Lengths) -> tuple[pa.Array, Mask]:
        """Return the elements of all rows as one column, and which of them are malformed."""
        inner = RowPlaces(rows.content, places, rows.ends[parents],
                          segments=None if rows.segments is None else rows.segments[parents])
        outer = {name: values[parents] for name, values in lengths.items()}
        columns, wrong, _ = self.node(inner, element, outer)
        malformed = np.zeros(len(places), dtype=bool) if wrong is None else wrong
        if isinstance(element, RecordField):
            return columns[0], malformed
        names = [str(node.column) for node in column_nodes(element.members)]
        return pa.StructArray.from_arrays(columns, names), malformed

    def varying_places(self, rows: RowPlaces, element: RecordField | RecordGroup, counts: NDArray[np.int64],
                       lengths: Lengths) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the row and the place of each element, whose sizes differ, and the size of all elements of a row."""
        most = int(counts.max(initial=0))
        matrix = np.zeros((len(rows.starts), most), dtype=np.int64)
        place = rows.starts.copy()
        for number in range(most):
            index = np.flatnonzero(counts > number)
            matrix[index, number] = place[index]
            inner = replace(rows.taken(index), starts=place[index])
            _, _, change = self.node(inner, element, {name: values[index] for name, values in lengths.items()})
            place[index] += element.size + (change if self.slides else 0)
        taken = np.arange(most) < counts[:, None]
        return np.nonzero(taken)[0], matrix[taken], place - rows.starts
