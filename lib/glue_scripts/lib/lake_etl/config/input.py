"""The input_spec of a workflow: the format of its files, and how to read them."""
from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from lake_etl.config.controls import ControlsSection
from lake_etl.config.encryption import PgpSection
from lake_etl.config.formats.cobol_format import COBOL
from lake_etl.config.formats.delimited_format import DELIMITERS, DelimitedSection
from lake_etl.config.formats.input_format import FORMAT_KEYS, InputFormat, formats_by_key
from lake_etl.config.input_formats import InputSections
from lake_etl.config.record_types import RecordsSection, records_messages
from lake_etl.syntax.records import Findings, describe, parse_record
from lake_etl.syntax.regex_backtracking import python_pattern_problems
from lake_etl.syntax.type_text import type_problems

SchemaChange = Literal['permissive', 'evolve', 'reorder', 'strict']
HashText = Literal['as_written', 'as_inferred']
AS_WRITTEN, AS_INFERRED = get_args(HashText)
SCHEMA_CHANGE_BY_ENVIRONMENT: Mapping[str, SchemaChange] = {'dev': 'permissive', 'test': 'reorder'}
DEFAULT_TRIGGER = '_SUCCESS'
UTF_8 = 'utf-8'
RETENTION = re.compile(r'[1-9]\d{0,5} [hdwmy]')
# What AWS Glue stores as the owner of a table.
LONGEST_OWNER, ONE_LINE = 255, re.compile(r'[^\x00-\x1f\x7f-\x9f\u2028\u2029]+')
WORKFLOW = re.compile(r'[^/]*[^/\s][^/]*/[^/]*[^/\s][^/]*')


