"""Finds formulas of an xlsx sheet whose results the workbook does not hold, because no program calculated them.

Programs that only write workbooks store such formulas. A reader gets an empty cell for each.
"""
from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

CHUNK_BYTES = 4 * 1024 * 1024
LONGEST_CELL = 256 * 1024
CELL = re.compile(
    rb'<(?:\w+:)?c\b([^>]*[^>/])?>\s*<(?:\w+:)?f\b(?:[^>]*/>|(?:[^>]*[^>/])?>[^<]*</(?:\w+:)?f>)'
    rb'\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>')
CELL_END, PREFIXED_END = b'</c>', b':c>'
REFERENCE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
# The type of a formula whose result is a text, which may be empty.
TEXT_RESULT = b't="str"'
WORKBOOK = 'xl/workbook.xml'
RELATIONSHIPS = 'xl/_rels/workbook.xml.rels'


def formulas_without_results(content: bytes, sheet: str) -> Iterator[str]:
    """Yield the addresses of such cells, such as `C2`; nothing for workbooks other than xlsx and xlsm."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = _sheet_part(archive, sheet)
        if part is None:
            return
        with archive.open(part) as stream:
            pending = b''
            while chunk := stream.read(CHUNK_BYTES):
                pending += chunk
                end = max(pending.rfind(CELL_END) + len(CELL_END), pending.rfind(PREFIXED_END) + len(PREFIXED_END))
                yield from _cells(pending[:end])
                pending = pending[max(end, len(pending) - LONGEST_CELL):]


def _sheet_part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the name of the sheet's part in the archive."""
    if not {WORKBOOK, RELATIONSHIPS} <= set(archive.namelist()):
        return None
    identifier = next((value for element in ElementTree.fromstring(archive.read(WORKBOOK)).iter()
                       if _local(element.tag) == 'sheet' and element.get('name') == sheet
                       for key, value in element.items() if _local(key) == 'id'), None)
    target = next((element.get('Target', '') for element in ElementTree.fromstring(archive.read(RELATIONSHIPS)).iter()
                   if element.get('Id') == identifier), '')
    part = target.lstrip('/') if target.startswith('/') else posixpath.normpath(posixpath.join('xl', target))
    return part if identifier and part in archive.namelist() else None


def _cells(text: bytes) -> Iterator[str]:
    for match in CELL.finditer(text):
        attributes = match[1] or b''
        reference = REFERENCE.search(attributes)
        if TEXT_RESULT not in attributes and reference:
            yield reference[1].decode()


def _local(name: str) -> str:
    return name.rpartition('}')[2]
