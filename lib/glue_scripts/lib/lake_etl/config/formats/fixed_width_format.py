"""Text with columns of fixed width: its section in the input_spec."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lake_etl.config.formats.input_format import InputFormat

FIXED_WIDTH = InputFormat(name='fixed width', reader='fixed_width', chosen_by_section=True, has_lines=True,
                          extensions={},
                          keys=frozenset({'null_values', 'row_filter', 'keep_malformed_text', 'records'}))


@dataclass(frozen=True, kw_only=True)
class FixedSection:
    """Text with columns of fixed width, which the mapping file gives.

    unit  what a width counts: characters, or bytes of the encoding
    """

    unit: Literal['characters', 'bytes'] = 'characters'
