"""Defines the options of the commands that plan, reload and correct, and what all commands share."""
from __future__ import annotations

import argparse
from typing import Any

Verbs = Any  # The class of the object that holds the verbs has no public name.


def add_verb(verbs: Verbs, name: str, summary: str, module: str | None = None) -> argparse.ArgumentParser:
    """Add a command and return its parser.

    module  in `lib/local_lake/commands` that runs it; by default the one of its name
    """
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=summary, description=summary)
    parser.set_defaults(module=module or name)
    return parser


def add_format(parser: argparse.ArgumentParser, *styles: str) -> None:
    """Add the option `--format` with these styles."""
    parser.add_argument('--format', choices=styles or ('table', 'csv', 'json'), default='table',
                        help='how to print the result (default: table); the others are for programs')


def add_planning(verbs: Verbs) -> None:
    """Add the commands that say what a change of the configuration does, and that load files again."""
    plan = add_verb(verbs, 'plan', 'say what a change of the configuration does, before any load')
    apply = add_verb(verbs, 'apply', 'load again what a change of the configuration touches', 'apply_plan')
    for verb in (plan, apply):
        verb.add_argument('--against', metavar='REF', help='git reference or folder to compare with (default: the '
                          'configuration of the last loads or, if it is not on record, HEAD)')
        add_format(verb, 'table', 'json')
    plan.add_argument('--data', action='store_true', help='also run both configurations on a sample, and compare cells '
                      'and amounts')
    plan.add_argument('--rows', type=int, metavar='N', default=1000, help='with --data: lines of each file, if its '
                      'format has lines (default: 1000)')
    apply.add_argument('--yes', action='store_true', help='load without asking')
    reload = add_verb(verbs, 'reload', 'load the files of a range of partitions again, in the order of their loads')
    reload.add_argument('workflow', metavar='DATABASE/TABLE')
    reload.add_argument('--from', dest='first', required=True, metavar='YYYY-MM-DD', help='first partition')
    reload.add_argument('--to', dest='last', required=True, metavar='YYYY-MM-DD', help='last partition')
    reload.add_argument('--dry-run', action='store_true', help='only say what would be loaded')


def add_corrections(verbs: Verbs) -> None:
    """Add the commands that show the history of a table and correct the table."""
    module = 'table_corrections'
    history = add_verb(verbs, 'history', 'list which runs changed a table, the latest first', module)
    history.add_argument('--last', type=int, default=20, metavar='N', help='how many (default: 20)')
    undo = add_verb(verbs, 'undo', 'take back the latest change of a table, or all changes after a run', module)
    undo.add_argument('table', metavar='TABLE', help='a table of the lake')
    undo.add_argument('partition', nargs='?', metavar='PARTITION', help='only this one, such as 2026/03/04')
    undo.add_argument('--to', metavar='RUN', help='return to the state in which this run left the table')
    diff = add_verb(verbs, 'diff', 'compare two states of a table: rows and totals', module)
    diff.add_argument('--from', dest='earlier', metavar='RUN', help='run that left the earlier state (default: the '
                      'state before the latest change)')
    diff.add_argument('--to', dest='later', metavar='RUN', help='run that left the later state (default: the present)')
    diff.add_argument('--key', metavar='COLUMNS', help='columns that identify a row, with commas between them '
                      "(default: those of the rule IsPrimaryKey in the workflow's rules file)")
    remove = add_verb(verbs, 'remove', 'take the rows of one source file out of the Cleanse table of its workflow',
                      module)
    remove.add_argument('file', metavar='FILE', help='name of the file, or its path below Collect')
    remove.add_argument('--workflow', required=True, metavar='DATABASE/TABLE', help='which workflow loaded it')
    for verb in (history, diff):
        verb.add_argument('table', metavar='TABLE', help='a table of the lake')
        verb.add_argument('--format', choices=['table', 'csv', 'json'], default='table')
    for verb in (undo, remove):
        verb.add_argument('--allow-unprotected', action='store_true', help='also if columns that are protected now '
                          'were not protected then')
    keep = add_verb(verbs, 'retention', 'show or set how long superseded files stay and undo is possible', module)
    keep.add_argument('hours', nargs='?', metavar='HOURS', help='such as 720 for 30 days')
