"""`./lake contract export|import|check`: data contracts of workflows, in the Open Data Contract Standard."""
from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from lake_etl import runtime
from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.config.configuration_files import configured_name
from lake_etl.config.entries.known import known_forms
from lake_etl.config.reader import configuration_below
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import Workflow, read_workflow
from lake_etl.errors import LakeError, Problem
from lake_etl.ports import Table
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.contracts.configured import configured_contract, unlisted_columns
from lib.local_lake.contracts.contract_file import contract_text, read_contract
from lib.local_lake.contracts.data_contract import Contract
from lib.local_lake.contracts.differences import contract_differences
from lib.local_lake.contracts.document import contract_document
from lib.local_lake.contracts.document_reading import ReadContract, read_document
from lib.local_lake.contracts.workflow_texts import columns_to_finish, workflow_texts
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.proposal_files import write_proposals
from lib.local_lake.showing.build_reports import CheckCase, CheckRule, LocatedFinding, print_junit, print_sarif
from lib.local_lake.showing.output import print_json

DIFFERENCE = CheckRule('contract/difference', 'A data contract and the configuration of its workflow disagree.',
                       'Change the one that is wrong. See the page docs/contracts.md.')
EXPORT, IMPORT = 'export', 'import'
LOG = logging.getLogger(__name__)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Export, import or check a contract; a check returns 1 if there is a difference."""
    logging.getLogger('lake_etl').setLevel(logging.WARNING)
    if options.kind == EXPORT:
        return export_contract(folders, options)
    file = Path(options.file).resolve()
    read = read_document(read_contract(file), file.name, options.table)
    return import_contract(folders, read, options) if options.kind == IMPORT else check(folders, file, read, options)


def export_contract(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the contract of a workflow, or write it to a file."""
    contract, workflow = _configured(folders, options.workflow)
    for sentence in unlisted_columns(workflow):
        LOG.warning('%s', sentence)
    document = contract_document(contract, options.contract_version)
    if options.out:
        write_proposals({Path(options.out): contract_text(document)}, replace=options.force)
        return 0
    text = contract_text(document)
    try:
        text.encode(sys.stdout.encoding or 'utf-8')
    except UnicodeEncodeError:
        text = contract_text(document, plain=True)
    print(text, end='')
    return 0


def import_contract(folders: LakeFolders, read: ReadContract, options: argparse.Namespace) -> int:
    """Write the configuration files of a workflow from a contract; existing files stay unless --force is given."""
    database, table = _parts(options.workflow)
    texts = workflow_texts(database, table, read.contract)
    # What is written must be valid, or nothing is.
    read_workflow(database, table, {name: text.encode() for name, text in texts.items()}.get, known_transforms(),
                  'Prod', KNOWN_PLACEHOLDERS)
    write_proposals({folders.configuration / name: text for name, text in texts.items()}, replace=options.force)
    if read.left_out:
        LOG.warning('Left out, because a workflow has no place for it: %s.', ', '.join(read.left_out))
    for sentence in columns_to_finish(read.contract):
        LOG.warning('To do: %s', sentence)
    return 0


def check(folders: LakeFolders, file: Path, read: ReadContract, options: argparse.Namespace) -> int:
    """Print each difference between a contract and the configuration on one line; return 1 if there is one."""
    name = options.workflow or read.contract.workflow
    if not name:
        raise LakeError(f'{file.name} does not name a workflow. Name it with --workflow DATABASE/TABLE.')
    contract, _ = _configured(folders, name)
    found = list(contract_differences(read, contract, file.name))
    if options.format == 'junit':
        print_junit('contract', [CheckCase(name, 'lake.contract', tuple(map(str, found)))])
    elif options.format == 'sarif':
        print_sarif('contract', [_located(file, problem) for problem in found])
    elif options.format == 'json':
        print_json({'agrees': not found, 'workflow': name, 'differences': [
            {'place': problem.place, 'message': problem.message} for problem in found], 'left_out': read.left_out})
    else:
        _print_differences(name, found, read)
    return 1 if found else 0


def _print_differences(name: str, found: list[Problem], read: ReadContract) -> None:
    for problem in found:
        print(problem)
    if not found:
        print(f'{name}: the configuration agrees with the contract.')
    if read.left_out:
        LOG.warning('Not compared, because a workflow has no place for it: %s.', ', '.join(read.left_out))


def _located(file: Path, problem: Problem) -> LocatedFinding:
    """Return a difference with the first line of the contract that names its column."""
    lines = file.read_text(encoding='utf-8', errors='replace').splitlines()
    named = (number for number, line in enumerate(lines, 1)
             if line.strip().lstrip('- ').replace('"', '').replace("'", '') == f'name: {problem.place}')
    return LocatedFinding(rule=DIFFERENCE, level='error', message=str(problem), file=file, place=problem.place,
                          line=next(named, 1))


def _configured(folders: LakeFolders, name: str) -> tuple[Contract, Workflow]:
    """Return the contract that a workflow's configuration amounts to, and the configuration."""
    database, table = _parts(name)
    read = configuration_below(str(folders.configuration))
    transforms = known_transforms()
    workflow = read_workflow(database, table, read, transforms, 'Prod', KNOWN_PLACEHOLDERS)
    if not workflow.present_files:
        raise LakeError(f'There are no configuration files of {name} in {folders.configuration}.')
    database, table = configured_name(database, table, read)
    return configured_contract(database, table, workflow, protection_by_transform(transforms, known_forms()),
                               _published(folders, database, table)), workflow


def _published(folders: LakeFolders, database: str, table: str) -> Table | None:
    return runtime.catalog().table(database.lower(), table.lower()) if folders.database_file.exists() else None


def _parts(workflow: str) -> tuple[str, str]:
    database, _, table = workflow.partition('/')
    if not database.strip() or not table.strip() or '/' in table:
        raise LakeError(f"'{workflow}': expected DATABASE/TABLE, such as SyntheticGeneralData/PolicyData.")
    return database, table
