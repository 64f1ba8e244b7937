"""ORC: its file extension, and its section in the input_spec."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.config.formats.input_format import InputFormat

ORC = InputFormat(name='ORC', reader='orc', chosen_by_section=True, extensions={'.orc': {'orc': {}}})


@dataclass(frozen=True, kw_only=True)
class OrcSection:
    """ORC, whatever the file's extension; there is nothing to set."""
