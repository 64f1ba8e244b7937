"""`./lake plan [--against REF]`: says what a change of the configuration does, before any run."""
from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from lib.local_lake.folders import LakeFolders
from lib.local_lake.planning.effect import PERSONAL
from lib.local_lake.planning.lake_plan import LakePlan, opened_plan
from lib.local_lake.planning.plan_report import plan_document, print_plan, print_sample, sample_document
from lib.local_lake.showing.output import print_json

if TYPE_CHECKING:
    from lib.local_lake.planning.sample_runs import SampleComparison

FAILED = 1


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the plan; return 1 if something breaks, or if personal data lose their protection."""
    with opened_plan(folders, options.against) as plan:
        if options.format == 'json':
            sample = _sample(folders, plan, options)
            print_json({**plan_document(plan), 'sample': sample_document(sample) if sample else None})
        else:
            print_plan(plan)
            if plan.reloads:
                print('\n./lake apply loads these files again.')
            sys.stdout.flush()
            if sample := _sample(folders, plan, options):
                print_sample(sample)
    return FAILED if is_harmful(plan) or sample and sample.failures else 0


def _sample(folders: LakeFolders, plan: LakePlan, options: argparse.Namespace) -> SampleComparison | None:
    """Run both configurations on a sample if that is asked for and something differs."""
    if not options.data or not plan.comparison.changes_data:
        return None
    if not (options.verbose or options.debug):
        logging.getLogger('lake_etl').setLevel(logging.ERROR)    # Loads of a sample warn of what loads have warned of.
    from lib.local_lake.planning.sample_runs import compare_on_sample  # The only part that needs Spark.
    return compare_on_sample(folders, plan, options.rows)


def is_harmful(plan: LakePlan) -> bool:
    """Tell whether something breaks, or personal data lose their protection."""
    return any(item.certain for item in plan.comparison.breakages) or any(
        effect.kind in PERSONAL for effect in plan.comparison.effects)
