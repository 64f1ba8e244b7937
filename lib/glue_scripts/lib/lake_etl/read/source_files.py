"""The input of a reader: the files of one load, their input_spec, and what is known about their columns."""
from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError, NoRowsError
from lake_etl.read.dialect_detection import DetectedText
from lake_etl.spark.columns import literal_path
from lake_etl.spark.source_rows import (
    RawColumn, with_assigned_positions, with_divided_positions, with_positions, with_raw_values)

LOG = logging.getLogger(__name__)
UTF_8 = 'utf-8'


@dataclass(frozen=True)
class PreparedFile:
    """A file that a reader can read as it is.

    name                 address of the collected file, for messages
    uri                  address of the file to read
    size                 of the file to read, in bytes
    encoding             of its text, by Python's standard name
    skipped              number of bytes of the collected file, decompressed, before the content
    replace_undecodable  whether bytes that are not in the encoding become U+FFFD; otherwise the file is refused
    footer               lines at its end that `skip_footer` leaves out
    stored               address of the collected file, decrypted if it is encrypted; empty if it is not
    is_part              whether it has some records of the collected files only
    detected             how its delimited text is written, if no section of the input_spec says that
    """

    name: str
    uri: str
    size: int
    encoding: str = UTF_8
    skipped: int = 0
    replace_undecodable: bool = False
    detected: DetectedText | None = None
    footer: tuple[str, ...] = ()
    stored: str = ''

    @property
    def collected(self) -> str:
        """Return the address of the file as the sender wrote it, decrypted."""
        return self.stored or self.name
    is_part: bool = False


@dataclass(frozen=True)
class KnownTypes:
    """What is known about source columns before the file is read.

    text_columns  columns, in lower case, that the first step to use them parses from text
    table_types   types in the published table of columns that no step changes, by source column
    raw_columns   columns whose text in the file quarantined rows show
    used          columns, in lower case, that the load uses; None for all
    numeric       columns, in lower case, that a step reads as numbers
    """

    text_columns: frozenset[str] = frozenset()
    table_types: Mapping[str, str] = field(default_factory=dict)
    raw_columns: tuple[RawColumn, ...] = ()
    used: frozenset[str] | None = None
    numeric: frozenset[str] = frozenset()


KnownTypesLookup = Callable[[Sequence[str]], KnownTypes]


def no_known_types(names: Sequence[str]) -> KnownTypes:
    """Return that nothing is known about any column."""
    return KnownTypes()


@dataclass(frozen=True)
class SourceFiles:
    """The files of one load.

    name         address of the file or folder, for messages
    files        the files, prepared for reading
    spec         the input_spec
    widths       name and width of each column of fixed-width text
    scratch      folder for data that must be rewritten before Spark can read it
    known_types  returns what is known; called once, with the source's column names
    tracked      whether rows carry their place in the file, for rows that are quarantined
    layout       layout of the records of a mainframe extract
    notices      what the owner of the data should know although the load succeeds
    divided      names of the collected files, if the files are a part of these that begins each line with its position
    """

    name: str
    files: tuple[PreparedFile, ...]
    spec: InputSpec
    widths: tuple[tuple[str, int], ...] = ()
    scratch: str = ''
    known_types: KnownTypesLookup = no_known_types
    tracked: bool = False
    layout: RecordLayout | None = None
    notices: list[str] = field(default_factory=list)
    divided: tuple[str, ...] = ()

    def tell(self, notice: str) -> None:
        """Log a notice for the owner of the data, and keep it for the record of the run."""
        LOG.warning('%s', notice)
        self.notices.append(notice)

    @property
    def paths(self) -> list[str]:
        """Return the files' addresses, escaped so that Spark takes them literally."""
        return [literal_path(file.uri) for file in self.files]

    def with_positions(self, df: DataFrame) -> DataFrame:
        """Return the rows that Spark scans from the files, with their positions if rows are tracked."""
        if not self.tracked:
            return df
        if self.divided:
            return with_divided_positions(df, self.divided)
        return with_positions(df, {file.uri.rpartition('/')[2]: file.name for file in self.files})

    def with_assigned_positions(self, df: DataFrame, assigned: str, names: Sequence[str] = ()) -> DataFrame:
        """Return the rows without the column of positions that a reader has assigned; they stay if rows are tracked.

        names  of the files, or of their parts
        """
        if not self.tracked:
            return df.drop(assigned)
        return with_assigned_positions(df, assigned, names or [file.name for file in self.files])

    def with_raw_values(self, df: DataFrame, known: KnownTypes, within: str = '') -> DataFrame:
        """Return the rows with the text of values that quarantined rows show, if rows are tracked.

        within  struct column that has the columns of the file as its members; empty if they are columns
        """
        return with_raw_values(df, known.raw_columns, within) if self.tracked else df

    @property
    def replaces_undecodable(self) -> bool:
        """Tell whether bytes that are not in the encoding become U+FFFD; otherwise the files are refused."""
        return self.files[0].replace_undecodable

    @property
    def encoding(self) -> str:
        """Return the encoding of the files' text."""
        return self.files[0].encoding


def require_same_columns(found: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    """Raise DataError unless all files have the columns of the first one, in the same order.

    found  name and columns of each file
    """
    first_name, first = found[0]
    for name, columns in found[1:]:
        if columns != first:
            raise DataError(
                f'{name} has the columns {", ".join(columns)}, but {first_name} has {", ".join(first)}. Files of one '
                'load need the same columns in the same order; nothing was loaded. Correct them and land them again, '
                'the trigger file of a folder last.')


def canonical_encoding(name: str) -> str:
    """Return Python's standard name of an encoding; UTF-8 with a byte-order mark is UTF-8, readers skip the mark."""
    found = codecs.lookup(name).name
    return UTF_8 if found == 'utf-8-sig' else found


def java_charset(encoding: str) -> str:
    """Return Java's name of a Python encoding."""
    return re.sub(r'^(utf-16|utf-32)-', r'\1', canonical_encoding(encoding))


def has_single_byte_line_ends(encoding: str) -> bool:
    """Tell whether a line feed is the one byte at which Spark splits files; in UTF-16 it is not."""
    return '\n'.encode(java_charset(encoding)) == b'\n'


def no_rows_error(name: str, found: str = 'no rows') -> NoRowsError:
    """Return the error for a file without rows."""
    return NoRowsError(f'{name} holds {found}. The published data stays as it is; land the file again with its '
                       'content.')
