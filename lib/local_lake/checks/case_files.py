"""Finds test cases of workflows and reads what they say: source files, dates, lookups, and what is not compared."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from lake_etl.config.configuration_files import folded
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.syntax.records import Findings, describe, parse_record, suggestion
from lake_etl.syntax.text import decode_text
from lib.local_lake.folders import LakeFolders

TESTS, GIVEN, EXPECTED, SETTINGS = 'tests', 'given', 'expected', 'case.yml'
LOOKUPS, TABLES = 'lookups', 'tables'
DEFAULT_DATE = '2026-01-31'
CLEANSE, CONSUME, QUARANTINE, RULES, CONVERSIONS, COLUMNS = (
    'cleanse.csv', 'consume.csv', 'quarantine.csv', 'rules.csv', 'conversions.csv', 'columns.csv')
FAILURE = 'failure.txt'
EXPECTATIONS = (CLEANSE, CONSUME, QUARANTINE, RULES, CONVERSIONS, COLUMNS, FAILURE)


@dataclass(frozen=True)
class CaseSettings:
    """What the file `case.yml` of a case says.

    date          of the partition that the source files load, as YYYY-MM-DD
    dates         other dates, by the name of the source file
    ignore        columns that are not compared in any table, such as those that change with each run
    partial       whether columns that an expected file does not have are left out of the comparison
    fails         whether the load must fail; `expected/failure.txt` has the reason
    multilookups  for each file of a multi-lookup its match columns, by the name of the group
    """

    description: str = ''
    date: str = DEFAULT_DATE
    dates: Mapping[str, Any] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    partial: bool = False
    fails: bool = False
    multilookups: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> Iterator[str]:
        """Yield what is wrong with dates and match columns."""
        for place, day in (('date', self.date), *((f'dates.{name}', day) for name, day in self.dates.items())):
            if not _is_date(day):
                yield f'{place}: expected a date such as {DEFAULT_DATE}, got {describe(day)}'
        for group, columns in self.multilookups.items():
            if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
                yield f'multilookups.{group}: expected a list of match columns, got {describe(columns)}'


@dataclass(frozen=True)
class WorkflowCase:
    """A test case of a workflow, and the folder that holds it."""

    workflow: str
    folder: Path
    settings: CaseSettings = CaseSettings()

    @property
    def name(self) -> str:
        """Return the workflow and the name of the case."""
        return f'{self.workflow}/{self.folder.name}'

    @property
    def given(self) -> Path:
        """Return the folder of source files, lookups and rows of other tables."""
        return self.folder / GIVEN

    @property
    def expected(self) -> Path:
        """Return the folder of expected rows and outcomes."""
        return self.folder / EXPECTED

    @property
    def sources(self) -> list[Path]:
        """Return the source files, and folders where the workflow loads folders, in the order of their names."""
        return [path for path in visible(self.given) if path.name not in (LOOKUPS, TABLES)]

    def date_of(self, source: Path) -> str:
        """Return the date of the partition that a source file loads."""
        return str(self.settings.dates.get(source.name, self.settings.date))


def visible(folder: Path) -> list[Path]:
    """Return the entries of a folder in the order of their names, without those that begin with a dot."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith('.')) if folder.is_dir() else []


def case_folders(folders: LakeFolders, workflows: Sequence[str], wanted: str | None,
                 case: str | None) -> list[tuple[str, Path]]:
    """Return workflow and folder of each case, of the wanted workflow and case only if they are given.

    Raises LakeError when there are none, or when a folder belongs to no workflow.

    workflows  `<database>/<table>` of all workflows that have a configuration
    """
    tests = folders.configuration / TESTS
    known = {folded(name.replace('/', '-', 1)): name for name in workflows}
    if wanted is not None:
        workflow = known.get(folded(wanted.replace('/', '-', 1)))
        if workflow is None or wanted.count('/') != 1:
            raise LakeError(f"'{wanted}' is not a workflow with configuration files in {folders.configuration}"
                            f'{_hint(wanted, workflows)}. Write DATABASE/TABLE, such as {workflows[0]}.'
                            if workflows else f'There are no configuration files in {folders.configuration}.')
        known = {folded(workflow.replace('/', '-', 1)): workflow}
    found = []
    for folder in visible(tests):
        workflow = known.get(folded(folder.name))
        if workflow is None and wanted is None:
            raise LakeError(f'{folder} belongs to no workflow{_hint(folder.name, known.values(), "-")}. Name it after '
                            'a workflow, DATABASE-TABLE, as its configuration files are named.')
        if workflow is not None and folder.is_dir():
            found += [(workflow, place) for place in visible(folder) if place.is_dir()]
    if case is not None:
        names = [place.name for _, place in found]
        found = [(workflow, place) for workflow, place in found if place.name == case]
        if names and not found:
            raise LakeError(f"There is no case '{case}'; there are {', '.join(names)}.")
    if not found:
        place = tests / (wanted.replace('/', '-', 1) if wanted else 'DATABASE-TABLE') / (case or 'CASE')
        whose = f' of {wanted}' if wanted else ''
        raise LakeError(f'There are no test cases{whose} in {tests}. Put a source file into {place / GIVEN}, then type '
                        f'./lake check {wanted or "DATABASE/TABLE"} --record.')
    return found


