"""What a reader is given: the files of one load, what the workflow says about them, and what is known beforehand."""
from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.spark.literal_path import literal_path

UTF_8 = 'utf-8'


def java_charset(encoding: str) -> str:
    """Return Java's name of an encoding that Python knows; Spark skips a byte-order mark of UTF-8 by itself."""
    name = codecs.lookup(encoding).name
    return UTF_8 if name == 'utf-8-sig' else re.sub(r'^(utf-16|utf-32)-', r'\1', name)


def has_plain_line_ends(encoding: str) -> bool:
    """Tell whether a line end is the one byte that Spark looks for where it splits a file; not so in UTF-16."""
    return '\n'.encode(java_charset(encoding)) == b'\n'


@dataclass(frozen=True)
class PlainFile:
    """A file that a reader can read.

    name      address of the file as it was collected, for messages
    uri       address to read
    size      of what is at that address, in bytes
    encoding  of its text
    """

    name: str
    uri: str
    size: int
    encoding: str = UTF_8


@dataclass(frozen=True)
class KnownTypes:
    """What is known about source columns before the file is read.

    text_columns  columns, in lower case, that the first step to touch them parses from text
    table_types   types that the published table has for columns that reach it unchanged, by source column
    """

    text_columns: frozenset[str] = frozenset()
    table_types: Mapping[str, str] = field(default_factory=dict)


Knowledge = Callable[[Sequence[str]], KnownTypes]


def nothing_known(names: Sequence[str]) -> KnownTypes:
    """Know nothing about any column."""
    return KnownTypes()


@dataclass(frozen=True)
class Collected:
    """The files of one load.

    name       address of the file or folder, for messages
    files      its files, ready for reading
    spec       the input_spec
    widths     columns of fixed-width text and how wide they are
    scratch    folder for what has to be written down before Spark can read it
    knowledge  is asked once, with the source's column names
    """

    name: str
    files: tuple[PlainFile, ...]
    spec: InputSpec
    widths: tuple[tuple[str, int], ...] = ()
    scratch: str = ''
    knowledge: Knowledge = nothing_known

    @property
    def paths(self) -> list[str]:
        """Return the files' addresses as Spark takes them literally."""
        return [literal_path(file.uri) for file in self.files]

    @property
    def encoding(self) -> str:
        """Return the encoding of the files' text."""
        return self.files[0].encoding


def wrong_encoding(name: str, encoding: str, error: Exception) -> DataError:
    """Return the error for a file that is not written in the encoding that its input_spec names."""
    return DataError(f"{name} is not text in encoding '{encoding}' ({type(error).__name__}); set 'encoding' in the "
                     'input_spec to the one the file was written in, such as windows-1252.')


def require_same_columns(found: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    """Raise DataError unless all files, given as name and columns, have the columns of the first one in its order."""
    first_name, first = found[0]
    for name, columns in found[1:]:
        if columns != first:
            raise DataError(
                f'{name} has the columns {", ".join(columns)}, but {first_name} has {", ".join(first)}. Files of one '
                'load need the same columns in the same order; nothing was loaded. Correct the files and land them '
                'again, the trigger file last.')
