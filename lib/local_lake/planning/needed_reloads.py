"""Decides which files a plan loads again: those that were not loaded with the present configuration yet."""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lib.local_lake.planning.effect import Reload
from lib.local_lake.planning.lake_comparison import ConfigurationPlan
from lib.local_lake.planning.recorded_files import RecordedFile


@dataclass(frozen=True)
class WorkflowReload:
    """The files of a workflow that must be loaded again, in order.

    reason  `own` configuration, or the tables of `others` that it reads
    """

    workflow: str
    files: tuple[RecordedFile, ...]
    reason: str


@dataclass(frozen=True)
class PendingReloads:
    """Reloads of an earlier `./lake apply` that did not end: workflows that must follow those that they read.

    needs  which files of each workflow, and which workflows come before
    """

    needs: Mapping[str, tuple[Reload, tuple[str, ...]]] = field(default_factory=dict)


def needed_reloads(plan: ConfigurationPlan, files: Mapping[str, Sequence[RecordedFile]],
                   reload_since: Callable[[RecordedFile], Reload | None], pending: PendingReloads,
                   is_there: Callable[[RecordedFile], bool], outdated: Collection[str] = ()) -> list[WorkflowReload]:
    """Return the files to load again by workflow, workflows that others read first.

    files         that fill the tables, by workflow
    reload_since  which reload a file needs since its own last load; None if the record does not tell it
    is_there      tells whether a file can be loaded again, because Collect still has it
    outdated      workflows whose Consume tables are of loads with another configuration, because of an undo
    """
    found: list[WorkflowReload] = []
    followers = {**plan.followers, **pending.needs}
    for workflow in plan.order:
        own = plan.reloads.get(workflow, 'none')
        chosen = _own(own, files.get(workflow, ()), reload_since, is_there)
        if not chosen and workflow in outdated:
            chosen = _last(files.get(workflow, ()), is_there)
        reason = 'own'
        if workflow in followers:
            scope, before = followers[workflow]
            changed = {item.workflow for item in found if any(map(is_there, item.files))} & {*before}
            more = _following(scope, files.get(workflow, ()), changed, _latest(before, files), is_there)
            if len(more) > len(chosen):
                chosen, reason = more, reason if chosen else 'others'
        if chosen:
            found.append(WorkflowReload(workflow, tuple(chosen), reason))
    return found


def _own(scope: Reload, files: Sequence[RecordedFile], reload_since: Callable[[RecordedFile], Reload | None],
         is_there: Callable[[RecordedFile], bool]) -> list[RecordedFile]:
    """Return the files that a change of the workflow's own configuration touches."""
    needs = {item: reload_since(item) for item in files}
    all_files = [item for item in files if needs[item] == 'all' or (needs[item] is None and scope == 'all')]
    if all_files:
        return all_files
    # One load fills the table anew, so that one with the present configuration is enough.
    outdated = [item for item in files if needs[item] == 'one' or (needs[item] is None and scope == 'one')]
    return _last(outdated, is_there) if len(outdated) == len(files) else []


def _last(files: Sequence[RecordedFile], is_there: Callable[[RecordedFile], bool]) -> list[RecordedFile]:
    """Return the last file that can be loaded, or else the last one, which is told then."""
    return ([item for item in files if is_there(item)] or [*files])[-1:]


def _latest(before: Iterable[str], files: Mapping[str, Sequence[RecordedFile]]) -> str:
    """Return when the last load of these workflows ended; empty if no load is on record."""
    return max((item.ended for name in before for item in files.get(name, ())), default='')


def _following(scope: Reload, files: Sequence[RecordedFile], changed: Collection[str], latest: str,
               is_there: Callable[[RecordedFile], bool]) -> list[RecordedFile]:
    """Return the files of a workflow that must follow those that it reads.

    changed  workflows among these that are loaded again
    latest   when the last load of these ended
    """
    wanted = files if scope == 'all' else _last(files, is_there)
    return [item for item in wanted if changed or item.started < latest]
