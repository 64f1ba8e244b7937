"""Writes the outcomes of quality rules on a table as reports for build servers."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.local_lake.showing.build_reports import CheckCase, CheckRule, LocatedFinding, print_junit, print_sarif
from lib.local_lake.showing.source_lines import line_in_file

FAILED_RULE = CheckRule('quality/failed-rule', 'A table does not pass a data quality rule.',
                        'Correct the data or the rule. See the page docs/data-quality.md.')
WARN = 'warn'
LISTS = {WARN: 'warn_rules', 'quarantine': 'quarantine_rules', 'halt': 'halt_rules'}


@dataclass(frozen=True, kw_only=True)
class JudgedRule:
    """A rule with its outcome.

    action  of a job when the rule fails: warn, quarantine or halt; empty for a rule of a document
    reason  why it failed, without values of rows
    """

    action: str
    rule: str
    passed: bool
    reason: str = ''


def print_rule_report(style: str, file: Path, table: str, stage: str, judged: Sequence[JudgedRule]) -> None:
    """Print a case for each rule as JUnit XML, or a finding for each failed rule as SARIF.

    file  that holds the rules of the stage, in their order
    """
    if style == 'junit':
        print_junit(table, [CheckCase(item.rule, f'{table}.{stage}', () if item.passed else (item.reason,))
                            for item in judged])
    else:
        print_sarif('quality', list(_findings(file, table, stage, judged)))


def _findings(file: Path, table: str, stage: str, judged: Sequence[JudgedRule]) -> Iterator[LocatedFinding]:
    counts: Counter[str] = Counter()
    for item in judged:
        place = f'{stage}.{LISTS[item.action]}[{counts[item.action]}]' if item.action else ''
        counts[item.action] += 1
        if not item.passed:
            yield LocatedFinding(
                rule=FAILED_RULE, level='warning' if item.action == WARN else 'error', file=file, place=item.rule,
                message=f'{item.rule} failed on {table}: {item.reason}', line=line_in_file(file, place))
