"""Decides what a created object starts: an execution with its input, a refusal on record, or nothing."""
from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass

from lake_etl.config.configuration_files import Read, entity_match_file
from lake_etl.errors import LakeError
from lake_etl.landing.arrival import as_configured, landing_dependencies, landing_spec, started_by
from lake_etl.landing.location import Landing, execution_id
from lib.executions.record import Execution
from lib.state_machine_trigger.events import CreatedObject

LONGEST_NAME = 80
LENGTH_OF_ID = 36


@dataclass(frozen=True)
class Refusal:
    """A file that cannot be loaded, and the reason."""

    execution_id: str
    key: str
    reason: str


@dataclass(frozen=True)
class Nothing:
    """An object that starts nothing now; `wrong` when it should not be there."""

    reason: str
    wrong: bool


def plan_for(created: CreatedObject, state_machine: str, read: Read) -> Execution | Refusal | Nothing:
    """Return what an object starts.

    state_machine  ARN
    read           gives a configuration file by its name, such as `transformation-spec/Gen-Policy.json`, or None
    """
    if created.key.endswith('/'):
        return Nothing('It marks a folder.', wrong=True)
    identity = execution_id(f'{created.bucket}/{created.key}', created.version)
    try:
        landing = started_by(created.key, created.landed,
                             lambda database, table: landing_spec(database, table, read))
        if landing is None:
            return Nothing('It is a part of a folder that is not complete yet.', wrong=False)
        return _execution(created, as_configured(landing, read), state_machine, identity, read)
    except LakeError as error:
        return Refusal(identity, created.key, str(error))


def _execution(created: CreatedObject, landing: Landing, state_machine: str, identity: str, read: Read) -> Execution:
    return Execution(
        execution_id=identity, name=execution_name(landing.base_file_name, identity), state_machine=state_machine,
        source_key=landing.workflow, input=_input(created, landing, identity, read), landed=created.landed,
        principal=created.principal, source_address=created.source_address,
        dependencies=landing_dependencies(landing.database, landing.table, read))


def execution_name(file_name: str, identity: str) -> str:
    """Return a valid name for Step Functions that contains the name of the file."""
    stem = re.sub('[^A-Za-z0-9_-]', '', posixpath.basename(file_name))[:LONGEST_NAME - LENGTH_OF_ID - 1] or 'file'
    return f'{stem}-{identity}'


def _input(created: CreatedObject, landing: Landing, identity: str, read: Read) -> str:
    year, month, day = landing.partition
    return json.dumps({
        'target_database_name': landing.database,
        'source_bucketname': created.bucket,
        'source_key': landing.workflow,
        'source_path': landing.source_path,
        'base_file_name': landing.base_file_name,
        'p_year': f'{year:04d}', 'p_month': f'{month:02d}', 'p_day': f'{day:02d}',
        'table_name': landing.table,
        'execution_id': identity,
        'entity_match': read(entity_match_file(landing.database)) is not None,
        'landed_at': created.landed.isoformat(),
    })
