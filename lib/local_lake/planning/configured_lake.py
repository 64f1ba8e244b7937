"""Reads a configuration folder into values that can be compared with those of another version of it."""
from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.column_lineage.lineage_graph import LineageGraph
from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.config.configuration_files import configured_name, folded
from lake_etl.config.entries.known import known_forms
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.config.personal_columns import unprotected_columns
from lake_etl.config.reader import configuration_below
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import Workflow, read_entity_match, read_workflow
from lake_etl.config.written_tables import CONSUME
from lake_etl.errors import ConfigurationError, LakeError, Problem
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.commands.validate import matched_databases, workflows_in
from lib.local_lake.planning.workflow_facts import WorkflowFacts, workflow_facts
from lib.local_lake.progress import Activity, doing
from lib.local_lake.running.loaded_configuration import workflow_files


@dataclass(frozen=True, kw_only=True)
class ConfiguredLake:
    """A configuration folder as values; all mappings but `matches` are by workflow, `<database>/<table>` folded.

    names      of the workflows as their files are spelled
    facts      what decides on the tables
    personal   columns that look personal and are not protected, with what they seem to be
    problems   of workflows, and of matched databases, that cannot be read
    matches    entity match specifications by database in lower case
    graph      column lineage of all that can be read
    circle     why the lineage of the lake cannot be computed; empty when it can
    unread     digests of the files of what has problems, so that a change of these is noticed all the same
    """

    names: Mapping[str, str] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    facts: Mapping[str, WorkflowFacts] = field(default_factory=dict)
    personal: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    matches: Mapping[str, EntityMatchSpec] = field(default_factory=dict)
    graph: LineageGraph = field(default_factory=LineageGraph)
    circle: str = ''
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def unread_tables(self) -> frozenset[str]:
        """Return the tables that workflows with problems may fill."""
        names = [key.split('/') for key in self.problems if '/' in key]
        return frozenset(name for database, table in names for name in (
            f'{database}.{table}', f'{database}{CONSUME}.{table}'))

    def name(self, workflow: str) -> str:
        """Return a workflow as its files are spelled."""
        return self.names.get(workflow, workflow)

    def filler(self, name: str) -> str:
        """Return the workflow whose files fill the Cleanse table of a name: that workflow, or one of several tables."""
        read = self.workflows.get(folded(name))
        return read.filled_by if read and read.filled_by else name

    def with_further_tables(self, workflow: str) -> list[str]:
        """Return the folded name of a workflow, and those of the other tables that its files fill."""
        return [workflow, *(key for key, read in self.workflows.items() if folded(read.filled_by) == workflow)]


def read_configured_lake(configuration: Path, code: Mapping[str, str], environment: str = 'Prod',
                         only: str | None = None) -> ConfiguredLake:
    """Return the values of a configuration folder.

    code         digest of the code of each transform of the user's own, see `transform_code`
    environment  in `Dev` a transform that does not exist counts as a step of unknown effect, elsewhere as a problem
    only         the one workflow to read, folded; None for all
    """
    read, transforms = configuration_below(str(configuration)), known_transforms()
    protecting = protection_by_transform(transforms, known_forms())
    names: dict[str, str] = {}
    workflows: dict[str, Workflow] = {}
    problems: dict[str, tuple[Problem, ...]] = {}
    matches: dict[str, EntityMatchSpec] = {}
    with _without_warnings(), _told('Reading a configuration', only) as found:
        for workflow in found.each([name for name in workflows_in(configuration) if only in (None, folded(name))]):
            database, _, table = workflow.partition('/')
            key = folded(workflow)
            try:
                names[key] = '/'.join(configured_name(database, table, read))
                workflows[key] = read_workflow(database, table, read, transforms, environment, KNOWN_PLACEHOLDERS)
            except ConfigurationError as error:
                names.setdefault(key, workflow)
                problems[key] = tuple(error.problems)
        for key, read_files in list(workflows.items()):
            for table, further in read_files.further_tables.items():
                name = '/'.join(configured_name(_parts(names[key])[0], table, read))
                names[folded(name)], workflows[folded(name)] = name, further
                problems.pop(folded(name), None)
        for database in matched_databases(configuration):
            try:
                matches[database.lower()] = read_entity_match(database, read)
            except ConfigurationError as error:
                problems[database.lower()] = tuple(error.problems)
    with _told('Tracing columns', only):
        graph, circle = _lineage(names, workflows, matches, protecting)
        return ConfiguredLake(
            names=names, workflows=workflows, problems=problems, matches=matches, graph=graph, circle=circle,
            facts={key: workflow_facts(*_parts(names[key]), workflow, protecting, code)
                   for key, workflow in workflows.items()},
            personal={key: unprotected_columns(workflow, _parts(names[key])[1], protecting)
                      for key, workflow in workflows.items()},
            unread={key: _digest(configuration, names.get(key, key)) for key in problems})


def _digest(configuration: Path, name: str) -> str:
    """Return a digest of the files of a workflow or, for a name without a slash, of the match of a database."""
    try:
        files = workflow_files(configuration, name if '/' in name else f'{name}/')
    except LakeError:
        return ''    # Two files differ by letter case alone; nothing can be said of them.
    return hashlib.sha256(repr(files).encode(errors='surrogateescape')).hexdigest()


def _told(what: str, only: str | None) -> AbstractContextManager[Activity]:
    """Tell what is done with all workflows; one takes so little time that nobody could read it."""
    return doing(what, unit='workflows') if only is None else nullcontext(Activity(what))


def _parts(name: str) -> tuple[str, str]:
    database, _, table = name.partition('/')
    return database, table


def _lineage(names: Mapping[str, str], workflows: Mapping[str, Workflow], matches: Mapping[str, EntityMatchSpec],
             protecting: Mapping[str, bool]) -> tuple[LineageGraph, str]:
    try:
        return trace_lake(LakeConfiguration(
            workflows={_parts(names[key]): workflow for key, workflow in workflows.items()},
            matches=matches, masking=protecting, published={})), ''
    except LakeError as error:
        return LineageGraph(), str(error)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep quiet about what ./lake validate says."""
    logger = logging.getLogger('lake_etl')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
