"""`./lake validate [DATABASE/TABLE]`: checks configuration files without Spark, and without data unless told to."""
from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lake_etl import runtime
from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.config.configuration_files import (
    COPYBOOK_ENDING, RULES, SPEC, SQL, ConfigurationFiles, configured_name, file_names, folded)
from lake_etl.config.entries.known import known_forms
from lake_etl.config.personal_columns import unprotected_columns, unprotected_warning
from lake_etl.config.reader import configuration_below
from lake_etl.config.rule_conflicts import rule_conflicts
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import Workflow, read_entity_match, read_workflow
from lake_etl.config.written_tables import WrittenTable, find_conflicts, match_tables, workflow_tables
from lake_etl.errors import ConfigurationError, LakeError, Problem
from lake_etl.ports import Table
from lake_etl.publish.ownership import chosen_hash_text, hash_warning
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.showing.build_reports import CheckCase, print_junit, print_sarif
from lib.local_lake.showing.located_problems import UNREAD as UNREAD_FILE
from lib.local_lake.showing.located_problems import problem_findings
from lib.local_lake.showing.output import print_json

FILES = tuple((folder, re.compile(pattern, re.IGNORECASE)) for folder, pattern in (
    (SPEC, r'(?P<name>.+?)(-dependent)?\.(json|csv)'), (RULES, r'dq-(?P<name>.+)\.json'),
    (SQL, r'(spark|athena|redshift)-(?P<name>.+)\.sql')))
ENTITY_MATCH = '-entitymatch.json'
UNREAD = ('belongs to no workflow, so nothing reads it. Name it after a database and a table, with a hyphen between '
          'them.')
LOG = logging.getLogger(__name__)


@dataclass
class Validation:
    """What has been found in the configuration files so far.

    valid     each valid workflow or matched database, with a sentence about it
    invalid   the problems of each other one
    warnings  what is allowed and probably not meant
    unread    files that belong to no workflow
    filled    the tables that the workflows fill
    further   writers of tables that files of another workflow fill, which have no files of their own
    present   folded names of the files that valid workflows read
    about     the warnings about each table, by its folded name; those of its files alone, and those of the workflow
              whose files fill it, which knows more of it
    """

    valid: dict[str, str] = field(default_factory=dict)
    invalid: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem | str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    filled: list[WrittenTable] = field(default_factory=list)
    further: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    about: tuple[dict[str, list[Problem]], dict[str, list[Problem]]] = field(default_factory=lambda: ({}, {}))


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print one line for each valid workflow; raises ConfigurationError with all problems of the others.

    In another format than the table everything is printed as one document, and the exit status is 1 if there is a
    problem.
    """
    logging.getLogger('lake_etl').setLevel(logging.WARNING)
    found = validate(folders, options.workflow, getattr(options, 'data', False))
    style = getattr(options, 'format', 'table')
    if style != 'table':
        _print_document(folders, found, style)
        return 1 if found.problems else 0
    for name in found.unread:
        LOG.warning(f'%s {UNREAD}', name)
    for warning in found.warnings:
        LOG.warning('%s', warning)
    for sentence in found.valid.values():
        print(sentence)
    if found.problems:
        raise ConfigurationError(found.problems)
    return 0


def validate(folders: LakeFolders, workflow: str | None, data: bool = False) -> Validation:
    """Check the files of one workflow, or of all; raises LakeError when there are none.

    data  whether to look for personal data in the published tables of the lake too; raises LakeError without a lake
    """
    if data and not folders.database_file.exists():
        raise LakeError(f'validate --data looks at published tables, and there is no lake in {folders.root}. Load the '
                        'tables first, name another lake with --lake, or leave out --data.')
    read = configuration_below(str(folders.configuration))
    wanted = [workflow] if workflow else workflows_in(folders.configuration)
    matched = matched_databases(folders.configuration, workflow)
    found = Validation()
    found.unread += () if workflow else files_of_no_workflow(folders.configuration)
    if not wanted and not matched:
        raise LakeError(f'There are no configuration files in {folders.configuration}.')
    for database in matched:
        _check_match(read, database, found)
    with doing('Checking workflows', len(wanted), 'workflows') as workflows:
        for name in workflows.each(wanted):
            workflows.what = f'Checking {name}'
            _check_workflow(folders, read, name, found, data)
    copybooks = {folded(f'{SPEC}/{name.replace("/", "-", 1)}{COPYBOOK_ENDING}') for name in wanted}
    found.unread = [name for name in found.unread if folded(name) not in found.present | copybooks]
    own, by_other = found.about
    found.warnings += [warning for warnings in {**own, **by_other}.values() for warning in warnings]
    found.problems += find_conflicts(item for item in found.filled if folded(item.writer) not in found.further)
    return found


def _print_document(folders: LakeFolders, found: Validation, style: str) -> None:
    """Print a validation as JSON, JUnit XML or SARIF."""
    unread = [Problem(name, '', UNREAD) for name in found.unread]
    if style == 'json':
        print_json(_document(found))
    elif style == 'junit':
        print_junit('validate', list(_cases(found)), map(str, (*unread, *found.warnings)))
    else:
        warnings = [item for item in found.warnings if isinstance(item, Problem)]
        findings = [*problem_findings(folders.configuration, found.problems, 'error'),
                    *problem_findings(folders.configuration, unread, 'warning', UNREAD_FILE),
                    *problem_findings(folders.configuration, warnings, 'warning')]
        print_sarif('validate', findings, [item for item in found.warnings if isinstance(item, str)])


def _cases(found: Validation) -> Iterator[CheckCase]:
    """Yield a case for each workflow and matched database, and one for the tables that they fill."""
    group, known = 'lake.validate', [problem for problems in found.invalid.values() for problem in problems]
    yield from (CheckCase(name, group) for name in found.valid)
    yield from (CheckCase(name, group, tuple(map(str, problems))) for name, problems in found.invalid.items())
    yield CheckCase('each table is filled by one workflow', group, tuple(
        str(problem) for problem in found.problems if problem not in known))


def _document(found: Validation) -> dict[str, object]:
    """Return a validation for a program."""
    def described(item: Problem | str) -> dict[str, str]:
        return {'message': item} if isinstance(item, str) else asdict(item)
    return {'valid': not found.problems, 'valid_workflows': list(found.valid),
            'problems': [described(item) for item in found.problems],
            'warnings': [described(item) for item in (
                *(Problem(name, '', f'{name} {UNREAD}') for name in found.unread), *found.warnings)]}


def _check_workflow(folders: LakeFolders, read: ConfigurationFiles, workflow: str, found: Validation, data: bool
                    ) -> None:
    """Add the problems of a workflow, or what is known of a valid one: its warnings and the tables that it fills."""
    database, slash, table = workflow.partition('/')
    if not (database and slash and table):
        raise LakeError(f"'{workflow}': expected DATABASE/TABLE, such as SyntheticGeneralData/PolicyData.")
    try:
        read_files = read_workflow(database, table, read, known_transforms(), 'Prod', KNOWN_PLACEHOLDERS)
    except ConfigurationError as error:
        found.invalid[workflow] = error.problems
        found.problems += [problem for problem in error.problems if problem not in found.problems]
        return
    name = '/'.join(configured_name(database, table, read))
    files = len(read_files.present_files)
    found.valid[name] = (f'{name}: {files} files are valid.' if files
                         else f'{name}: no configuration files, so the defaults apply.')
    found.filled += workflow_tables(database, table, read_files)
    found.present |= set(map(folded, read_files.present_files))
    for further, configured in read_files.further_tables.items():
        found.further |= {folded(item.writer) for item in workflow_tables(database, further, configured)}
        values = _personal_values(folders, _published(folders, database, further) if data else None)
        found.about[1][folded(f'{database}/{further}')] = list(_warnings(database, further, configured, values))
    published = _published(folders, database, table)
    values = _personal_values(folders, published if data else None)
    found.about[0][folded(name)] = list(_warnings(database, table, read_files, values))
    if published:
        if warning := hash_warning(published, chosen_hash_text(read_files, {}), f'{name}: the workflow'):
            found.warnings.append(warning)


def _published(folders: LakeFolders, database: str, table: str) -> Table | None:
    return runtime.catalog().table(database.lower(), table.lower()) if folders.database_file.exists() else None


def _personal_values(folders: LakeFolders, table: Table | None) -> dict[str, str]:
    """Return what the values of the columns of a published table seem to be; nothing without a table."""
    if table is None:
        return {}
    from lib.local_lake.showing.personal_values import personal_values  # The only part that needs a query engine.
    return personal_values(folders.catalog, table)


def _warnings(database: str, table: str, workflow: Workflow, values: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is allowed and probably not meant: personal columns in clear text, and rules against each other."""
    names = file_names(database, table)
    columns = unprotected_columns(workflow, table, protection_by_transform(known_transforms(), known_forms()), values)
    if columns:
        yield unprotected_warning(columns, workflow.file(names.spec).rpartition('/')[2])
    if workflow.quality:
        yield from rule_conflicts(workflow.quality, workflow.file(names.quality).rpartition('/')[2])


