"""`./lake quality [recommend] TABLE`: checks quality rules on a published table, or proposes rules for it."""
from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lake_etl import runtime
from lake_etl.arguments import EXECUTION_COLUMN
from lake_etl.config.quality_rules import STAGES
from lake_etl.dqdl.syntax_tree import AnyRule
from lake_etl.errors import LakeError
from lake_etl.ports import Table
from lake_etl.quality.evaluation.evaluate import evaluate
from lake_etl.quality.evaluation.evaluation_plan import Evaluated
from lake_etl.quality.evaluation.outcomes import RuleOutcome
from lake_etl.quality.gated_load import evaluation_context
from lake_etl.quality.history import MetricHistory
from lake_etl.quality.proposal import proposed_rules
from lake_etl.spark.session import configure
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.laptop_session import is_small, start_session
from lib.local_lake.running.profile import profile
from lib.local_lake.running.proposal_files import write_proposals
from lib.local_lake.running.rules_file import default_stage, read_rules, rules_file_of
from lib.local_lake.running.spark_tasks import running_tasks
from lib.local_lake.showing.build_reports import REPORT_FORMATS
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.rule_report import JudgedRule, print_rule_report

RECOMMEND = 'recommend'
FAILED = 1
# Columns that differ from load to load.
EXCLUDED_COLUMNS = (EXECUTION_COLUMN, 'quarantine_timestamp')


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Evaluate rules and return 1 when one failed, or write a rules file that the table passes."""
    folders.require_lake()
    words = list(options.words)
    recommending = words[0] == RECOMMEND and len(words) > 1
    if len(words) != 1 + recommending:
        raise LakeError(f"'{' '.join(words)}': expected ./lake quality TABLE, or ./lake quality recommend TABLE.")
    if options.stage and options.stage not in STAGES:
        raise LakeError(f"--stage '{options.stage}': expected one of {', '.join(STAGES)}.")
    table = find_table(words[-1])
    return recommend(folders, table, options) if recommending else check(folders, table, options)


def find_table(name: str) -> Table:
    """Return the published table of that name; the database may be left out where the name is unique."""
    tables = tuple(runtime.catalog().tables())
    wanted = name.lower()
    found = [table for table in tables if wanted in (table.name, f'{table.database}.{table.name}')]
    if len(found) == 1:
        return found[0]
    known = ', '.join(f'{table.database}.{table.name}' for table in found or tables)
    reason = f"'{name}' names {len(found)} tables" if found else f"There is no table '{name}'"
    raise LakeError(f'{reason}. Choose one of: {known}.')


def check(folders: LakeFolders, table: Table, options: argparse.Namespace) -> int:
    """Print each rule with its outcome, the reason of a failure, and its metrics."""
    stage = options.stage or default_stage(table)
    file = Path(options.rules) if options.rules else rules_file_of(folders, table)
    rules = read_rules(file, stage)
    outcomes = _outcomes(folders, table, stage, [rule for _, rule in rules])
    judged = [(action, outcome) for (action, _), outcome in zip(rules, outcomes, strict=True)]
    if options.format in REPORT_FORMATS:
        print_rule_report(options.format, file.resolve(), f'{table.database}.{table.name}', stage, [
            JudgedRule(action=action, rule=str(outcome.rule), passed=outcome.passed, reason=outcome.reason)
            for action, outcome in judged])
    else:
        _print_outcomes(table, judged, options.format)
    return FAILED if any(not outcome.passed for outcome in outcomes) else 0


def _print_outcomes(table: Table, judged: Sequence[tuple[str, RuleOutcome]], style: str) -> None:
    """Print a row for each rule, and below a table the reasons of failures."""
    exact = style == 'json'
    rows = [(action, str(outcome.rule), 'Passed' if outcome.passed else 'Failed', outcome.reason or outcome.note,
             outcome.metrics if exact else ', '.join(f'{name} = {value:g}' for name, value in outcome.metrics.items()))
            for action, outcome in judged]
    print_rows(('action', 'rule', 'outcome', 'reason', 'metrics'), rows, style)
    failed = [outcome for _, outcome in judged if not outcome.passed]
    if style == 'table':
        print(f'\n{len(judged) - len(failed)} of {len(judged)} rules passed on {table.database}.{table.name}.')
        for outcome in failed:
            print(f'Failed: {outcome.rule}\n  {outcome.reason}')


def recommend(folders: LakeFolders, table: Table, options: argparse.Namespace) -> int:
    """Propose rules from one query over the table, and write those that the table passes."""
    stage = options.stage or default_stage(table)
    with doing(f'Looking at the values of {len(table.columns):,} columns'):
        rules: list[AnyRule] = list(proposed_rules(profile(folders.catalog, table, EXCLUDED_COLUMNS)))
    outcomes = _outcomes(folders, table, stage, rules)
    passed = [rule for rule, outcome in zip(rules, outcomes, strict=True) if outcome.passed]
    text = rules_file(stage, passed)
    if not options.out:
        print(text, end='')
        return 0
    write_proposals({Path(options.out): text})
    return 0


def rules_file(stage: str, rules: Sequence[AnyRule]) -> str:
    """Return a rules file with the rules as warnings."""
    content = {'convert_single_quotes': False, stage: {'warn_rules': [str(rule) for rule in rules]}}
    return json.dumps(content, indent=4, ensure_ascii=False) + '\n'


def _outcomes(folders: LakeFolders, table: Table, stage: str, rules: Sequence[Evaluated]) -> Sequence[RuleOutcome]:
    """Return the outcome of each rule on the rows of the table."""
    name = f'{table.database}.{table.name}'
    with folders.working_folder() as folder:
        spark = configure(start_session(folder, small_data=is_small(folders, 0)))
        history = MetricHistory(folders.items('dq-results'), name, stage, '')
        context = evaluation_context(spark, table.database, history, datetime.now(UTC))
        with doing(f'Checking {len(rules):,} rules on {name}', measure=running_tasks):
            return evaluate(context.table(name), rules, context)