@dataclass(frozen=True, kw_only=True)
class InputSpec(InputSections):
    """The options of a workflow for its input.

    table_description      description of the Cleanse table in the catalog
    owner                  who answers questions about the tables of the workflow, such as a team with its mail
                           address, in one line
    takes_over             the workflow, as "Database/Table", that has filled the Cleanse table until now
    no_longer_protected    columns that earlier loads protected and that need no protection anymore, each with the
                           reason, such as {"TaxId": "company numbers, which are public"}
    left_unprotected       columns that look personal and stay in clear text, each with the reason, such as
                           {"LastName": "the entity match compares it"}
    retention              how long rows are to be kept, such as `10 y`, with the units h, d, w, m and y; for contracts,
                           the lake deletes nothing
    allow_schema_change    which changes of the published columns a load may make; when left out, those that the
                           environment allows
    strict_schema_mapping  whether a mapped column that the source lacks is an error
    types                  types of columns that are not inferred, such as {"Policy No": "string"}
    infer_types            whether to infer types at all
    load_mode              `replace`: a load replaces its partition; `by_file`: it replaces only rows of the same file
    file_key               regular expression whose match, or first group, in a file's name identifies the file under
                           `by_file`, so that `claims_v2.csv` replaces `claims.csv`: `^(.*?)(_v[0-9]+)?\\.csv$`
    max_row_change         limit, in percent, for the change in the number of rows that a load replaces, such as 50; a
                           load beyond it stops. When left out, changes are reported and never stop a load
    controls               row counts and sums that the sender states; a load that differs from them stops
    pgp                    the secrets that decrypt the files; when left out, encrypted files are refused
    records                several record types in one file of text, each of which fills a table of its own or is
                           nested in its parent
    files                  `folder`: all files of a folder are one load, complete when the file `trigger` arrives
    trigger                name of that file; `_SUCCESS` when left out
    multiline              whether quoted values of delimited text contain line breaks; `auto` detects it
    encoding               encoding of text files
    on_undecodable         what to do with bytes of a text file that are not in its encoding: `refuse` the file, or
                           `replace` them by U+FFFD and count the rows
    null_values            texts that stand for null
    hash_text              what `hash` and `tokenize` hash of a value in delimited text: `as_written` hashes the text,
                           `as_inferred` the value that Spark infers, so that 0123 is hashed as 123; when left out, as
                           the lake is set, which is `as_written` by default
    keep_malformed_text    the reason why values and raw text of malformed rows may be kept although the workflow
                           protects personal data; when left out, they are not kept
    skip_rows              number of lines to skip above the header
    skip_footer            number of lines to skip at the end of the file, such as totals; blank lines do not count
    row_filter             condition in SQL on the source's columns, which are text, such as "Policy <> 'Total'"; rows
                           for which it is false are left out before types are inferred
    """

    table_description: str | None = None
    owner: str | None = None
    takes_over: str | None = None
    no_longer_protected: dict[str, str] = field(default_factory=dict)
    left_unprotected: dict[str, str] = field(default_factory=dict)
    retention: str | None = None
    allow_schema_change: SchemaChange | None = None
    strict_schema_mapping: bool = False
    types: dict[str, str] = field(default_factory=dict)
    infer_types: bool = True
    load_mode: Literal['replace', 'by_file'] = 'replace'
    file_key: str | None = None
    max_row_change: float | None = None
    controls: ControlsSection | None = None
    pgp: PgpSection | None = None
    records: RecordsSection | None = None
    files: Literal['folder'] | None = None
    trigger: str | None = None
    multiline: bool | Literal['auto'] = 'auto'
    encoding: str = UTF_8
    on_undecodable: Literal['refuse', 'replace'] = 'refuse'
    null_values: tuple[str, ...] = ()
    hash_text: HashText | None = None
    keep_malformed_text: str | None = None
    skip_rows: int = 0
    skip_footer: int = 0
    row_filter: str | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        yield from _owner_messages(self.owner)
        if not _is_encoding(self.encoding):
            yield f"'encoding' must be the name of a text encoding such as utf-8, got {describe(self.encoding)}"
        yield from _rows_messages(self.skip_rows, self.skip_footer, self.row_filter)
        yield from _trailer_messages(self.controls, self.skip_footer, self.records)
        yield from self.unused_keys(self.described_formats())
        if self.file_key is not None:
            yield from (f"'file_key': {problem}" for problem in python_pattern_problems(self.file_key))
            if self.load_mode != 'by_file':
                yield "'file_key' needs \"load_mode\": \"by_file\""
        if self.max_row_change is not None and self.max_row_change < 0:
            yield f"'max_row_change' must be a number of percent, 0 or more, got {self.max_row_change}"
        if self.keep_malformed_text is not None and not self.keep_malformed_text.strip():
            yield "'keep_malformed_text' must give the reason in words why such text may be kept"
        if self.trigger is not None and (self.files is None or not self.trigger.strip()):
            yield "'trigger' must be the name of a file and needs \"files\": \"folder\""
        sections = [name for name in DELIMITERS if getattr(self, name) is not None]
        if len(sections) > 1:
            yield f'only one of csv, tsv and pipe can describe the files, got {" and ".join(sections)}'
        yield from self._record_messages()
        yield from _type_messages(self.types)
        if self.takes_over is not None and not WORKFLOW.fullmatch(self.takes_over):
            yield f"'takes_over' must be a workflow such as Database/Table, got {describe(self.takes_over)}"
        yield from _reason_messages('no_longer_protected', self.no_longer_protected, 'needs no protection')
        if self.retention is not None and not RETENTION.fullmatch(self.retention):
            yield f"'retention' must be a number and one of hdwmy such as '10 y', got {describe(self.retention)}"
        yield from _reason_messages('left_unprotected', self.left_unprotected, 'stays in clear text')

    def _record_messages(self) -> Iterator[str]:
        if self.records is not None:
            section = self.delimited()
            signs = (str(section.delimiter), section.quote_character)
            if self.names_delimiter or self.fixed is not None:
                yield from records_messages(self.records, signs, self.fixed is not None)
            elif not self.described_formats():
                yield "'records' needs a section that says how the lines are written: csv, tsv, pipe or fixed"

    def described_formats(self) -> list[InputFormat]:
        """Return the formats that have a section."""
        return list(dict.fromkeys(found for key, found in formats_by_key(InputSections).items()
                                  if getattr(self, key) is not None))

    def unused_keys(self, formats: Sequence[InputFormat]) -> Iterator[str]:
        """Yield a message for each key that none of these formats uses, with what to do; nothing without a format."""
        used = frozenset[str]().union(*(item.used_keys for item in formats))
        for key, advice in FORMAT_KEYS.items():
            if formats and key not in used and self._is_given(key):
                if key == 'encoding' and COBOL in formats:
                    advice = 'give it in the cobol section'
                yield f"'{key}' does not work for {' or '.join(item.name for item in formats)}; {advice}"

    def _is_given(self, key: str) -> bool:
        """Tell whether a key has a value that differs from what holds without it."""
        value = getattr(self, key)
        if key == 'encoding':
            return not _is_encoding(value) or codecs.lookup(value).name not in (UTF_8, 'utf-8-sig')
        return bool(value) and value not in ('auto', 'refuse', AS_WRITTEN)

    @property
    def trigger_name(self) -> str:
        """Return the name of the file that completes a folder."""
        return self.trigger or DEFAULT_TRIGGER

    def is_side_file(self, name: str) -> bool:
        """Tell whether a file with this name states control totals of other files, and is never loaded itself."""
        side_file = self.controls.side_file if self.controls else None
        return side_file is not None and side_file.is_side_file(name)

    @property
    def names_delimiter(self) -> bool:
        """Tell whether there is a section for delimited text, which names the delimiter."""
        return any(getattr(self, name) is not None for name in DELIMITERS)

    def delimited(self) -> DelimitedSection:
        """Return the section for delimited text with its delimiter; without a section, that of comma-separated text."""
        for name, default in DELIMITERS.items():
            section: DelimitedSection | None = getattr(self, name)
            if section is not None:
                # Users often write a tab as "\\t", which JSON reads as a backslash and a t.
                return replace(section, delimiter=(section.delimiter or default).replace('\\t', '\t'))
        return DelimitedSection(delimiter=DELIMITERS['csv'])


