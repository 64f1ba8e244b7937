"""Checks the rows of a mapping against the input_spec, and against the copybook of a mainframe extract."""
from __future__ import annotations

from collections.abc import Sequence

from lake_etl.arguments import RESERVED_COLUMNS
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.input import InputSpec
from lake_etl.config.mapping import MappingRow, SchemaMapping
from lake_etl.syntax.column_names import comparable_name
from lake_etl.syntax.records import Findings, suggestion


def check_mapping_rows(mapping: SchemaMapping, source: InputSpec, findings: Findings) -> None:
    """Record destinations that the lake reserves, and what a mapping of fixed-width text lacks."""
    for row in mapping.rows:
        if row.dest_name and row.dest_name.lower() in RESERVED_COLUMNS:
            findings.problem(row.place, f"destination '{row.dest_name}' is reserved for the load's own column",
                             'give it another name, or Null to drop it')
        if source.fixed is not None and source.records is None and row.width is None:
            findings.problem(row.place, "'Width' is empty, and the source has columns of fixed width")
    if source.fixed is not None and source.records is None:
        _check_fixed_columns(mapping, findings)


def _check_fixed_columns(mapping: SchemaMapping, findings: Findings) -> None:
    """Record source columns that occur twice unless they are dropped, because each row of the mapping is a column."""
    first: dict[str, MappingRow] = {}
    for row in mapping.rows:
        earlier = first.setdefault(row.source_name.lower(), row)
        if earlier is not row and (row.dest_name or earlier.dest_name):
            findings.problem(row.place, f"column '{row.source_name}' is already that of row {earlier.line}",
                             'only fixed-width columns that are dropped may share a name')


def warn_of_unknown_columns(layout: RecordLayout, mapping: SchemaMapping, findings: Findings) -> None:
    """Record a warning for each mapped column that the copybook does not have."""
    _warn_of_unknown(mapping, [column for column, _ in layout.columns], 'in the copybook', findings)


def check_record_columns(mapping: SchemaMapping, source: InputSpec, table: str, findings: Findings) -> None:
    """Record other widths than those of the record types, and warn of mapped columns that these do not have."""
    if source.records is None or not (types := source.records.types_of_table(table)):
        return
    key, columns = types[0], list(source.records.columns_of_table(table))
    for row in mapping.rows:
        width = source.records.types[key].widths.get(row.source_name)
        if row.width is not None and row.width != width:
            findings.problem(row.place, f"'Width' is {row.width}, and 'columns' of record type '{key}' gives "
                             f"{width or 'no width'}", 'take it out; the widths of several record types are there')
    _warn_of_unknown(mapping, columns, f"among the columns of record type '{key}'", findings)


def _warn_of_unknown(mapping: SchemaMapping, columns: Sequence[str], where: str, findings: Findings) -> None:
    known = {comparable_name(column) for column in columns}
    for row in mapping.rows:
        if '`' not in row.source_name and row.threshold is None and comparable_name(row.source_name) not in known:
            findings.warning(row.place, f"column '{row.source_name}' is not {where}",
                             suggestion(row.source_name, columns))
