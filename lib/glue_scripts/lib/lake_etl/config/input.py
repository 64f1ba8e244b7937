"""The input_spec of a workflow: the format of its files, and how they become rows."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lake_etl.config.formats.delimited_format import DELIMITERS, DelimitedSection
from lake_etl.config.input_formats import InputSections
from lake_etl.syntax.records import Findings, describe, parse_record
from lake_etl.syntax.type_text import type_problems

SchemaChange = Literal['permissive', 'evolve', 'reorder', 'strict']
SCHEMA_CHANGE_BY_ENVIRONMENT: Mapping[str, SchemaChange] = {'dev': 'permissive', 'test': 'reorder'}
DEFAULT_TRIGGER = '_SUCCESS'
WORKFLOW = re.compile(r'[^/]*[^/\s][^/]*/[^/]*[^/\s][^/]*')


@dataclass(frozen=True, kw_only=True)
class InputSpec(InputSections):
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
    max_row_change         by how many percent a load may change the number of rows that it replaces, such as 50; a load
                           that changes it by more stops. When left out, a change is told and never stops
    files                  `folder`: all files of a folder are one load, complete when the file `trigger` arrives
    trigger                name of that file; `_SUCCESS` when left out
    multiline              whether quoted values of delimited text hold line breaks; `auto` finds out
    encoding               encoding of text files
    null_values            texts that stand for no value
    keep_malformed_text    why texts and values of rows that do not fit their format may be kept although the workflow
                           protects personal data; when left out, they are not
    skip_rows              lines above the header that are not read
    """

    table_description: str | None = None
    takes_over: str | None = None
    no_longer_protected: dict[str, str] = field(default_factory=dict)
    allow_schema_change: SchemaChange | None = None
    strict_schema_mapping: bool = False
    types: dict[str, str] = field(default_factory=dict)
    infer_types: bool = True
    load_mode: Literal['replace', 'by_file'] = 'replace'
    max_row_change: float | None = None
    files: Literal['folder'] | None = None
    trigger: str | None = None
    multiline: bool | Literal['auto'] = 'auto'
    encoding: str = 'utf-8'
    null_values: tuple[str, ...] = ()
    keep_malformed_text: str | None = None
    skip_rows: int = 0

    def check(self) -> Iterator[str]:
        """Yield what types cannot express."""
        if not _is_encoding(self.encoding):
            yield f"'encoding' must be the name of a text encoding such as utf-8, got {describe(self.encoding)}"
        if self.skip_rows < 0:
            yield f"'skip_rows' must not be negative, got {self.skip_rows}"
        if self.max_row_change is not None and self.max_row_change < 0:
            yield f"'max_row_change' must be a number of percent, 0 or more, got {self.max_row_change}"
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


def default_schema_change(environment: str) -> SchemaChange:
    """Return which changes of columns an environment allows when the workflow does not say."""
    return SCHEMA_CHANGE_BY_ENVIRONMENT.get(environment.lower(), 'strict')


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
