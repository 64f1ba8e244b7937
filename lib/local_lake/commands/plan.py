"""`./lake plan [--against REF]`: says what a change of the configuration does, before any run."""
from __future__ import annotations

import argparse

from lib.local_lake.folders import LakeFolders
from lib.local_lake.planning.effect import PERSONAL
from lib.local_lake.planning.lake_plan import LakePlan, opened_plan
from lib.local_lake.planning.plan_report import plan_document, print_plan
from lib.local_lake.showing.output import print_json

FAILED = 1


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the plan; return 1 if something breaks, or if personal data lose their protection."""
    with opened_plan(folders, options.against) as plan:
        if options.format == 'json':
            print_json(plan_document(plan))
        else:
            print_plan(plan)
            if plan.reloads:
                print('\n./lake apply loads these files again.')
    return FAILED if is_harmful(plan) else 0


def is_harmful(plan: LakePlan) -> bool:
    """Tell whether something breaks, or personal data lose their protection."""
    return any(item.certain for item in plan.comparison.breakages) or any(
        effect.kind in PERSONAL for effect in plan.comparison.effects)
