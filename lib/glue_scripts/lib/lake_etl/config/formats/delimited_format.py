"""Delimited text: its file extensions, and its section in the input_spec."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.formats.input_format import InputFormat
from lake_etl.syntax.records import describe

DELIMITERS = {'csv': ',', 'tsv': '\t', 'pipe': '|'}
CSV_WITH_HEADER = {'csv': {'header': True}}
DELIMITED = InputFormat(
    name='delimited text', reader='delimited', has_lines=True,
    keys=frozenset({'multiline', 'null_values', 'row_filter', 'keep_malformed_text', 'hash_text', 'records'}),
    extensions={'.csv': CSV_WITH_HEADER, '.txt': CSV_WITH_HEADER, '.tsv': {'tsv': {'header': True}}})


@dataclass(frozen=True, kw_only=True)
class DelimitedSection:
    """Delimited text.

    header            whether the first line contains the column names
    quote_character   one character around values that contain the delimiter; empty for none
    escape_character  one character before a quote inside quotes; empty for none
    delimiter         one or more characters between values; the default of the section when left out
    """

    header: bool = True
    quote_character: str = '"'
    escape_character: str = '"'
    delimiter: str | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        if self.delimiter is not None and (not self.delimiter or set(self.delimiter) & {'\n', '\r'}):
            yield "'delimiter' must be one or more characters without a line break"
        for key in ('quote_character', 'escape_character'):
            if len(getattr(self, key)) > 1:
                yield f"'{key}' must be one character or empty, got {describe(getattr(self, key))}"
        if self.delimiter and self.delimiter == self.quote_character:
            yield f"'delimiter' and 'quote_character' are both {describe(self.delimiter)}"
