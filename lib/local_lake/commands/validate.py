"""`./lake validate [DATABASE/TABLE]`: checks configuration files without Spark and without data."""
from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lake_etl import runtime
from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.config.configuration_files import (
    RULES, SPEC, SQL, ConfigurationFiles, configured_name, file_names, folded)
from lake_etl.config.entries.known import known_forms
from lake_etl.config.personal_columns import unprotected_columns, unprotected_warning
from lake_etl.config.reader import configuration_below
from lake_etl.config.rule_conflicts import rule_conflicts
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import Workflow, read_entity_match, read_workflow
from lake_etl.config.written_tables import WrittenTable, find_conflicts, match_tables, workflow_tables
from lake_etl.errors import ConfigurationError, LakeError, Problem
from lake_etl.publish.ownership import chosen_hash_text, hash_warning
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.folders import LakeFolders

FILES = tuple((folder, re.compile(pattern, re.IGNORECASE)) for folder, pattern in (
    (SPEC, r'(?P<name>.+?)(-dependent)?\.(json|csv)'), (RULES, r'dq-(?P<name>.+)\.json'),
    (SQL, r'(spark|athena|redshift)-(?P<name>.+)\.sql')))
ENTITY_MATCH = '-entitymatch.json'
LOG = logging.getLogger(__name__)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print one line for each valid workflow; raises ConfigurationError with all problems of the others."""
    logging.getLogger('lake_etl').setLevel(logging.WARNING)
    read = configuration_below(str(folders.configuration))
    wanted = [options.workflow] if options.workflow else workflows_in(folders.configuration)
    matched = matched_databases(folders.configuration, options.workflow)
    for name in () if options.workflow else files_of_no_workflow(folders.configuration):
        LOG.warning('%s belongs to no workflow, so nothing reads it. Name it after a database and a table, with a '
                    'hyphen between them.', name)
    if not wanted and not matched:
        raise LakeError(f'There are no configuration files in {folders.configuration}.')
    filled: list[WrittenTable] = []
    problems = _match_problems(read, matched, filled)
    for workflow in wanted:
        problems += _workflow_problems(folders, read, workflow, filled)
    problems += find_conflicts(filled)
    if problems:
        raise ConfigurationError(problems)
    return 0


def _workflow_problems(folders: LakeFolders, read: ConfigurationFiles, workflow: str,
                       filled: list[WrittenTable]) -> Sequence[Problem]:
    """Return the problems of a workflow; print a line for a valid one, and add the tables that it fills."""
    database, slash, table = workflow.partition('/')
    if not (database and slash and table):
        raise LakeError(f"'{workflow}': expected DATABASE/TABLE, such as SyntheticGeneralData/PolicyData.")
    try:
        found = read_workflow(database, table, read, known_transforms(), 'Prod', KNOWN_PLACEHOLDERS)
    except ConfigurationError as error:
        return error.problems
    name = '/'.join(configured_name(database, table, read))
    print(f'{name}: {len(found.present_files)} files are valid.' if found.present_files
          else f'{name}: no configuration files, so the defaults apply.')
    filled += workflow_tables(database, table, found)
    for problem in _warnings(database, table, found):
        LOG.warning('%s', problem)
    if folders.database_file.exists():
        published = runtime.catalog().table(database.lower(), table.lower())
        if warning := hash_warning(published, chosen_hash_text(found, {}), f'{name}: the workflow'):
            LOG.warning('%s', warning)
    return ()


def _warnings(database: str, table: str, workflow: Workflow) -> Iterator[Problem]:
    """Yield what is allowed and probably not meant: personal columns in clear text, and rules against each other."""
    names = file_names(database, table)
    columns = unprotected_columns(workflow, protection_by_transform(known_transforms(), known_forms()))
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


def _match_problems(read: ConfigurationFiles, databases: list[str], filled: list[WrittenTable]) -> list[Problem]:
    """Return the problems of the entity match specifications; print a line for each valid one."""
    problems: list[Problem] = []
    for database in databases:
        try:
            spec = read_entity_match(database, read)
        except ConfigurationError as error:
            problems += error.problems
        else:
            print(f'{database}: the entity match specification is valid.')
            filled += match_tables(database, spec, f'{database}{ENTITY_MATCH}')
    return problems


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
