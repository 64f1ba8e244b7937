"""Plans what a change of the configuration does to a lake: effects, and the files to load again."""
from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lake_etl import runtime
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.config.configuration_files import folded
from lake_etl.config.written_tables import CONSUME
from lake_etl.publish.layout import execution_mark, load_time
from lib.local_lake.folders import LakeFolders
from lib.local_lake.planning.collected_again import find_collected
from lib.local_lake.planning.configured_lake import ConfiguredLake, read_configured_lake
from lib.local_lake.planning.earlier_configuration import earlier_configuration
from lib.local_lake.planning.effect import ConfigurationEffect, Reload
from lib.local_lake.planning.lake_comparison import ConfigurationPlan, compare_lakes, own_effects
from lib.local_lake.planning.needed_reloads import PendingReloads, WorkflowReload, needed_reloads
from lib.local_lake.planning.recorded_files import RecordedFile, recorded_files
from lib.local_lake.progress import Activity, doing
from lib.local_lake.running.collected_files import AUDIT, Dropped, dropped_files
from lib.local_lake.running.loaded_configuration import (
    CONFIGURATION, LoadedConfiguration, configuration_with, read_setting, recall_configuration, workflow_files,
    write_setting)
from lib.local_lake.running.transform_code import present_code, transform_code

PENDING = 'pending reloads'
LAST_LOADS = 'the last loads'
SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class LakePlan:
    """What a change does to a lake.

    compared     with what, in words
    before       folder of the earlier configuration, for as long as the plan is open
    reloads      files to load again, workflows that others read first
    collected    the files in Collect by their folded paths
    notes        sentences on what the plan does not know
    pending      what an earlier `./lake apply` has left
    """

    compared: str
    before: Path
    comparison: ConfigurationPlan
    after: ConfiguredLake
    reloads: Sequence[WorkflowReload] = ()
    collected: Mapping[str, Dropped] = field(default_factory=dict)
    notes: Sequence[str] = ()
    pending: PendingReloads = field(default_factory=PendingReloads)

    @property
    def followers(self) -> Mapping[str, tuple[Reload, tuple[str, ...]]]:
        """Return the workflows that must follow others, also those that an earlier `./lake apply` has left."""
        return {**self.comparison.followers, **self.pending.needs}

    def missing(self, reload: WorkflowReload) -> list[RecordedFile]:
        """Return the files of a reload that cannot be loaded: gone from Collect, or come again for another day."""
        return [item for item in reload.files if find_collected(item, self.collected) is None]


@contextmanager
def opened_plan(folders: LakeFolders, against: str | None) -> Iterator[LakePlan]:
    """Give the plan of a lake.

    against  git reference or folder to compare with; None for the configuration of the last loads or, if the lake does
             not record it, the last commit

    Raises LakeError for an unknown reference.
    """
    code = present_code()
    after = read_configured_lake(folders.configuration, code)
    files = lake_files(folders, after)
    known = {item.configuration for group in files.values() for item in group} - {''}
    with ExitStack() as stack:
        notes: list[str] = []
        if against is None and known:
            compared, before, lake = _last_loads(folders, files, code, stack)
            unknown = sum(not item.configuration for group in files.values() for item in group)
            if unknown:
                notes.append(f'Files that were loaded before the lake recorded its configuration: {unknown:,}. Compare '
                             'with that time by --against, a git reference or a folder.')
            never = [name for name in after.names.values() if not files.get(after.filler(name))]
            if never:
                notes.append(f'Not compared, because the lake has no load of them: {some_of(never)}. Compare them with '
                             'a commit by --against, such as --against HEAD.')
        else:
            earlier = stack.enter_context(earlier_configuration(against, folders.configuration))
            compared, before = earlier.name, earlier.folder
            lake = read_configured_lake(before, transform_code(earlier.code), 'Dev')
            if earlier.uncommitted:
                files_are = 'file is' if earlier.uncommitted == 1 else 'files are'
                notes.append(f'{earlier.uncommitted} configuration {files_are} changed and not committed; the plan is '
                             'about the present files.')
        if not folders.database_file.exists():
            notes.append('There is no lake here, so the plan names no files.')
        if after.circle:
            notes.append(f'{after.circle} So the plan names no views and columns that are made of changed tables.')
        with doing('Comparing configurations'):
            comparison, pending = compare_lakes(lake, after), _read_pending(folders)
            collected = collected_files(folders, after)
        with doing('Finding the files to load again', sum(map(len, files.values())), 'files') as looked_at:
            since = _Since(folders, after, code, looked_at)
            reloads = needed_reloads(comparison, files, since.reload_of, pending,
                                     lambda item: find_collected(item, collected) is not None,
                                     _outdated(folders, after, since))
        yield LakePlan(compared=compared, before=before, comparison=comparison, after=after, reloads=reloads,
                       collected=collected, notes=notes, pending=pending)


def _last_loads(folders: LakeFolders, files: Mapping[str, Sequence[RecordedFile]], code: Mapping[str, str],
                stack: ExitStack) -> tuple[str, Path, ConfiguredLake]:
    """Return the configuration of the earliest of the loads that fill the tables, workflow by workflow."""
    loaded: dict[str, LoadedConfiguration] = {}
    for workflow, group in files.items():
        found = (recall_configuration(folders, item.configuration) for item in group if item.configuration)
        earliest = next((item for item in found if item is not None), None)
        if earliest is not None:
            loaded[workflow] = earliest
    before = stack.enter_context(configuration_with(folders.configuration, loaded))
    codes = dict(code)
    for item in loaded.values():
        codes |= item.code
    return LAST_LOADS, before, read_configured_lake(before, codes, 'Dev')


