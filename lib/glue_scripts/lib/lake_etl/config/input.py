"""The input_spec: how the files of a workflow are written, and how they become rows."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from lake_etl.syntax.records import Findings, describe, parse_record
from lake_etl.syntax.type_text import type_problems

SchemaChange = Literal['permissive', 'evolve', 'reorder', 'strict']
SCHEMA_CHANGE_BY_ENVIRONMENT: Mapping[str, SchemaChange] = {'dev': 'permissive', 'test': 'reorder'}
DELIMITERS = {'csv': ',', 'tsv': '\t', 'pipe': '|'}
DEFAULT_TRIGGER = '_SUCCESS'
COMPRESSIONS = ('.gz', '.bz2', '.zip', '.zst')
ADDRESS = re.compile(r'([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?', re.IGNORECASE)
WORKFLOW = re.compile(r'[^/]*[^/\s][^/]*/[^/]*[^/\s][^/]*')
ELEMENT_NAME = re.compile(r'[^\W\d][\w.:-]*')


class Format(Enum):
    """How the content of a file is written."""

    DELIMITED = 'delimited text'
    JSON = 'JSON'
    PARQUET = 'Parquet'
    XML = 'XML'
    EXCEL = 'Excel'
    FIXED = 'fixed width'


FORMAT_BY_EXTENSION = {
    '.xls': Format.EXCEL, '.xlsx': Format.EXCEL, '.xlsm': Format.EXCEL, '.xlm': Format.EXCEL, '.xlsb': Format.EXCEL,
    '.ods': Format.EXCEL, '.json': Format.JSON, '.jsonl': Format.JSON, '.xml': Format.XML, '.parquet': Format.PARQUET,
}


@dataclass(frozen=True, kw_only=True)
class DelimitedSection:
    """Delimited text.

    header            whether the first line holds the column names
    quote_character   one character around values that hold the delimiter; empty for none
    escape_character  one character before a quote inside quotes; empty for none
    delimiter         one or more characters between values; the section's own when left out
    """

    header: bool = True
    quote_character: str = '"'
    escape_character: str = '"'
    delimiter: str | None = None

    def check(self) -> Iterator[str]:
        """Yield what types cannot express."""
        if self.delimiter is not None and (not self.delimiter or set(self.delimiter) & {'\n', '\r'}):
            yield "'delimiter' must be one or more characters and no line break"
        for key in ('quote_character', 'escape_character'):
            if len(getattr(self, key)) > 1:
                yield f"'{key}' must be one character or empty, got {describe(getattr(self, key))}"
        if self.delimiter and self.delimiter == self.quote_character:
            yield f"'delimiter' and 'quote_character' are both {describe(self.delimiter)}"


@dataclass(frozen=True, kw_only=True)
class JsonSection:
    """JSON.

    multiline  whether a file is one JSON value, or (false) each line holds one
    """

    multiline: bool = False


@dataclass(frozen=True, kw_only=True)
class XmlSection:
    """XML.

    row_tag  name of the element that makes one row
    """

    row_tag: str = 'row'

    def check(self) -> Iterator[str]:
        """Yield what types cannot express."""
        if not ELEMENT_NAME.fullmatch(self.row_tag):
            yield f"'row_tag' must be the name of an element without brackets, got {describe(self.row_tag)}"


@dataclass(frozen=True, kw_only=True)
class FixedSection:
    """Text with columns of fixed width, which the mapping file gives.

    unit  what a width counts: characters, or bytes of the encoding
    """

    unit: Literal['characters', 'bytes'] = 'characters'


@dataclass(frozen=True, kw_only=True)
class ParquetSection:
    """Parquet, whatever the file's extension; there is nothing to set."""


