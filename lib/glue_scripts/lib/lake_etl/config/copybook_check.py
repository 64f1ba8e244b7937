"""Checks a copybook against the cobol section of its workflow's input_spec."""
from __future__ import annotations

from collections.abc import Sequence

from lake_etl.cobol.copybook import Item
from lake_etl.cobol.record_layout import lay_out
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.formats.cobol_format import CobolSection
from lake_etl.syntax.records import Findings

# How fields are stored whose bytes may be those of a line end.
BINARY_STORAGE = ('packed', 'unsigned packed', 'binary', 'float', 'national', 'unused')


def checked_layout(records: Sequence[Item], section: CobolSection, findings: Findings) -> RecordLayout | None:
    """Return the layout of the records of a file; records every problem, and returns None if there is one."""
    layout = lay_out(records, section.layout_options, findings)
    if layout is None:
        return None
    binary = [item.name for item in layout.fields() if item.storage in BINARY_STORAGE]
    if binary and section.record_format == 'D':
        findings.problem('', f'{binary[0] or "FILLER"} is binary, so its bytes may be those of a line end',
                         'set "record_format" in the cobol section of the input_spec to F, V or VB')
    if section.record_length is not None and section.record_length < layout.size:
        findings.problem('', f"a record has {layout.size:,} bytes, and 'record_length' in the cobol section of the "
                         f'input_spec is {section.record_length:,}')
    return layout
