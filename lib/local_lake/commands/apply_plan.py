"""`./lake apply`: loads again what a change of the configuration touches, in order, and goes on after a stop."""
from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, field

from lake_etl.errors import LakeError
from lib.local_lake.commands.plan import is_harmful
from lib.local_lake.folders import LakeFolders
from lib.local_lake.planning.effect import PERSONAL
from lib.local_lake.planning.lake_plan import LakePlan, forget_pending, opened_plan, remember_pending
from lib.local_lake.planning.plan_report import plan_document, print_plan
from lib.local_lake.planning.reloading import ReloadCounts, reload_files
from lib.local_lake.progress import Amount, doing
from lib.local_lake.running.orchestration import Orchestrator
from lib.local_lake.showing.output import print_json

FAILED = 1


@dataclass
class _Progress:
    """What has been loaded so far, and the workflows that are not loaded because of a failure."""

    counts: ReloadCounts = field(default_factory=ReloadCounts)
    stopped: dict[str, str] = field(default_factory=dict)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the plan, ask, and load the files again; return 1 if something is left.

    Raises LakeError if something breaks: loads would fail half-way.
    """
    folders.require_lake()
    with folders.writing():
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        with opened_plan(folders, options.against) as plan:
            if options.format == 'json':
                print_json(plan_document(plan))
            else:
                print_plan(plan)
            if broken := [item for item in plan.comparison.breakages if item.certain]:
                raise LakeError(f'Nothing was loaded, because {len(broken)} places would break. Correct them first; '
                                './lake plan lists them.')
            if not plan.reloads:
                forget_pending(folders)
                return 0
            # A program reads the plan from standard output, so everything else goes to the other one.
            with redirect_stdout(sys.stderr) if options.format == 'json' else nullcontext():
                if not _agreed(plan, options.yes):
                    print('Nothing was loaded.')
                    return FAILED
                return _apply(folders, orchestrator, plan)


def _agreed(plan: LakePlan, yes: bool) -> bool:
    """Ask whether to load; where nobody can answer, the answer is no."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print('lake: Add --yes to load these files again without a question.', file=sys.stderr)
        return False
    personal = any(effect.kind in PERSONAL for effect in plan.comparison.effects)
    warned = ' Personal data will be in clear text.' if personal and is_harmful(plan) else ''
    return input(f'\nLoad these files again?{warned} [y/N] ').strip().lower() in ('y', 'yes')


def _apply(folders: LakeFolders, orchestrator: Orchestrator, plan: LakePlan) -> int:
    """Load the files workflow by workflow; what follows a failed workflow is not loaded."""
    remember_pending(folders, plan)
    progress = _Progress()
    print(flush=True)
    total = sum(len(reload.files) for reload in plan.reloads)
    with doing('Loading files again', measure=lambda: Amount(progress.counts.done, total, 'files')):
        for reload in plan.reloads:
            _, before = plan.followers.get(reload.workflow, ('none', ()))
            failed = [name for name in before if name in progress.stopped]
            if failed:
                progress.stopped[reload.workflow] = failed[0]
                print(f'{reload.workflow} is not loaded, because it reads tables of {failed[0]}.', flush=True)
            elif not reload_files(orchestrator, reload.files, plan.collected, progress.counts):
                progress.stopped[reload.workflow] = reload.workflow
    print(f'{progress.counts.loaded:,} of {total:,} files were loaded again.'
          + (' Correct the cause, then ./lake apply goes on with the rest.' if progress.stopped else ''))
    if progress.stopped or not progress.counts.complete:
        return FAILED
    forget_pending(folders)
    return 0
