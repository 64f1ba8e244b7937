"""Decides what a file that lands in Collect starts: an execution of its own, one of its whole folder, or none yet."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lake_etl.config.configuration_files import Read, configured_name, file_names
from lake_etl.config.dependencies import Dependencies, parse_dependencies
from lake_etl.config.input import InputSpec, parse_input
from lake_etl.landing.location import Landing, read_key
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings


@dataclass(frozen=True)
class Subject:
    """What an execution loads.

    folder  of the landed file, without a slash at its end
    file    the landed file's name; None for all files of the folder, which the landed file completes
    """

    folder: str
    file: str | None


def started_by(key: str, landed: datetime, spec_of: Callable[[str, str], InputSpec]) -> Landing | None:
    """Return what a landed key starts an execution for.

    None for a part of a folder that is not complete yet, and for a side file with control totals.

    spec_of  gives the input_spec of a database and a table

    Raises LakeError for a key that can start nothing, now or later.
    """
    landing = read_key(key, landed)
    return landing if subject_of(key, spec_of(landing.database, landing.table)) else None


def subject_of(key: str, spec: InputSpec) -> Subject | None:
    """Return what a landed key starts an execution of.

    None for a part of a folder whose trigger is yet to come, and for a side file with control totals.
    """
    folder, _, name = key.rpartition('/')
    if spec.is_side_file(name):
        return None
    if spec.files is None:
        return Subject(folder, name)
    return Subject(folder, None) if name == spec.trigger_name else None


def as_configured(landing: Landing, read: Read) -> Landing:
    """Return the landing with database and table as the configuration files spell them, so that records agree.

    Raises ConfigurationError when two files differ by letter case alone.
    """
    database, table = configured_name(landing.database, landing.table, read)
    return replace(landing, database=database, table=table)


def landing_spec(database: str, table: str, read: Read) -> InputSpec:
    """Return the input_spec of a workflow, as far as it decides what starts.

    One that is absent or wrong gives the defaults, under which every file starts an execution: its job then tells what
    is wrong, which nobody would hear of otherwise. Raises ConfigurationError when two files differ by letter case
    alone.
    """
    name = file_names(database, table).spec
    content = read(name)
    findings = Findings(name)
    raw = parse_json_object(content, findings) if content is not None else None
    spec = parse_input(raw['input_spec'], findings) if raw and 'input_spec' in raw else None
    return spec or InputSpec()


def landing_dependencies(database: str, table: str, read: Read) -> Dependencies | None:
    """Return what a workflow waits for, by the names that records have; None when it waits for nothing.

    A file that is wrong makes nothing wait: the job refuses to load with it and tells what is wrong. Raises
    ConfigurationError when two files differ by letter case alone.
    """
    name = file_names(database, table).dependencies
    content = read(name)
    if content is None:
        return None
    findings = Findings(name)
    raw = parse_json_object(content, findings)
    found = None if raw is None else parse_dependencies(raw, findings)
    if found is None:
        return None
    return replace(found, depends_on=tuple(configured_name(*workflow, read) for workflow in found.depends_on))
