"""Parses the command line and runs the module of its verb; an error is one paragraph."""
from __future__ import annotations

import argparse
import importlib
import logging
import sys
from pathlib import Path

from lake_etl.reasons.failure import reason_of
from lib.local_lake.command_options import Verbs, add_corrections, add_format, add_planning, add_verb
from lib.local_lake.folders import REPOSITORY, LakeFolders
from lib.local_lake.running.stopping import ending_on_signals, exit_status
from lib.local_lake.screen import harmless_screen, show_everything, speak_own_words

DESCRIPTION = 'The whole data lake on this machine: Collect, Cleanse and Consume without AWS.'
FAILED, INTERRUPTED = 1, 130
# Commands that run another program, which has the screen to itself.
HANDED_ON = ('test_suite', 'lint', 'cdk')


def main(arguments: list[str]) -> int:
    """Run one command; return 0, 1 when it failed, 2 for wrong usage, 130 when it was interrupted.

    A signal that asks the process to end raises SystemExit with its status, such as 143.
    """
    options = parse(arguments)
    if options.module in HANDED_ON:
        return _run(options)
    with harmless_screen(exact_output=getattr(options, 'format', 'table') != 'table'):
        return _run_on_screen(options)


def _run_on_screen(options: argparse.Namespace) -> int:
    _log_to_screen(options.verbose, options.debug)
    speak_own_words(options.debug)
    with ending_on_signals():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    try:
        module = importlib.import_module(f'lib.local_lake.commands.{options.module}')
        folders = LakeFolders.of(options.lake, options.config)
        folders.remove_abandoned_folders()
        _use_catalog(folders)
        return int(module.run(folders, options) or 0)
    except KeyboardInterrupt:
        print('Stopped.', file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except ModuleNotFoundError as error:
        if options.debug:
            show_everything(error)
        print(f'lake: {_missing_package(error, options.verb)}', file=sys.stderr)
        return FAILED
    except Exception as error:
        if (status := exit_status()) is not None:
            return status
        if options.debug:
            show_everything(error)
        print(f'lake: {reason_of(error)}', file=sys.stderr)
        return FAILED


def _missing_package(error: ModuleNotFoundError, verb: str) -> str:
    """Return which package is missing, and how to get it."""
    package = (error.name or '').partition('.')[0]
    if Path(sys.prefix).parent == REPOSITORY:
        advice = f'Remove the folder {sys.prefix}, then type ./lake {verb}: it installs everything again'
    else:
        advice = f'Type ./lake {verb} in {REPOSITORY}: it installs what the command needs, and uses it'
    return f'The Python package {package} is not installed for {sys.executable}. {advice}.'


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of a command line; raises SystemExit after the help, or after a sentence on wrong usage.

    This module imports the standard library and modules of the lake that need nothing else, so that `./lake` can call
    this function before anything is installed.
    """
    options = build_parser().parse_args(arguments)
    if options.module in HANDED_ON and arguments[-2:-1] == [options.verb] and arguments[-1] in ('-h', '--help'):
        options.print_help()
        raise SystemExit(0)
    return options


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs and options."""
    parser = argparse.ArgumentParser(prog='./lake', description=DESCRIPTION)
    parser.add_argument('--lake', metavar='DIR', default='.lake', help='folder of the lake (default: .lake)')
    parser.add_argument('--config', metavar='DIR', help='folder with transformation-spec, transformation-sql and '
                        "dq-rules (default: the repository's)")
    parser.add_argument('--verbose', action='store_true', help='show what the jobs log')
    parser.add_argument('--debug', action='store_true', help='show the messages of Spark and libraries, '
                        'which may contain values of rows')
    parser.add_argument('--spark', metavar='VERSION', choices=['3.5', '4.1'], help='3.5 (default) or 4.1')
    verbs = parser.add_subparsers(dest='verb', metavar='COMMAND', required=True)
    _add_loading(verbs)
    _add_looking(verbs)
    _add_configuration(verbs)
    add_corrections(verbs)
    add_planning(verbs)
    _add_upkeep(verbs)
    return parser


def _add_loading(verbs: Verbs) -> None:
    demo = add_verb(verbs, 'demo', 'load the sample data sets and show the results')
    demo.add_argument('--rows', type=int, metavar='N', help='generate sample files of about N rows instead of taking '
                      'the committed ones')
    run = add_verb(verbs, 'run', 'load one file into its Cleanse and Consume tables')
    run.add_argument('file', metavar='FILE')
    run.add_argument('--workflow', required=True, metavar='DATABASE/TABLE', help='which workflow the file belongs to')
    run.add_argument('--date', metavar='YYYY-MM-DD', help='the partition to load (default: today)')
    run.add_argument('--yes', action='store_true', help='load without asking, also where there are warnings')
    retry = add_verb(verbs, 'retry', 'load files of the Collect folder again whose last load failed')
    retry.add_argument('files', nargs='*', metavar='FILE', help='paths below Collect, as ./lake runs shows them '
                       '(default: all that failed)')
    watch = add_verb(verbs, 'watch', 'process files as they are dropped into the Collect folder')
    watch.add_argument('--once', action='store_true', help='process the files that are there and exit')


def _add_looking(verbs: Verbs) -> None:
    add_format(add_verb(verbs, 'tables', 'list the published tables and views'))
    query = add_verb(verbs, 'query', 'run a SQL query on the published tables')
    query.add_argument('sql', metavar='SQL', help='a query as Athena understands it')
    query.add_argument('--out', metavar='FILE', help='write the rows to this file, in the format of its ending: '
                       '.parquet, .arrow or .csv')
    add_format(query)
    attach = add_verb(verbs, 'attach', 'write a DuckDB database for programs that read the tables', 'attach_database')
    attach.add_argument('file', metavar='FILE', help='the database, such as lake.duckdb; an older one is replaced')
    runs = add_verb(verbs, 'runs', 'show the latest runs and how they ended')
    runs.add_argument('--last', type=int, default=20, metavar='N', help='how many (default: 20)')
    runs.add_argument('--controls', action='store_true', help='show the control totals of each stage')
    add_format(runs)
    quality = add_verb(verbs, 'quality', 'check quality rules on a published table, or propose some for it')
    quality.add_argument('words', nargs='+', metavar='[recommend] TABLE', help='a table of the lake; recommend '
                         'proposes a rules file that it passes')
    quality.add_argument('--rules', metavar='FILE', help="rules file or document (default: the workflow's rules file)")
    quality.add_argument('--stage', help='whose rules (default: the stage whose rows the table holds)')
    quality.add_argument('--out', metavar='FILE', help='where to write the proposed rules (default: the screen)')
    add_format(quality, 'table', 'csv', 'json', 'junit', 'sarif')
    _add_match(verbs)
    docs = add_verb(verbs, 'docs', 'write pages of tables, columns, lineage, rules and runs, for a browser')
    docs.add_argument('--out', metavar='DIR', help='folder of the pages (default: lake-docs)')
    docs.add_argument('--serve', action='store_true', help='serve the pages on this machine; a reload shows new runs')
    docs.add_argument('--samples', action='store_true', help='show up to 5 quarantined rows of each rule, without '
                      'columns and values that look personal; read the pages before you pass them on')
    docs.add_argument('--port', type=int, default=8080, metavar='N', help='with --serve (default: 8080)')


def _add_match(verbs: Verbs) -> None:
    match = add_verb(verbs, 'match', 'explain why rows are one person, or write a report of the match')
    kinds = match.add_subparsers(dest='kind', metavar='KIND', required=True)
    explain = kinds.add_parser('explain', help='show which fields agree and what each contributes')
    explain.add_argument('database', metavar='DATABASE')
    explain.add_argument('rows', nargs='+', metavar='ROW', help='one global id or its beginning, or two '
                         'source keys as SYSTEM:KEY')
    report = kinds.add_parser('report', help='write an HTML page of scores, levels and keys for each person')
    report.add_argument('database', metavar='DATABASE')
    report.add_argument('--out', metavar='FILE', help='where to write it (default: DATABASE-entitymatch.html)')


def _add_configuration(verbs: Verbs) -> None:
    validate = add_verb(verbs, 'validate', 'check the configuration files of one workflow, or of all')
    validate.add_argument('workflow', nargs='?', metavar='DATABASE/TABLE')
    validate.add_argument('--data', action='store_true', help='also look for personal data in the published tables of '
                          'the lake, by form and check digits')
    add_format(validate, 'table', 'json', 'junit', 'sarif')
    _add_contract(verbs)
    _add_check(verbs)
    recommend = add_verb(verbs, 'recommend', 'propose a mapping and a specification for a file')
    recommend.add_argument('file', metavar='FILE')
    recommend.add_argument('--workflow', metavar='DATABASE/TABLE', help='write the proposals to the configuration '
                           'folder for this workflow instead of printing them; existing files stay')
    recommend.add_argument('--delimiter', metavar='TEXT', help='between values of delimited text (default: detected)')
    recommend.add_argument('--encoding', metavar='NAME', help='encoding of a text file (default: utf-8), or code page '
                           'of a mainframe extract (default: detected)')
    recommend.add_argument('--copybook', metavar='FILE', help='COBOL copybook of a mainframe extract')
    recommend.add_argument('--record-format', choices=('F', 'FB', 'V', 'VB', 'D'), help='of a mainframe extract '
                           '(default: detected)')
    recommend.add_argument('--sheet', metavar='NAME', help='sheet of a workbook (default: the first)')
    recommend.add_argument('--address', metavar='CELLS', help="first cell or range of a workbook's table (default: A1)")
    recommend.add_argument('--row-tag', metavar='NAME', help='element that is a row of an XML file (default: row)')
    lookup = add_verb(verbs, 'lookup', 'fill the look-up tables')
    kinds = lookup.add_subparsers(dest='kind', metavar='KIND', required=True)
    load = kinds.add_parser('load', help='load single-value look-ups from a JSON file')
    load.add_argument('source_system', metavar='SOURCE_SYSTEM')
    load.add_argument('file', metavar='FILE.json')
    multi = kinds.add_parser('load-multi', help='load a multi-value look-up from a CSV file')
    multi.add_argument('group', metavar='GROUP')
    multi.add_argument('file', metavar='FILE.csv')
    multi.add_argument('columns', nargs='+', metavar='COLUMN', help='columns whose values are looked up')


def _add_check(verbs: Verbs) -> None:
    check = add_verb(verbs, 'check', 'run the test cases of one workflow, or of all, and name each cell that differs')
    check.add_argument('workflow', nargs='?', metavar='DATABASE/TABLE')
    check.add_argument('--case', metavar='NAME', help='only the case of this name')
    check.add_argument('--record', action='store_true', help='write what a run gives as the expectations of cases that '
                       'have none')
    check.add_argument('--update', action='store_true', help='show how a run differs from the expectations, and then '
                       'overwrite them')
    check.add_argument('--junit', metavar='FILE', help='also write the result as JUnit XML to a file')
    add_format(check, 'table', 'junit')


def _add_contract(verbs: Verbs) -> None:
    contract = add_verb(verbs, 'contract', 'export, import or check a data contract in the Open Data Contract Standard')
    kinds = contract.add_subparsers(dest='kind', metavar='KIND', required=True)
    export = kinds.add_parser('export', help='write the contract that the configuration of a workflow amounts to')
    export.add_argument('workflow', metavar='DATABASE/TABLE')
    export.add_argument('--out', metavar='FILE', help='where to write it (default: the screen)')
    export.add_argument('--contract-version', metavar='VERSION', default='1.0.0', help='version of the contract '
                        '(default: 1.0.0)')
    importing = kinds.add_parser('import', help='write mapping, specification and rules of a workflow from a contract')
    check = kinds.add_parser('check', help='say where a contract and the configuration of a workflow differ')
    check.add_argument('--workflow', metavar='DATABASE/TABLE', help='which workflow (default: the one that an exported '
                       'contract names)')
    importing.add_argument('--workflow', required=True, metavar='DATABASE/TABLE', help='which workflow to write')
    for kind in (importing, check):
        kind.add_argument('file', metavar='FILE', help='a contract in YAML or JSON')
        kind.add_argument('--table', metavar='NAME', help='which table of a contract that describes several')
    for kind in (export, importing):
        kind.add_argument('--force', action='store_true', help='overwrite existing files')
    add_format(check, 'table', 'json', 'junit', 'sarif')


def _add_upkeep(verbs: Verbs) -> None:
    clean = add_verb(verbs, 'clean', 'remove files of loads that neither a table nor undo needs')
    clean.add_argument('--superseded', action='store_true', help='also remove files that ./lake undo still needs')
    clean.add_argument('--all', action='store_true', help='remove the whole lake')
    clean.add_argument('--yes', action='store_true', help='with --all: remove the files in Collect without asking')
    _passed_on(verbs, 'test', 'run the test suite, or with --real the jobs on a real cluster; further arguments go to '
               'pytest', 'test_suite')
    completion = add_verb(verbs, 'completion', 'print the script that completes commands and options with the Tab key')
    completion.add_argument('shell', choices=('bash', 'zsh'), help='your shell')
    add_verb(verbs, 'lint', 'run the code checks: style, order of imports, types, unused code')
    _passed_on(verbs, 'cdk', 'deploy the lake to AWS; further arguments go to the CDK command line', 'cdk')


def _passed_on(verbs: Verbs, name: str, summary: str, module: str) -> None:
    # No argument counts as an option here: all are passed on unchanged.
    parser = verbs.add_parser(name, help=summary, description=summary, prefix_chars='\0', add_help=False,
                              epilog=f'./lake {name} -- --help shows what the program takes.')
    parser.set_defaults(module=module, print_help=parser.print_help)
    parser.add_argument('arguments', nargs='*', metavar='ARGUMENT', help='passed on unchanged')


def _log_to_screen(verbose: bool, debug: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format='%(asctime)s %(message)s', datefmt='%H:%M:%S', stream=sys.stderr)
    for jobs in ('lake_etl', 'lib.glue_scripts'):
        logging.getLogger(jobs).setLevel(logging.INFO if verbose or debug else logging.WARNING)
    logging.getLogger('lib.local_lake').setLevel(logging.DEBUG if debug else logging.INFO)
    logging.getLogger('py4j').setLevel(logging.ERROR)


def _use_catalog(folders: LakeFolders) -> None:
    from lake_etl import runtime
    runtime.open_catalog(folders.catalog)
