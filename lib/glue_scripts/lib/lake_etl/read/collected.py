"""What a reader is given: the files of one load, what the workflow says about them, and what is known beforehand."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lake_etl.config.input import InputSpec
from lake_etl.read.plain import PlainFile
from lake_etl.spark.columns import literal_path


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
