"""XML: its file extension, and its section in the input_spec."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.formats.input_format import InputFormat
from lake_etl.syntax.records import describe

ELEMENT_NAME = re.compile(r'[^\W\d][\w.:-]*')
XML = InputFormat(name='XML', reader='xml_rows', extensions={'.xml': {'xml': {'row_tag': 'row'}}},
                  keys=frozenset({'encoding', 'on_undecodable', 'keep_malformed_text'}))


@dataclass(frozen=True, kw_only=True)
class XmlSection:
    """XML.

    row_tag  name of the element that makes one row
    """

    row_tag: str = 'row'

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        if not ELEMENT_NAME.fullmatch(self.row_tag):
            yield f"'row_tag' must be the name of an element, without angle brackets, got {describe(self.row_tag)}"
