"""Shows the history of a table on AWS, compares states of it, and takes loads back; changes need `--apply`."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == '__main__':
    # It starts without an activated environment too.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from lib.packaging.script_environment import FOR_LAKE_ON_AWS, use_environment
    use_environment(('boto3', 'duckdb', 'pyarrow', 'pyiceberg', 'rich'), FOR_LAKE_ON_AWS)

import boto3

from resources.shared.lake_on_aws import add_environment, exit_with, find_environment, find_lake, run_script

# Those who ask for a lock wait some seconds for older files to arrive; a correction has no file.
SETTLED = timedelta(minutes=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    return run_script(_run, _parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description='Show the history of a table on AWS, and correct the table. Without '
                                     '--apply, undo and remove only say what they would do.')
    add_environment(parser)
    verbs = parser.add_subparsers(dest='verb', required=True)
    history, undo, diff, remove = (verbs.add_parser(name) for name in ('history', 'undo', 'diff', 'remove'))
    for verb in (history, undo, diff):
        verb.add_argument('table', help='such as syntheticgeneraldata.policydata')
    history.add_argument('--last', type=int, default=20, help='how many changes (default: 20)')
    undo.add_argument('partition', nargs='?', help='only this one, such as 2026/03/04')
    undo.add_argument('--to', help='return to the state in which this run left the table')
    diff.add_argument('--from', dest='earlier', help='run that left the earlier state (default: before the latest)')
    diff.add_argument('--to', dest='later', help='run that left the later state (default: the present)')
    diff.add_argument('--key', help='columns that identify a row, with commas between them (default: of an entity '
                      'match the key by which it merges)')
    remove.add_argument('file', help='name of the file, or its path below Collect')
    remove.add_argument('--workflow', required=True, help='Database/Table')
    remove.add_argument('--by-file', action='store_true', help='the workflow has the load_mode by_file')
    for verb in (history, diff):
        verb.add_argument('--format', choices=['table', 'csv', 'json'], default='table')
    for verb in (undo, remove):
        verb.add_argument('--apply', action='store_true', help='change the table; without it, only say what would be')
        verb.add_argument('--allow-unprotected', action='store_true', help='also if columns that are protected now '
                          'were not protected then')
    return parser


def _run(options: argparse.Namespace) -> int:
    from lake_etl.publish.match_undo import is_of_match, merge_key
    from lake_etl.publish.undo import find_table, read_recorded
    from lib.local_lake.running.table_states import compare_runs, table_of_workflow
    from lib.local_lake.showing.table_changes import print_diff, print_history
    environment = find_environment(options.environment)
    retention = timedelta(hours=environment.retention_hours)
    table = table_of_workflow(options.workflow) if options.verb == 'remove' else find_table(options.table)
    if options.verb == 'history':
        print_history(read_recorded(table), options.last, options.format, retention)
    elif options.verb == 'diff':
        key = ([name.strip() for name in (options.key or '').split(',') if name.strip()]
               or (merge_key(table) if options.key is None and is_of_match(table) else []))
        print_diff(f'{table.database}.{table.name}', compare_runs(
            read_recorded(table), options.earlier, options.later, key, retention), key, options.format)
    elif options.apply:
        with _locked(environment, table):
            _correct(options, table, retention)
    else:
        _correct(options, table, retention)
        print('Nothing was changed. Run again with --apply to do this.')
    return 0


def _correct(options: argparse.Namespace, table: Any, retention: timedelta) -> None:
    """Plan the correction from the present state of the table, and carry it out or only print it."""
    from lake_etl.publish.file_removal import plan_match_removal, plan_removal
    from lake_etl.publish.match_undo import finish_correction, is_of_match
    from lake_etl.publish.undo import plan_undo, publish_correction, read_recorded, require_earlier_files
    from lib.local_lake.showing.table_changes import print_correction
    if is_of_match(table) and options.apply and (finished := finish_correction(table)):
        print(finished)
        return
    recorded = read_recorded(table)
    if options.verb == 'undo':
        correction = plan_undo(recorded, options.partition, options.to, options.allow_unprotected)
    elif is_of_match(table):
        correction = plan_match_removal(recorded, options.file, options.allow_unprotected)
    else:
        correction = plan_removal(recorded, options.file, options.by_file, options.allow_unprotected)
    if options.apply:
        publish_correction(correction, retention)
    else:
        require_earlier_files(correction, retention)
    print_correction(correction, options.apply, retention)


@contextmanager
def _locked(environment: Any, table: Any) -> Iterator[None]:
    """Hold the lock that loads of the table take; raises LakeError if a load holds it or waits for it.

    The claim has the form of an execution that does not exist, so that the lake removes it if this program is killed.
    """
    from lake_etl.errors import LakeError
    from lake_etl.publish.undo import lock_name, new_run
    from lib.executions.running import RunningExecutions
    from lib.glue_job_arguments import state_machine_name
    from lib.table_lock.lock_table import LockTable
    from lib.table_lock.turn import Order
    lake = find_lake(environment)
    if not any(table.location.startswith(f's3://{lake.bucket(kind)}/') for kind in ('cleanse', 'consume')):
        raise LakeError(f'Table {table.database}.{table.name} is in {table.location}, which is not in the environment '
                        f'{environment.name}. Name its environment with --environment. Nothing was changed.')
    claim = lake.of_step_functions('execution', f'{state_machine_name(environment)}:{new_run("correction")}')
    locks = LockTable(boto3.resource('dynamodb').meta.client, environment.table_name('table-lock'),
                      RunningExecutions(boto3.client('stepfunctions')).is_running)
    now, name = datetime.now(UTC), lock_name(table)
    try:
        if locks.acquire(name, claim, Order(now - SETTLED, now - SETTLED), now) is not None:
            raise LakeError(f'A load of {name} is running or waits for its turn. Nothing was changed. Wait for it to '
                            'end, or stop it, and try again.')
        yield
    finally:
        locks.release(name, claim)


if __name__ == '__main__':
    exit_with(main)
