"""Mainframe extracts that a COBOL copybook describes: their section in the input_spec."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lake_etl.cobol.record_nodes import LayoutOptions
from lake_etl.config.formats.input_format import InputFormat
from lake_etl.syntax.code_pages import single_byte_table
from lake_etl.syntax.records import describe

COBOL = InputFormat(name='a mainframe extract', reader='cobol', chosen_by_section=True, extensions={},
                    keys=frozenset({'on_undecodable', 'keep_malformed_text'}))
UTF_8 = 'utf-8'
FILE_ENDINGS = ('.cpy', '.cbl', '.cob', '.copy', '.txt')


@dataclass(frozen=True, kw_only=True)
class SegmentsSection:
    """Several record types in one file, told apart by a field.

    field    name of this field in the copybook
    records  record or group of the copybook by value of the field, such as {"P": "POLICY-SEGMENT"}; its columns are
             null in records of other types
    only     values whose records are loaded, with the columns of their groups; all when left out
    """

    field: str
    records: dict[str, str]
    only: tuple[str, ...] = ()

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        if not self.records:
            yield "'records' must give the record or group for each value of the field"
        for value, name in self.records.items():
            if not isinstance(name, str):
                yield f"records.{value}: expected the name of a record or group, got {describe(name)}"


@dataclass(frozen=True, kw_only=True)
class CobolSection:
    """Mainframe extracts, whatever the file's extension; a COBOL copybook describes their records.

    copybook             file in `transformation-spec`; `<database>-<table>.cpy` when left out
    record_format        as the mainframe calls it: `F` or `FB` for records of fixed length, `V` for records that begin
                         with a record descriptor word (RDW), `VB` for such records in blocks that begin with a block
                         descriptor word (BDW), `D` for lines
    record_length        bytes of a record of fixed length, if it is longer than the copybook says
    encoding             code page of the text, such as cp037, cp273, cp500, cp1047 or cp1140
    record               name of the record, if the copybook describes several
    segments             how record types are told apart, if the file has several
    rdw_includes_itself  whether the length in an RDW counts the four bytes of the RDW
    floats               format of COMP-1 and COMP-2: `ibm` for hexadecimal floats, or `ieee`
    native_byte_order    byte order of COMP-5 and of floats of IEEE: `big` as on mainframes, or `little`
    odo_slides           whether fields behind an OCCURS DEPENDING ON follow its last element, as IBM's compilers place
                         them, or begin where its longest table would end
    """

    copybook: str | None = None
    record_format: Literal['F', 'FB', 'V', 'VB', 'D'] = 'F'
    record_length: int | None = None
    encoding: str = 'cp037'
    record: str | None = None
    segments: SegmentsSection | None = None
    rdw_includes_itself: bool = True
    floats: Literal['ibm', 'ieee'] = 'ibm'
    native_byte_order: Literal['big', 'little'] = 'big'
    odo_slides: bool = True

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        if not _has_layout(self.encoding):
            yield (f"'encoding' must be a code page with one byte for each character, such as cp037 or cp1140, or "
                   f'utf-8, got {describe(self.encoding)}')
        if self.copybook is not None and ('/' in self.copybook or not self.copybook.lower().endswith(FILE_ENDINGS)):
            yield ("'copybook' must be the name of a file in transformation-spec that ends in .cpy, got "
                   f'{describe(self.copybook)}')
        if self.record_length is not None and self.record_format not in ('F', 'FB'):
            yield "'record_length' needs records of fixed length, \"record_format\": \"F\""
        if self.record_length is not None and self.record_length < 1:
            yield f"'record_length' must be above 0, got {self.record_length}"
        if self.record is not None and self.segments is not None:
            yield "'record' chooses one record, and 'segments' tells several apart; give one of the two"

    @property
    def layout_options(self) -> LayoutOptions:
        """Return how the file uses its copybook."""
        segments = self.segments
        return LayoutOptions(
            record=self.record, segment_field=segments.field if segments else None,
            segments=segments.records if segments else {}, only=segments.only if segments else (),
            little=self.native_byte_order == 'little')


def _has_layout(encoding: str) -> bool:
    """Tell whether text in an encoding takes one byte for each character, or is UTF-8."""
    try:
        return encoding.lower() in (UTF_8, 'utf8') or single_byte_table(encoding) is not None
    except (LookupError, ValueError, UnicodeError):
        return False