def read_case(workflow: str, folder: Path) -> WorkflowCase:
    """Return a case; raises ConfigurationError with everything in its folder that has no meaning or no place."""
    findings = Findings(f'{folder.parent.name}/{folder.name}')
    _check_names(folder, (GIVEN, EXPECTED, SETTINGS), '', findings)
    _check_names(folder / EXPECTED, (*EXPECTATIONS, TABLES), f'{EXPECTED}/', findings)
    for place in (f'{GIVEN}/{TABLES}', f'{EXPECTED}/{TABLES}'):
        for path in visible(folder / place):
            if path.suffix.lower() != '.csv' or path.stem.count('.') != 1:
                findings.problem(f'{place}/{path.name}', 'expected the name of a table and .csv',
                                 'such as syntheticgeneraldata.claimdata.csv')
    settings = _settings(folder / SETTINGS, findings)
    case = WorkflowCase(workflow, folder, settings or CaseSettings())
    _check_given(case, findings)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    return case


def _check_names(folder: Path, known: Sequence[str], place: str, findings: Findings) -> None:
    for path in visible(folder):
        if path.name not in known:
            findings.problem(f'{place}{path.name}', 'nothing reads this file or folder',
                             suggestion(path.name, known) or f'there may be {", ".join(known)}')


def _check_given(case: WorkflowCase, findings: Findings) -> None:
    sources = [path.name for path in case.sources]
    if not sources:
        findings.problem(GIVEN, 'there is no source file', 'put the file that the workflow loads into this folder')
    for name in case.settings.dates:
        if name not in sources:
            findings.problem(f'{SETTINGS} dates.{name}', f'there is no source file of that name in {GIVEN}',
                             suggestion(name, sources))
    groups = set()
    for path in visible(case.given / LOOKUPS):
        place = f'{GIVEN}/{LOOKUPS}/{path.name}'
        if path.suffix.lower() == '.csv':
            groups.add(path.stem)
            if path.stem not in case.settings.multilookups:
                findings.problem(place, f"{SETTINGS} does not name the match columns of '{path.stem}'",
                                 f"write 'multilookups: {{{path.stem}: [COLUMN, COLUMN]}}'")
        elif path.suffix.lower() != '.json':
            findings.problem(place, 'expected a JSON file of lookups or a CSV file of a multi-lookup')
    for group in case.settings.multilookups:
        if group not in groups:
            findings.problem(f'{SETTINGS} multilookups.{group}', f'there is no file {GIVEN}/{LOOKUPS}/{group}.csv',
                             suggestion(group, groups))


def _settings(file: Path, findings: Findings) -> CaseSettings | None:
    if not file.is_file():
        return CaseSettings()
    text = decode_text(file.read_bytes(), findings)
    try:
        content = yaml.load(text or '', Loader=yaml.BaseLoader) if text is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        findings.problem(f'{SETTINGS} line {line}', 'the file is not YAML from here on', 'correct the indentation')
        return None
    # Every value is read as text, so that a date stays as it is written.
    content = {key: value == 'true' if value in ('true', 'false') else value
               for key, value in content.items()} if isinstance(content, dict) else content or {}
    found = Findings(f'{findings.file}/{SETTINGS}')
    settings = parse_record(CaseSettings, content, '', found)
    # A key that nothing reads is a mistake here, as no earlier file has one.
    findings.problems += (*found.problems, *(replace(warning, message=warning.message.removesuffix(', ignored'))
                                             for warning in found.warnings))
    return settings


def _is_date(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _hint(name: str, workflows: Any, separator: str = '/') -> str:
    hint = suggestion(name, [workflow.replace('/', separator, 1) for workflow in workflows])
    return f': {hint.rstrip("?")}' if hint else ''
