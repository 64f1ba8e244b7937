"""Finds out how a mainframe extract is stored, from its first bytes and its copybook, and proposes its input_spec."""
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lake_etl.cobol.copybook import Item, parse_copybook
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.copybook_check import BINARY_STORAGE, checked_layout
from lake_etl.config.formats.cobol_format import CobolSection
from lake_etl.errors import ConfigurationError, DataError
from lake_etl.read.cobol_columns import RecordDecoder
from lake_etl.read.cobol_records import WORD, RecordBlock, block_records, file_blocks, find_records, record_shape
from lake_etl.read.prepare import file_content
from lake_etl.read.source_files import PreparedFile
from lake_etl.syntax.code_pages import is_ebcdic
from lake_etl.syntax.records import Findings

LOG = logging.getLogger(__name__)
SAMPLE_BYTES = 1024 * 1024
EBCDIC_PAGE, ASCII_PAGE = 'cp037', 'windows-1252'
# Blanks and digits in EBCDIC; in ASCII they are @ and letters with accents.
EBCDIC_SIGNS, ASCII_SIGNS = b'\x40\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9', b' 0123456789'
# The formats that descriptor words can prove, the likeliest first.
WITH_WORDS: tuple[dict[str, Any], ...] = (
    {'record_format': 'VB'}, {'record_format': 'V'}, {'record_format': 'V', 'rdw_includes_itself': False})


def propose_extract(uri: str, copybook: bytes, name: str, described: Mapping[str, Any]
                    ) -> tuple[RecordLayout, dict[str, Any]]:
    """Return the layout of the records of a file, and the keys of its cobol section that differ from the defaults.

    name       of the copybook, for messages
    described  keys of the section that are known

    Raises ConfigurationError when the copybook has mistakes, and DataError naming the place when the file does not
    consist of whole records.
    """
    findings = Findings(name)
    records = parse_copybook(copybook, findings)
    if records is None:
        raise ConfigurationError(findings.problems)
    size, sample = _size_and_sample(uri)
    file = PreparedFile(uri, uri, size)
    keys = dict(described)
    if 'encoding' not in keys and _encoding(sample) != CobolSection().encoding:
        keys['encoding'] = _encoding(sample)
    if len(records) > 1:
        keys['record'] = records[0].name
        LOG.warning("%s describes %d records, and the proposal reads all as the first, '%s'. If the file holds several "
                    "types, tell them apart by 'segments'.", name, len(records), records[0].name)
    layout = _layout(records, CobolSection(**{**keys, 'record_format': 'F'}), findings)
    if 'record_format' not in keys:
        keys |= _record_format(sample, file, layout, CobolSection(**keys))
    section = CobolSection(**keys)
    layout = _layout(records, section, findings)
    _report_sample(file, sample, layout, section)
    return layout, keys


def _size_and_sample(uri: str) -> tuple[int, bytes]:
    size, sample = 0, b''
    for chunk in file_content(uri):
        size += len(chunk)
        if len(sample) < SAMPLE_BYTES:
            sample += chunk[:SAMPLE_BYTES - len(sample)]
    if not size:
        raise DataError(f'{uri} is empty (0 bytes); there is nothing to propose from.')
    return size, sample


def _encoding(sample: bytes) -> str:
    """Return the likely encoding of the text among the bytes."""
    return EBCDIC_PAGE if _count(sample, EBCDIC_SIGNS) >= _count(sample, ASCII_SIGNS) else ASCII_PAGE


def _count(content: bytes, wanted: bytes) -> int:
    return len(content) - len(content.translate(None, wanted))


def _layout(records: Sequence[Item], section: CobolSection, findings: Findings) -> RecordLayout:
    layout = checked_layout(records, section, findings)
    if layout is None or findings.problems:
        raise ConfigurationError(findings.problems)
    return layout


def _record_format(sample: bytes, file: PreparedFile, layout: RecordLayout, section: CobolSection) -> dict[str, Any]:
    """Return the keys that tell records apart; none where they have the length of the copybook's.

    Raises DataError when nothing fits.
    """
    for keys in WITH_WORDS:
        shape = record_shape(replace(section, **keys), layout)
        try:
            starts, _ = find_records(sample, file, shape)
        except DataError:
            continue
        if starts:
            return keys
    ends = (b'\x15', b'\x25') if is_ebcdic(section.encoding) else (b'\n', b'\r')
    has_lines = sample[layout.size:layout.size + 1] in ends
    if has_lines and not any(item.storage in BINARY_STORAGE for item in layout.fields()):
        return {'record_format': 'D'}
    file_blocks(file, 0, record_shape(section, layout))
    return {}


def _report_sample(file: PreparedFile, sample: bytes, layout: RecordLayout, section: CobolSection) -> None:
    """Log how many of the first records have bytes that do not fit their fields."""
    shape = record_shape(section, layout)
    if section.record_format in ('F', 'FB'):
        content = sample[:len(sample) // shape.length * shape.length]
    else:
        _, used = find_records(sample, file, shape)
        content = sample[:used] if used > WORD else sample
    records = block_records(RecordBlock(0, file.uri, 0, len(content), 1), content, shape, file)
    found = RecordDecoder(layout, section.encoding, section.floats, section.odo_slides).decode(records)
    malformed = int(found.malformed.sum())
    if malformed:
        LOG.warning('%d of the first %d records have bytes that do not fit their fields. Compare the copybook with the '
                    "file, and check 'encoding', 'record_format' and 'floats' in the cobol section.", malformed,
                    len(found.malformed))
