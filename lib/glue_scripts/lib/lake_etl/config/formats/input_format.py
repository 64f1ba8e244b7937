"""Describes an input format: its name, the extensions of its files, its reader, and the configuration to propose."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, eq=False, kw_only=True)
class InputFormat:
    """A format in which files can be collected.

    name                   what messages call it
    reader                 module in `lake_etl/read` whose function `read` reads files of this format
    extensions             file extensions in lower case, each with the input_spec to propose for such a file
    chosen_by_section      whether a section of this format in the input_spec decides, whatever the extension
    has_lines              whether files are text that Spark splits at line ends; such text is converted to UTF-8 if
                           needed, and `skip_rows` lines are removed, before the reader gets it
    reader_skips_rows      whether the reader itself skips `skip_rows` rows
    """

    name: str
    reader: str
    extensions: Mapping[str, Mapping[str, Any]]
    chosen_by_section: bool = False
    has_lines: bool = False
    reader_skips_rows: bool = False


def section(input_format: InputFormat, meaning: str) -> Any:
    """Return the dataclass field of an optional section, with its format and the meaning of its key."""
    return field(default=None, metadata={'format': input_format, 'meaning': meaning})


def formats_by_key(sections: type[Any]) -> dict[str, InputFormat]:
    """Return the format of each section of a dataclass by its key, in the order of the fields."""
    return {item.name: item.metadata['format'] for item in fields(sections) if 'format' in item.metadata}
