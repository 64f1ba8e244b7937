"""JSON: its file extensions, and its section in the input_spec."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.config.formats.input_format import InputFormat

JSON_LINES = {'json': {'multiline': False}}
JSON = InputFormat(name='JSON', reader='json_lines', has_lines=True, keys=frozenset({'keep_malformed_text'}),
                   extensions=dict.fromkeys(('.json', '.jsonl', '.ndjson'), JSON_LINES))


@dataclass(frozen=True, kw_only=True)
class JsonSection:
    """JSON.

    multiline  true: a file is one JSON value; false: each line is one
    """

    multiline: bool = False
