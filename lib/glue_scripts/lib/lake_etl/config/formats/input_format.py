"""Describes an input format: its name, the extensions of its files, its reader, and the configuration to propose."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# Keys of the input_spec that only some formats use, with what else to do; the other keys work for every format.
FORMAT_KEYS = {
    'multiline': 'take it out; JSON has the key multiline in its own section',
    'encoding': 'take it out',
    'on_undecodable': 'take it out',
    'null_values': 'take it out; the SQL of the workflow can make nulls by the function nullif',
    'hash_text': 'take it out; the lake infers nothing from the text that it hashes there',
    'keep_malformed_text': 'take it out, because no row can be malformed',
    'skip_rows': 'take it out',
    'skip_footer': 'take it out',
    'row_filter': 'use the transform filterrows',
    'records': "take it out; a mainframe extract has 'segments' in its own section, a workbook 'tables'",
}
LINE_KEYS = frozenset({'encoding', 'on_undecodable', 'skip_rows', 'skip_footer'})


@dataclass(frozen=True, eq=False, kw_only=True)
class InputFormat:
    """A format in which files can be collected.

    name                   what messages call it
    reader                 module in `lake_etl/read` whose function `read` reads files of this format
    extensions             file extensions in lower case, each with the input_spec to propose for such a file
    chosen_by_section      whether a section of this format in the input_spec decides, whatever the extension
    has_lines              whether files are text that Spark splits at line ends; such text is converted to UTF-8 if
                           needed, and `skip_rows` lines are removed, before the reader gets it
    keys                   keys of the input_spec that the reader uses, of those in `FORMAT_KEYS`; the keys for lines
                           are used by every format that has lines
    """

    name: str
    reader: str
    extensions: Mapping[str, Mapping[str, Any]]
    chosen_by_section: bool = False
    has_lines: bool = False
    keys: frozenset[str] = frozenset()

    @property
    def used_keys(self) -> frozenset[str]:
        """Return the keys of the input_spec that this format uses, of those that only some formats use."""
        return self.keys | LINE_KEYS if self.has_lines else self.keys


def section(input_format: InputFormat, meaning: str) -> Any:
    """Return the dataclass field of an optional section, with its format and the meaning of its key."""
    return field(default=None, metadata={'format': input_format, 'meaning': meaning})


def formats_by_key(sections: type[Any]) -> dict[str, InputFormat]:
    """Return the format of each section of a dataclass by its key, in the order of the fields."""
    return {item.name: item.metadata['format'] for item in fields(sections) if 'format' in item.metadata}