def lake_files(folders: LakeFolders, configured: ConfiguredLake) -> dict[str, list[RecordedFile]]:
    """Return the files that fill the Cleanse tables of a lake by workflow; nothing if there is no lake."""
    if not folders.database_file.exists():
        return {}
    runs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for run in SqliteItems().scan(folders.items(AUDIT)):
        runs[folded(str(run.get('source_key', '')))].append(run)
    names = {key: str(group[0]['source_key']) for key, group in runs.items()} | dict(configured.names)
    found = {}
    for key, name in names.items():
        database, slash, table = name.partition('/')
        own = slash and '/' not in table and configured.filler(name) == name
        if own and runtime.catalog().table(database.lower(), table.lower()):
            partitions = runtime.catalog().partitions(database.lower(), table.lower())
            found[name] = recorded_files(name, partitions, runs.get(key, ()))
    return found


def some_of(names: Sequence[str]) -> str:
    """Return names for a sentence, and how many more there are."""
    more = len(names) - SHOWN
    return ', '.join(names[:SHOWN]) + (f' and {more:,} more' if more > 0 else '')


class _Since:
    """Tells which reload a file needs because of changes since its own last load."""

    def __init__(self, folders: LakeFolders, after: ConfiguredLake, code: Mapping[str, str], looked_at: Activity):
        self._folders = folders
        self._after = after
        self._code = code
        self._looked_at = looked_at
        self._known: dict[tuple[str, str], Reload | None] = {}

    def reload_of(self, item: RecordedFile) -> Reload | None:
        """Return the reload; None if the lake does not know with which configuration the file was loaded."""
        self._looked_at.advance()
        return self.reload_with(item.workflow, item.configuration)

    def reload_with(self, workflow: str, digest: str) -> Reload | None:
        """Return the reload that a load with the configuration of that digest needs; None if it is not on record."""
        key = workflow, digest
        if key not in self._known:
            self._known[key] = self._compare(*key)
        return self._known[key]

    def _compare(self, workflow: str, digest: str) -> Reload | None:
        loaded = recall_configuration(self._folders, digest) if digest else None
        if loaded is None:
            return None
        if loaded.files == workflow_files(self._folders.configuration, workflow) and loaded.code == self._code:
            return 'none'
        with configuration_with(self._folders.configuration, {workflow: loaded}) as folder:
            before = read_configured_lake(folder, {**self._code, **loaded.code}, 'Dev', folded(workflow))
        names = {*before.with_further_tables(folded(workflow)), *self._after.with_further_tables(folded(workflow))}
        effects = [effect for name in sorted(names) for effect in own_effects(name, before, self._after)]
        database = workflow.partition('/')[0].lower()
        if before.matches.get(database) != self._after.matches.get(database) and database in self._after.matches:
            return 'all'
        return _widest(effects)


def _outdated(folders: LakeFolders, configured: ConfiguredLake, since: _Since) -> list[str]:
    """Return the workflows whose Consume tables an undo has returned to a load with another configuration."""
    if not folders.database_file.exists():
        return []
    digests = {execution_mark(str(run['execution_id'])): str(run.get(CONFIGURATION, ''))
               for run in SqliteItems().scan(folders.items(AUDIT))}
    found = []
    for key, facts in configured.facts.items():
        if facts.consume and not facts.consume.by_partition:
            database, name = key.partition('/')[0], configured.name(key)
            location = max((item.location for item in runtime.catalog().partitions(
                f'{database}{CONSUME}', facts.consume.table)), key=lambda place: str(load_time(place)), default='')
            digest = next((digest for mark, digest in digests.items() if mark in location), '')
            if digest and since.reload_with(name, digest) not in (None, 'none'):
                found.append(name)
    return found


def _widest(effects: Sequence[ConfigurationEffect]) -> Reload:
    found = {effect.reload for effect in effects}
    return 'all' if 'all' in found else 'one' if 'one' in found else 'none'


def collected_files(folders: LakeFolders, configured: ConfiguredLake) -> dict[str, Dropped]:
    """Return the files in Collect by their folded paths, with database and table as the configuration spells them."""
    found = dropped_files(folders.collect, time.time()) if folders.collect.is_dir() else ()
    return {folded(_as_configured(item.key, configured)): item for item in found}


def _as_configured(key: str, configured: ConfiguredLake) -> str:
    """Return the path of a file below Collect with database and table as the configuration spells them."""
    database, table, *rest = [*key.split('/'), '', ''][:max(2, key.count('/') + 1)]
    name = configured.names.get(folded(f'{database}/{table}'), f'{database}/{table}')
    return '/'.join([name, *rest])


def _read_pending(folders: LakeFolders) -> PendingReloads:
    text = read_setting(folders, PENDING)
    if text is None:
        return PendingReloads()
    return PendingReloads({name: (scope, tuple(before)) for name, (scope, before) in json.loads(text).items()})


def remember_pending(folders: LakeFolders, plan: LakePlan) -> None:
    """Store which workflows must follow others, so that the next `./lake apply` goes on where this one stops."""
    write_setting(folders, PENDING, json.dumps(plan.followers))


def forget_pending(folders: LakeFolders) -> None:
    """Store that nothing is left to do."""
    write_setting(folders, PENDING, '')