@dataclass(frozen=True, kw_only=True)
class ExcelSection:
    """Excel workbooks.

    sheet_names   names of sheets, or positions from 0 as text; the first one that exists is read
    data_address  first cell (`A1`) or range (`B3:F35`) of the table
    header        whether the first row of the table holds the column names
    password      of an encrypted workbook; never shown, not even when it has the wrong type
    """

    sheet_names: tuple[str, ...] = ('0',)
    data_address: str = 'A1'
    header: bool = True
    password: str | None = field(default=None, repr=False)

    def check(self) -> Iterator[str]:
        """Yield what types cannot express."""
        if not self.sheet_names or not all(name.strip() for name in self.sheet_names):
            yield "'sheet_names' must be a list of one or more names or positions such as [\"Policies\", \"0\"]"
        if not _is_address(self.data_address):
            yield f"'data_address' must be a cell or a range such as A1 or B3:F35, got {describe(self.data_address)}"


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """Everything that a workflow says about its input.

    table_description      description of the Cleanse table in the catalog
    takes_over             the workflow, as "Database/Table", that has filled the Cleanse table until now
    no_longer_protected    why columns that earlier loads have protected need not be any more, such as
                           {"TaxId": "company numbers, which are public"}
    allow_schema_change    which changes of the published columns a load may bring; when left out, what the
                           environment allows
    strict_schema_mapping  whether a mapped column that the source lacks is an error
    types                  types of columns that are not to be guessed, such as {"Policy No": "string"}
    infer_types            whether to guess types at all
    load_mode              `replace`: a load replaces its partition; `by_file`: only the rows of the same file
    files                  `folder`: all files of a folder are one load, complete when the file `trigger` arrives
    trigger                name of that file; `_SUCCESS` when left out
    multiline              whether quoted values of delimited text hold line breaks; `auto` finds out
    encoding               encoding of text files
    null_values            texts that stand for no value
    keep_malformed_text    why texts and values of rows that do not fit their format may be kept although the workflow
                           protects personal data; when left out, they are not
    skip_rows              lines above the header that are not read
    csv                    delimited text, with commas unless `delimiter` says otherwise
    tsv                    delimited text, with tabs unless `delimiter` says otherwise
    pipe                   delimited text, with | unless `delimiter` says otherwise
    json                   JSON, in files that end in .json or .jsonl
    xml                    XML, in files that end in .xml
    fixed                  text with columns of fixed width, whatever the file's extension
    parquet                Parquet, whatever the file's extension
    excel                  Excel workbooks, in files with one of their extensions
    """

    table_description: str | None = None
    takes_over: str | None = None
    no_longer_protected: dict[str, str] = field(default_factory=dict)
    allow_schema_change: SchemaChange | None = None
    strict_schema_mapping: bool = False
    types: dict[str, str] = field(default_factory=dict)
    infer_types: bool = True
    load_mode: Literal['replace', 'by_file'] = 'replace'
    files: Literal['folder'] | None = None
    trigger: str | None = None
    multiline: bool | Literal['auto'] = 'auto'
    encoding: str = 'utf-8'
    null_values: tuple[str, ...] = ()
    keep_malformed_text: str | None = None
    skip_rows: int = 0
    csv: DelimitedSection | None = None
    tsv: DelimitedSection | None = None
    pipe: DelimitedSection | None = None
    json: JsonSection | None = None
    xml: XmlSection | None = None
    fixed: FixedSection | None = None
    parquet: ParquetSection | None = None
    excel: ExcelSection | None = None

    def check(self) -> Iterator[str]:
        """Yield what types cannot express."""
        if not _is_encoding(self.encoding):
            yield f"'encoding' must be the name of a text encoding such as utf-8, got {describe(self.encoding)}"
        if self.skip_rows < 0:
            yield f"'skip_rows' must not be negative, got {self.skip_rows}"
        if self.keep_malformed_text is not None and not self.keep_malformed_text.strip():
            yield "'keep_malformed_text' must say in words why such texts may be kept"
        if self.trigger is not None and (self.files is None or not self.trigger.strip()):
            yield "'trigger' must be the name of a file and needs \"files\": \"folder\""
        sections = [name for name in DELIMITERS if getattr(self, name) is not None]
        if len(sections) > 1:
            yield f'only one of csv, tsv and pipe can describe the files, got {" and ".join(sections)}'
        yield from _type_messages(self.types)
        yield from _ownership_messages(self.takes_over, self.no_longer_protected)

    @property
    def trigger_name(self) -> str:
        """Return the name of the file that completes a folder."""
        return self.trigger or DEFAULT_TRIGGER

    def delimited(self) -> DelimitedSection:
        """Return how delimited text is written, with the delimiter settled; comma-separated when nothing says more."""
        for name, usual in DELIMITERS.items():
            section: DelimitedSection | None = getattr(self, name)
            if section is not None:
                # A tab is often written as backslash and t, which a JSON text keeps as two characters.
                return replace(section, delimiter=(section.delimiter or usual).replace('\\t', '\t'))
        return DelimitedSection(delimiter=DELIMITERS['csv'])


def parse_input(raw: object, findings: Findings) -> InputSpec | None:
    """Return the input_spec, or record every reason why not and return None."""
    return parse_record(InputSpec, raw, 'input_spec', findings)


def choose_format(file_name: str, spec: InputSpec) -> Format:
    """Return the format of a file: fixed width or Parquet when the spec says so, else by extension, else delimited.

    An extension of a compression is looked through: `policies.json.gz` is JSON.
    """
    if spec.fixed is not None:
        return Format.FIXED
    if spec.parquet is not None:
        return Format.PARQUET
    name = file_name.lower()
    for extension in COMPRESSIONS:
        name = name.removesuffix(extension)
    return next((found for ending, found in FORMAT_BY_EXTENSION.items() if name.endswith(ending)), Format.DELIMITED)


def default_schema_change(environment: str) -> SchemaChange:
    """Return which changes of columns an environment allows when the workflow does not say."""
    return SCHEMA_CHANGE_BY_ENVIRONMENT.get(environment.lower(), 'strict')


def _is_address(address: str) -> bool:
    match = ADDRESS.fullmatch(address.strip())
    if not match:
        return False
    first_column, first_row, last_column, last_row = match.groups()
    if last_column is None:
        return True
    in_order = (len(first_column), first_column.upper()) <= (len(last_column), last_column.upper())
    return in_order and int(first_row) <= int(last_row)


def _is_encoding(name: str) -> bool:
    try:
        ''.encode(name)
    except (LookupError, ValueError):
        return False
    return True


def _ownership_messages(takes_over: str | None, no_longer_protected: Mapping[str, object]) -> Iterator[str]:
    if takes_over is not None and not WORKFLOW.fullmatch(takes_over):
        yield f"'takes_over' must be a workflow such as Database/Table, got {describe(takes_over)}"
    for column, reason in no_longer_protected.items():
        if not (isinstance(reason, str) and any(map(str.isalnum, reason))):
            yield (f"no_longer_protected.{column}: expected the reason in words why the column need not be protected, "
                   f'got {describe(reason)}')


def _type_messages(types: Mapping[str, object]) -> Iterator[str]:
    for column, kind in types.items():
        if isinstance(kind, str):
            yield from (f'types.{column}: {problem}' for problem in type_problems(kind))
        else:
            yield f"types.{column}: expected a type such as 'decimal(16,2)', got {describe(kind)}"
