"""Parquet: its file extension, and its section in the input_spec."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.config.formats.input_format import InputFormat

PARQUET = InputFormat(name='Parquet', reader='parquet', chosen_by_section=True,
                      extensions={'.parquet': {'parquet': {}}})


@dataclass(frozen=True, kw_only=True)
class ParquetSection:
    """Parquet, whatever the file's extension; there is nothing to set."""
