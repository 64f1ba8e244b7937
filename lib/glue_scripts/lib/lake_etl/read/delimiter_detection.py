"""Applies what is detected of delimited text: to loads without a section, to proposals, and to errors."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lake_etl.config.formats.delimited_format import DELIMITERS, DelimitedSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect, records
from lake_etl.read.dialect_detection import DetectedText, delimiter_name, detect_delimiter, detect_text, titled
from lake_etl.read.header import read_first_text
from lake_etl.read.prepare import BYTE_ORDER_MARK, file_content
from lake_etl.read.skipped_lines import skip_lines
from lake_etl.read.source_files import PreparedFile

FIRST_BYTES = 64 * 1024


def with_detected_section(spec: InputSpec, files: Sequence[PreparedFile]) -> tuple[InputSpec, list[str]]:
    """Return the input_spec with the section that the first file has, unless the input_spec has one, and the guesses.

    Raises DataError when the text can be read in two ways, or when the input_spec names a delimiter that does not split
    the header although another delimiter does, or although it splits the rows below some lines of titles.
    """
    file = files[0]
    if spec.names_delimiter:
        _require_split_header(file, spec)
        return spec, []
    found = _detected(file)
    if found.other:
        raise DataError(f'{file.name} can be read in two ways: with {found}, or with {found.other}. Write the right '
                        'one into the input_spec: the delimiter into the csv section, as in "csv": {"delimiter": ";"}, '
                        'and the number of lines above the header as "skip_rows".')
    guesses = [] if found.is_plain else [f'No section of the input_spec describes {file.name}, so it was read with '
                                         f'{found}.']
    return _with_section(spec, found.dialect), [*guesses, *(f'{file.name}: {doubt}' for doubt in found.doubts)]


def delimited_section(spec: InputSpec, file: PreparedFile) -> dict[str, Any]:
    """Return the keys of an input_spec that say how delimited text is written, as in a specification.

    Raises DataError when the text can be read in two ways.
    """
    described = spec if spec.names_delimiter else with_detected_section(spec, (file,))[0]
    name = next((name for name in DELIMITERS if getattr(described, name) is not None), 'csv')
    section = described.delimited()
    keys: dict[str, Any] = {'header': section.header}
    if section.delimiter != DELIMITERS[name]:
        keys['delimiter'] = section.delimiter
    plain = DelimitedSection()
    keys |= {key: getattr(section, key) for key in ('quote_character', 'escape_character')
             if getattr(section, key) != getattr(plain, key)}
    skip = spec.skip_rows + (file.detected.title_lines if file.detected else 0)
    return {name: keys, **({'skip_rows': skip} if skip else {})}


def first_values(spec: InputSpec, file: PreparedFile, skip: int) -> list[list[str]]:
    """Return the values of each column in the first 64 KiB of a file that is not rewritten yet.

    skip  number of lines above the header
    """
    described = spec if spec.names_delimiter else with_detected_section(spec, (file,))[0]
    section = described.delimited()
    dialect = Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header)
    content = next(file_content(file.uri), b'')
    text = content[:FIRST_BYTES].decode(file.encoding, 'replace').removeprefix(BYTE_ORDER_MARK)
    below = b''.join(skip_lines([text.encode()], skip)).decode()
    rows = list(records(below, dialect, len(content) < FIRST_BYTES))
    body = [row for row in rows[section.header:] if len(row) == len(rows[0])]
    return [list(values) for values in zip(*body, strict=True)]


def _detected(file: PreparedFile) -> DetectedText:
    if file.detected:
        return file.detected
    text, complete = read_first_text(file, FIRST_BYTES)
    return detect_text(text, complete, titles=False)


def _with_section(spec: InputSpec, dialect: Dialect) -> InputSpec:
    """Return the input_spec with the section that has the delimiter as its default, or csv."""
    section = DelimitedSection(header=dialect.header, quote_character=dialect.quote, escape_character=dialect.escape,
                               delimiter=dialect.delimiter)
    if dialect.delimiter == DELIMITERS['tsv']:
        return replace(spec, tsv=section)
    return replace(spec, pipe=section) if dialect.delimiter == DELIMITERS['pipe'] else replace(spec, csv=section)


def _require_split_header(file: PreparedFile, spec: InputSpec) -> None:
    section = spec.delimited()
    if not section.header:
        return
    dialect = Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header)
    text, complete = read_first_text(file, FIRST_BYTES)
    header = next(records(text, dialect, complete), ())
    if len(header) == 1 and (found := detect_delimiter(text, complete, dialect)):
        columns = len(next(records(text, replace(dialect, delimiter=found), complete)))
        raise DataError(
            f"{file.name}: the delimiter {delimiter_name(dialect.delimiter)} of the input_spec does not split its "
            f"header, but {delimiter_name(found)} splits it into {columns} columns. Set 'delimiter' in the input_spec "
            'to the one that the file has, or correct the file.')
    below = titled(text, complete, dialect, None) if len(header) == 1 else None
    if below and below.dialect.delimiter == dialect.delimiter:
        lines = spec.skip_rows + below.title_lines
        raise DataError(
            f"{file.name}: the delimiter {delimiter_name(dialect.delimiter)} of the input_spec does not split its "
            f'header. The header seems to be in line {lines + 1}, below titles. Set "skip_rows": {lines} in the '
            'input_spec, or correct the file.')
