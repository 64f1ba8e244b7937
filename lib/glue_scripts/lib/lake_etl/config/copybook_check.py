"""Checks a copybook against the other files of its workflow: the input_spec and the mapping."""
from __future__ import annotations

from collections.abc import Sequence

from lake_etl.cobol.copybook import Item
from lake_etl.cobol.record_layout import lay_out
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.formats.cobol_format import CobolSection
from lake_etl.config.mapping import SchemaMapping
from lake_etl.syntax.column_names import comparable_name
from lake_etl.syntax.records import Findings, suggestion

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


def warn_of_unknown_columns(layout: RecordLayout, mapping: SchemaMapping, findings: Findings) -> None:
    """Record a warning for each mapped column that the copybook does not have."""
    columns = [column for column, _ in layout.columns]
    known = {comparable_name(column) for column in columns}
    for row in mapping.rows:
        if '`' not in row.source_name and row.threshold is None and comparable_name(row.source_name) not in known:
            findings.warning(row.place, f"column '{row.source_name}' is not in the copybook",
                             suggestion(row.source_name.upper(), columns))
