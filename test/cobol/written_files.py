"""Reads a mainframe extract with the lake's decoder, without Spark, and compares its values with the true ones."""
from __future__ import annotations

from decimal import Decimal
from typing import Any

from lake_etl.cobol.copybook import parse_copybook
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.copybook_check import checked_layout
from lake_etl.config.formats.cobol_format import CobolSection, SegmentsSection
from lake_etl.read.cobol_columns import Decoded, RecordDecoder
from lake_etl.read.cobol_records import RecordBlock, block_records, record_shape
from lake_etl.read.source_files import PreparedFile
from lake_etl.syntax.records import Findings


def layout_from(copybook: str, section: CobolSection) -> RecordLayout:
    """Return the layout of a copybook without problems."""
    findings = Findings('Gen-Policy.cpy')
    records = parse_copybook(copybook.encode(), findings)
    layout = checked_layout(records, section, findings) if records else None
    assert layout is not None, [str(problem) for problem in findings.problems]
    return layout


def decoded(copybook: str, content: bytes, text_columns: tuple[str, ...] = (), **options: Any) -> Decoded:
    """Return the decoded records of a file's content; options are those of the cobol section."""
    if isinstance(options.get('segments'), dict):
        options['segments'] = SegmentsSection(**options['segments'])
    section = CobolSection(**options)
    layout = layout_from(copybook, section)
    file = PreparedFile('x.dat', 'x.dat', len(content))
    records = block_records(RecordBlock(0, 'x.dat', 0, len(content), 1), content, record_shape(section, layout), file)
    decoder = RecordDecoder(layout, section.encoding, section.floats, section.odo_slides, text_columns)
    return decoder.decode(records)


def decoded_rows(copybook: str, content: bytes, **options: Any) -> list[dict[str, Any]]:
    """Return the rows of a file's content by column, all of them well-formed."""
    found = decoded(copybook, content, **options)
    assert not found.malformed.any(), found.malformed
    section = CobolSection(**options)
    names = [name for name, _ in layout_from(copybook, section).columns]
    return [dict(zip(names, values, strict=True))
            for values in zip(*(column.to_pylist() for column in found.columns), strict=True)]


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Return values by the lake's columns: members of groups that are no tables stand next to the others."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= flat(value)
        elif isinstance(value, list):
            found[_column(name)] = [flat(item) if isinstance(item, dict) else item for item in value]
        else:
            found[_column(name)] = value
    return found


def _column(name: str) -> str:
    return name.replace('-', '_')


def same(found: Any, true: Any) -> bool:
    """Tell whether a value is the true one, which may be a number written as text."""
    if isinstance(true, dict):
        return isinstance(found, dict) and all(same(found[name], value) for name, value in true.items())
    if isinstance(true, list):
        return isinstance(found, list) and len(found) == len(true) and all(map(same, found, true))
    if found is None or true in (None, ''):
        return found is None and true in (None, '')
    if isinstance(found, (int, Decimal)):
        return Decimal(found) == Decimal(str(true))
    if isinstance(found, float):
        return abs(found - float(true)) <= 1e-6 * max(1.0, abs(float(true)))
    return bool(found == true)


def differences(rows: list[dict[str, Any]], true: list[dict[str, Any]]) -> list[str]:
    """Return the columns with other values than the true ones."""
    assert len(rows) == len(true)
    return [name for found, values in zip(rows, true, strict=True) for name, value in flat(values).items()
            if not same(found[name], value)]
