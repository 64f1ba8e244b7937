"""Divides the files of a load with several record types into parts in the scratch folder."""
from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lake_etl import runtime
from lake_etl.config.formats.fixed_width_format import FIXED_WIDTH
from lake_etl.config.input import InputSpec
from lake_etl.config.record_types import RecordsSection
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect
from lake_etl.read.fixed_width import FieldPosition, counted_encoding, with_line_ends
from lake_etl.read.prepare import READ_BYTES, prepare_file
from lake_etl.read.record_lines import DelimitedLines, FixedLines, numbered_lines
from lake_etl.read.record_parts import UNKNOWN, Division, Part, part_columns, part_names, part_of_table
from lake_etl.read.source import list_load_files, read_errors_named
from lake_etl.read.source_files import UTF_8, SourceFiles
from lake_etl.read.undecodable import decoded_chunks
from lake_etl.spark.source_rows import RECORD_WIDTH


@dataclass(frozen=True)
class DividedPart:
    """The records of one table or nested type, in a file of their own; the numbers are those of `Part`."""

    uri: str
    rows: int
    malformed: int
    joined: bool


@dataclass(frozen=True)
class DividedFiles:
    """The files of a load with several record types, divided.

    name      address of the file or folder, for messages
    uri       address of the file, or of the trigger of its folder
    files     names of the collected files
    spec      the input_spec of the workflow
    parts     by name
    encoding  whose bytes fixed widths count; None for characters
    footers   lines that may state control totals, by file
    notices   what the owner of the data should know
    """

    name: str
    uri: str
    files: tuple[str, ...]
    spec: InputSpec
    parts: Mapping[str, DividedPart]
    encoding: str | None
    footers: Mapping[str, tuple[str, ...]]
    notices: tuple[str, ...]

    def has_rows(self, table: str) -> bool:
        """Tell whether there is a record of a table."""
        return self.parts[part_of_table(table)].rows > 0

    @property
    def records(self) -> RecordsSection:
        """Return the section of the input_spec."""
        assert self.spec.records is not None
        return self.spec.records


def divide_files(uri: str, spec: InputSpec, table: str, scratch: str, hides: bool = False) -> DividedFiles:
    """Divide a file, or the files of the folder whose trigger it is, into parts in the scratch folder.

    table  that of the workflow, which gets the records of unknown types
    hides  whether malformed records give no values to others, because one of the tables protects values

    Raises DataError naming the file when it is missing, empty, not in its encoding, or a quote is never closed.
    """
    name, uris = list_load_files(uri, spec)
    prepared = [prepare_file(item, spec, f'{scratch}/prepared-{index:05}') for index, item in enumerate(uris)]
    records = spec.records
    assert records is not None
    source = SourceFiles(name, tuple(file for file, _ in prepared), spec, scratch=scratch)
    encoding = None
    if prepared[0][1] is FIXED_WIDTH:
        encoding = counted_encoding(source)
        source = _with_records_of_one_length(source, records, encoding)
        lines: DelimitedLines | FixedLines = FixedLines(records, encoding, RECORD_WIDTH)
    else:
        section = spec.delimited()
        lines = DelimitedLines(records, Dialect(str(section.delimiter), section.quote_character,
                                                section.escape_character, False))
    states = spec.controls.trailer.pattern if spec.controls and spec.controls.trailer else None
    footers = dict[str, tuple[str, ...]]()
    with _local_folder(scratch) as folder, read_errors_named(name, uri, spec), ExitStack() as opened:
        paths = {key: Path(folder) / f'{index:05}' for index, key in enumerate(part_names(records))}
        parts = {key: Part(opened.enter_context(path.open('w', encoding=UTF_8, newline='')))
                 for key, path in paths.items()}
        _write_headers(parts, records, spec)
        division = Division(records, lines, parts, table, spec.on_undecodable == 'replace', states, hides)
        for index, file in enumerate(source.files):
            trailers = list(file.footer)
            numbered = numbered_lines(decoded_chunks(file, file.encoding), spec.skip_rows + 1, file.name)
            division.divide(index, file.name.rpartition('/')[2],
                            lines.records(numbered, file.name, spec.multiline is not False),
                            trailers if states else None)
            footers[file.name] = tuple(trailers)
        opened.close()
        _require_own_records(name, records, table, parts[part_of_table(table)], division)
        notices = tuple(division.findings.sentences())
        divided = {key: _stored(part, paths[key], f'{scratch}/part-{paths[key].name}') for key, part in parts.items()}
    return DividedFiles(name, uri, tuple(file.name for file in source.files), spec, divided, encoding, footers,
                        notices)


@contextmanager
def _local_folder(scratch: str) -> Iterator[str]:
    """Give a folder on this machine for parts while they are written.

    It is below the scratch folder if that is on this machine, so that what a killed run leaves is removed with it.
    """
    below = None
    if '://' not in scratch:
        Path(scratch).mkdir(parents=True, exist_ok=True)
        below = scratch
    with tempfile.TemporaryDirectory(dir=below) as folder:
        yield folder


def _with_records_of_one_length(source: SourceFiles, records: RecordsSection, encoding: str | None) -> SourceFiles:
    """Return files with line ends; those without any have records of one length.

    Raises DataError when the record types have several lengths and there is no line end.
    """
    lengths = {sum(item.widths.values()) for item in records.types.values() if item.widths}
    if len(lengths) == 1:
        return with_line_ends(source, [FieldPosition('record', 0, lengths.pop())], encoding)
    for file in source.files:
        first = next(decoded_chunks(file, file.encoding), '')
        if len(first) > max(lengths) and not any(end in first for end in ('\n', '\r')):
            raise DataError(f'{file.name} has no line ends, and the record types have several lengths, so nothing '
                            "tells where a record ends. Add a column for the rest of the shorter records to 'columns' "
                            'in the input_spec, or land the file with line ends. Nothing was loaded.')
    return source


def _require_own_records(name: str, records: RecordsSection, table: str, own: Part, division: Division) -> None:
    unknown = division.findings.counted.get(UNKNOWN, 0)
    if own.rows > unknown:
        return
    types = ' or '.join(f"'{key}'" for key in records.types_of_table(table))
    raise DataError(f"{name} has no record of type {types}, which fills the workflow's table {table}, and {unknown} "
                    "records have a type that 'records' of the input_spec does not name. Nothing was loaded; correct "
                    'what tells the type there, or the delimiter, or land a complete file.')


def _write_headers(parts: Mapping[str, Part], records: RecordsSection, spec: InputSpec) -> None:
    """Write the names of the columns into parts of delimited text, which are read by these names."""
    if spec.fixed is not None:
        return
    delimiter = str(spec.delimited().delimiter)
    for key, part in parts.items():
        part.output.write(delimiter.join(name for name, _ in part_columns(records, key)) + '\n')


def _stored(part: Part, path: Path, uri: str) -> DividedPart:
    def chunks() -> Iterator[bytes]:
        with path.open('rb') as content:
            while chunk := content.read(READ_BYTES):
                yield chunk
    runtime.files(uri).write_stream(uri, chunks())
    return DividedPart(uri, part.rows, part.malformed, part.joined)
