"""`./lake validate [DATABASE/TABLE]`: check configuration files without Spark and without data."""
from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.errors import ConfigurationError, LakeError, Problem
from lake_etl.known_transforms import known_transforms
from lake_etl.spec.file_names import SPEC
from lake_etl.spec.workflow import read_entity_match, read_workflow
from lib.local_lake.folders import LakeFolders

FILES = (('transformation-spec', re.compile(r'(?P<name>.+?)(-dependent)?\.(json|csv)')),
         ('dq-rules', re.compile(r'dq-(?P<name>.+)\.json')),
         ('transformation-sql', re.compile(r'(spark|athena|redshift)-(?P<name>.+)\.sql')))
ENTITY_MATCH = '-entitymatch.json'
LOG = logging.getLogger(__name__)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print one line for each workflow that is right; raises ConfigurationError with all problems of all others."""
    logging.getLogger('lake_etl').setLevel(logging.WARNING)
    wanted = [options.workflow] if options.workflow else workflows_in(folders.configuration)
    matched = matched_databases(folders.configuration, options.workflow)
    for name in () if options.workflow else files_of_no_workflow(folders.configuration):
        LOG.warning('%s is the file of no workflow, so that nothing reads it; its name has to be that of a database, a '
                    'hyphen and the name of a table.', name)
    if not wanted and not matched:
        raise LakeError(f'There are no configuration files in {folders.configuration}.')
    problems = _match_problems(folders.configuration, matched)
    for workflow in wanted:
        database, slash, table = workflow.partition('/')
        if not (database and slash and table):
            raise LakeError(f"'{workflow}': expected DATABASE/TABLE, such as SyntheticGeneralData/PolicyData.")
        try:
            found = read_workflow(database, table, lambda name: content_of(folders.configuration / name),
                                  known_transforms(), 'Prod', KNOWN_PLACEHOLDERS)
        except ConfigurationError as error:
            problems += error.problems
        else:
            print(f'{workflow}: {len(found.present_files)} files are right.' if found.present_files
                  else f'{workflow}: there are no files, so the defaults apply.')
    if problems:
        raise ConfigurationError(problems)
    return 0


def matched_databases(configuration: Path, workflow: str | None = None) -> list[str]:
    """Return the databases that have an entity match specification; of a workflow only its own."""
    found = (path.name.removesuffix(ENTITY_MATCH) for path in (configuration / SPEC).glob(f'[!.]*{ENTITY_MATCH}'))
    return sorted(name for name in found if workflow is None or name == workflow.partition('/')[0])


def _match_problems(configuration: Path, databases: list[str]) -> list[Problem]:
    """Return what is wrong with the entity match specifications; print a line for each that is right."""
    problems: list[Problem] = []
    for database in databases:
        try:
            read_entity_match(database, lambda name: content_of(configuration / name))
        except ConfigurationError as error:
            problems += error.problems
        else:
            print(f'{database}: the entity match specification is right.')
    return problems


def workflows_in(configuration: Path) -> list[str]:
    """Return `<database>/<table>` of every workflow that has a file, in order."""
    return sorted({name.replace('-', '/', 1) for _, name in _named_files(configuration) if name})


def files_of_no_workflow(configuration: Path) -> list[str]:
    """Return the configuration files whose names are those of no workflow, in order."""
    return sorted(file for file, name in _named_files(configuration) if not name)


def _named_files(configuration: Path) -> Iterator[tuple[str, str]]:
    """Yield each configuration file and the `<database>-<table>` in its name, empty where there is none."""
    for folder, pattern in FILES:
        for path in (configuration / folder).glob('[!.]*.*'):
            match = pattern.fullmatch(path.name)
            if not path.name.endswith(ENTITY_MATCH):
                yield f'{folder}/{path.name}', match['name'] if match and '-' in match['name'].strip('-') else ''


def content_of(path: Path) -> bytes | None:
    """Return a file's bytes, or None when there is no such file."""
    return path.read_bytes() if path.is_file() else None
