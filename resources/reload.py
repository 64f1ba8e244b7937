"""Loads the files of a range of partitions again on AWS, through the queue and locks of all loads; needs `--apply`."""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == '__main__':
    # It starts without an activated environment too.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from lib.packaging.script_environment import FOR_LAKE_ON_AWS, use_environment
    use_environment(('boto3', 'duckdb', 'pyarrow', 'pyiceberg', 'rich'), FOR_LAKE_ON_AWS)

import boto3

from resources.shared.lake_on_aws import add_environment, exit_with, find_environment, find_lake, run_script

if TYPE_CHECKING:
    from lib.executions.record import Execution
    from lib.local_lake.planning.recorded_files import RecordedFile


@dataclass(frozen=True)
class Environment:
    """The buckets, the audit table and the state machine of an environment."""

    collect: str
    scripts: str
    audit: str
    state_machine: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the executions, or only say which; return the exit status."""
    return run_script(_run, _parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description='Load the files that fill a range of partitions again, in the order '
                                     'of their landing. Without --apply, only say which.')
    add_environment(parser)
    parser.add_argument('workflow', help='Database/Table')
    parser.add_argument('--from', dest='first', required=True, metavar='YYYY-MM-DD', help='first partition')
    parser.add_argument('--to', dest='last', required=True, metavar='YYYY-MM-DD', help='last partition')
    parser.add_argument('--name', help='name of this reload (default: the present day, UTC); the same name does not '
                        'start a file twice')
    parser.add_argument('--apply', action='store_true', help='start the executions; without it, only say which')
    return parser


def _run(options: argparse.Namespace) -> int:
    from lib.executions.audit_table import AuditTable
    from lib.executions.starting import Starter
    from lib.local_lake.planning.collected_again import why_missing
    from lib.local_lake.planning.recorded_files import in_range, parse_day
    first, last = parse_day('--from', options.first), parse_day('--to', options.last)
    environment = _environment(options.environment)
    chosen = in_range(_recorded(options.workflow), first, last)
    landed = _landed(environment.collect, options.workflow)
    found = _in_order(chosen, landed)
    for item in chosen:
        if item not in {recorded for recorded, _ in found}:
            print(f'{item.day}  {item.file}  is {why_missing(item, landed)}; its rows stay as they are')
    name = options.name or f'{datetime.now(UTC):%Y-%m-%d}'
    audit = AuditTable(boto3.resource('dynamodb').meta.client, environment.audit)
    starter = Starter(audit, boto3.client('stepfunctions'))
    # A file that cannot be loaded is told before anything is started.
    for item, execution in [(item, _execution(item, landing, environment, name)) for item, landing in found]:
        status = ''
        if options.apply:
            is_new = audit.add(execution.item(datetime.now(UTC)))
            status = f'  {starter.start_recorded(execution.execution_id)}'
            status += '' if is_new else f' (by the reload {name}, which was there already)'
        print(f'{item.day}  {item.file}  {item.rows:,} rows{status}')
    if not chosen:
        print(f'{options.workflow} has no rows in the partitions from {first} to {last}.', file=sys.stderr)
    elif options.apply:
        print(f'{len(found):,} executions are on record; the audit table shows how they end.')
    else:
        print('Nothing was started. Run again with --apply to load these files again.')
    return 0 if found and len(found) == len(chosen) else 1


def _environment(name: str) -> Environment:
    from lib.glue_job_arguments import state_machine_name
    environment = find_environment(name)
    lake = find_lake(environment)
    return Environment(lake.bucket('collect'), lake.bucket('etl-scripts'), environment.table_name('job-audit'),
                       lake.of_step_functions('stateMachine', state_machine_name(environment)))


def _recorded(workflow: str) -> list[RecordedFile]:
    """Return the files that fill the Cleanse table of a workflow; raises LakeError when there is no such table."""
    from lake_etl import runtime
    from lib.local_lake.planning.recorded_files import recorded_files
    from lib.local_lake.running.table_states import table_of_workflow
    table = table_of_workflow(workflow)
    return recorded_files(workflow, runtime.catalog().partitions(table.database, table.name), ())


def _landed(bucket: str, workflow: str) -> dict[str, Mapping[str, Any]]:
    """Return the objects of a workflow in Collect by their folded keys; its folders count in any letter case."""
    from lake_etl.config.configuration_files import folded
    client, prefixes = boto3.client('s3'), ['']
    for name in workflow.split('/'):
        prefixes = [found for prefix in prefixes for found in _folders(client, bucket, prefix)
                    if folded(found.removeprefix(prefix)) == folded(f'{name}/')]
    return {folded(item['Key']): item for prefix in prefixes
            for page in client.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix)
            for item in page.get('Contents', ())}


def _folders(client: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in client.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix, Delimiter='/'):
        yield from (item['Prefix'] for item in page.get('CommonPrefixes', ()))


def _in_order(chosen: Sequence[RecordedFile], landed: Mapping[str, Mapping[str, Any]]
              ) -> list[tuple[RecordedFile, Mapping[str, Any]]]:
    """Return the files that are in Collect as they were loaded with their objects, the first that landed first."""
    from lake_etl.config.configuration_files import folded
    there = [(item, landed[folded(item.file)]) for item in chosen if folded(item.file) in landed]
    found = [(item, file) for item, file in there if item.is_as_loaded(file['Key'], file['LastModified'])]
    return sorted(found, key=lambda pair: (pair[1]['LastModified'], pair[1]['Key']))


def _execution(item: RecordedFile, landed: Mapping[str, Any], environment: Environment, name: str) -> Execution:
    """Return the execution as the trigger would start it, with an id of its own and the partition that it fills now."""
    from lake_etl.errors import LakeError
    from lib.executions.record import Execution
    from lib.state_machine_trigger.events import CreatedObject
    from lib.state_machine_trigger.scripts_bucket import configuration_in
    from lib.state_machine_trigger.start_plan import plan_for
    created = CreatedObject(environment.collect, landed['Key'], f'{landed["ETag"]} reload {name}',
                            landed['LastModified'], principal='reload')
    plan = plan_for(created, environment.state_machine, configuration_in(boto3.client('s3'), environment.scripts))
    if not isinstance(plan, Execution):
        raise LakeError(f'{landed["Key"]} cannot be loaded again. {plan.reason} Nothing was started.')
    year, month, day = item.partition
    return replace(plan, input=json.dumps({**json.loads(plan.input), 'p_year': year, 'p_month': month, 'p_day': day}))


if __name__ == '__main__':
    exit_with(main)