def parse_input(raw: object, findings: Findings) -> InputSpec | None:
    """Return the input_spec; records every problem, and returns None if there is one."""
    return parse_record(InputSpec, raw, 'input_spec', findings)


def is_owner(text: str) -> bool:
    """Tell whether a text can be the owner of a table: one line that is not blank, with at most 255 bytes."""
    return bool(text.strip() and ONE_LINE.fullmatch(text)) and len(text.encode('utf-8', 'replace')) <= LONGEST_OWNER


def default_schema_change(environment: str) -> SchemaChange:
    """Return the changes of columns that an environment allows when the workflow does not say."""
    return SCHEMA_CHANGE_BY_ENVIRONMENT.get(environment.lower(), 'strict')


def _is_encoding(name: str) -> bool:
    try:
        ''.encode(name)
    except (LookupError, ValueError):
        return False
    return True


def _owner_messages(owner: str | None) -> Iterator[str]:
    if owner is not None and not is_owner(owner):
        yield (f"'owner' must be one line of text with at most {LONGEST_OWNER} bytes, such as 'Claims data, "
               f"claims-data@example.com', got {describe(owner)}")


def _rows_messages(skip_rows: int, skip_footer: int, row_filter: str | None) -> Iterator[str]:
    for key, count in (('skip_rows', skip_rows), ('skip_footer', skip_footer)):
        if count < 0:
            yield f"'{key}' must not be negative, got {count}"
    if row_filter is not None and not row_filter.strip():
        yield "'row_filter' must be a condition in SQL such as Policy <> 'Total'"


def _trailer_messages(controls: ControlsSection | None, skip_footer: int, records: RecordsSection | None
                      ) -> Iterator[str]:
    if controls is None or controls.trailer is None or skip_footer or records is not None and records.skips:
        return
    if records is None:
        yield "controls: 'trailer' needs 'skip_footer', the number of lines at the end that state totals"
    else:
        yield "controls: 'trailer' needs a record type with \"skip\": true, whose lines state totals, or 'skip_footer'"


def _reason_messages(key: str, reasons: Mapping[str, object], meaning: str) -> Iterator[str]:
    for column, reason in reasons.items():
        if not (isinstance(reason, str) and any(map(str.isalnum, reason))):
            yield f'{key}.{column}: expected the reason in words why the column {meaning}, got {describe(reason)}'


def _type_messages(types: Mapping[str, object]) -> Iterator[str]:
    for column, kind in types.items():
        if isinstance(kind, str):
            yield from (f'types.{column}: {problem}' for problem in type_problems(kind))
        else:
            yield f"types.{column}: expected a type such as 'decimal(16,2)', got {describe(kind)}"