def matched_databases(configuration: Path, workflow: str | None = None) -> list[str]:
    """Return the databases that have an entity match specification; for a workflow only its own."""
    names = {folded(path.name): path.name for path in sorted((configuration / SPEC).glob('[!.]*.*'))
             if folded(path.name).endswith(ENTITY_MATCH)}
    found = (name[:-len(ENTITY_MATCH)] for name in names.values())
    return sorted(name for name in found if workflow is None or folded(name) == folded(workflow.partition('/')[0]))


def _check_match(read: ConfigurationFiles, database: str, found: Validation) -> None:
    """Add the problems of an entity match specification, or what is known of a valid one."""
    try:
        spec = read_entity_match(database, read)
    except ConfigurationError as error:
        found.invalid[database] = error.problems
        found.problems += [problem for problem in error.problems if problem not in found.problems]
        return
    found.valid[database] = f'{database}: the entity match specification is valid.'
    found.filled += match_tables(database, spec, f'{database}{ENTITY_MATCH}')


def workflows_in(configuration: Path) -> list[str]:
    """Return `<database>/<table>` of every workflow that has a file, in order, each in one spelling."""
    names = {folded(name): name for _, name in sorted(_named_files(configuration), reverse=True) if name}
    return sorted(name.replace('-', '/', 1) for name in names.values())


def files_of_no_workflow(configuration: Path) -> list[str]:
    """Return the configuration files whose names belong to no workflow, in order."""
    return sorted(file for file, name in _named_files(configuration) if not name)


def _named_files(configuration: Path) -> Iterator[tuple[str, str]]:
    """Yield each configuration file and the `<database>-<table>` in its name, empty where there is none."""
    for folder, pattern in FILES:
        for path in (configuration / folder).glob('[!.]*.*'):
            match = pattern.fullmatch(path.name)
            if not folded(path.name).endswith(ENTITY_MATCH):
                yield f'{folder}/{path.name}', match['name'] if match and '-' in match['name'].strip('-') else ''
