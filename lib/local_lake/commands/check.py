"""`./lake check [DATABASE/TABLE]`: runs the test cases of workflows and names each cell that differs."""
from __future__ import annotations

import argparse
import io
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from lake_etl.errors import LakeError
from lib.local_lake.checks.case_files import WorkflowCase, case_folders, read_case
from lib.local_lake.checks.case_run import CaseRunner, opened_runner
from lib.local_lake.checks.expectations import compare, has_expectations, record
from lib.local_lake.commands.validate import workflows_in
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.showing.build_reports import CheckCase, print_junit

FAILED = 1
CHANGING = ('It was recorded, but a second run gives something else. Add columns that change with each run to '
            "'ignore' in case.yml, then record with --update:")


@dataclass(frozen=True)
class CaseResult:
    """How a case ended: the differences that were found, the seconds it took, and whether it was recorded."""

    name: str
    differences: tuple[str, ...]
    seconds: float = 0.0
    recorded: bool = False

    @property
    def failed(self) -> bool:
        """Tell whether the case does not give what it expects."""
        return bool(self.differences) and not self.recorded


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run the cases and print how each ended; return 1 if one failed.

    Raises LakeError when there are no cases, or when --record finds none without expectations.
    """
    recording = bool(options.record or options.update)
    chosen = case_folders(folders, workflows_in(folders.configuration), options.workflow, options.case)
    if options.record and not options.update:
        chosen = _without_expectations(chosen)
    quiet = not (options.verbose or options.debug)
    if quiet:
        # What jobs warn of is part of the outcome that is compared.
        logging.getLogger('lake_etl').setLevel(logging.ERROR)
    started, results = time.monotonic(), []
    with opened_runner(folders) as runner, doing('Running cases', len(chosen), 'cases') as cases:
        warm = time.monotonic()
        for workflow, folder in cases.each(chosen):
            cases.what = f'Running {workflow}/{folder.name}'
            results.append(run_case(runner, folders.configuration, workflow, folder, recording))
            if options.format == 'table':
                _print_result(results[-1])
    if options.format == 'table':
        _print_summary(results, warm - started, time.monotonic() - warm)
    _report(results, options)
    return FAILED if any(result.failed for result in results) else 0


def run_case(runner: CaseRunner, configuration: Path, workflow: str, folder: Path, recording: bool) -> CaseResult:
    """Run one case; a mistake in its files is a difference, so that the other cases run all the same.

    recording  whether what was found becomes what is expected
    """
    started, name = time.monotonic(), f'{workflow}/{folder.name}'
    try:
        case = read_case(workflow, folder)
        outcome = runner.run(case, configuration)
        differences = compare(case, outcome) if has_expectations(case) or not recording else []
        if recording:
            record(case, outcome)
            if outcome.failure:
                differences.append(f'The load fails: {outcome.failure}')
            if changing := compare(case, runner.run(case, configuration)):
                return CaseResult(name, (*differences, CHANGING, *changing), time.monotonic() - started)
    except LakeError as error:
        return CaseResult(name, (str(error),), time.monotonic() - started)
    return CaseResult(name, tuple(differences), time.monotonic() - started, recording)


def _without_expectations(chosen: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Return the cases to record; raises LakeError when all have been recorded."""
    new = [(workflow, folder) for workflow, folder in chosen if not has_expectations(WorkflowCase(workflow, folder))]
    if not new:
        names = ', '.join(f'{workflow}/{folder.name}' for workflow, folder in chosen)
        raise LakeError(f'Nothing was recorded, because there are expectations already: {names}. ./lake check --update '
                        'shows how they differ from a run, and then overwrites them.')
    return new


def _print_result(result: CaseResult) -> None:
    word = 'recorded' if result.recorded else 'failed' if result.differences else 'passed'
    print(f'{word:8} {result.name} ({result.seconds:.1f} s)', flush=True)
    for sentence in result.differences:
        print('\n'.join(f'  {line}' for line in sentence.splitlines()), flush=True)


def _print_summary(results: list[CaseResult], start: float, seconds: float) -> None:
    failed = sum(result.failed for result in results)
    recorded = sum(result.recorded for result in results)
    counts = [(len(results) - failed - recorded, 'passed'), (failed, 'failed'), (recorded, 'recorded')]
    shown = ', '.join(f'{count:,} {word}' for count, word in counts if count)
    print(f'{shown}: {len(results):,} cases in {seconds:.1f} s, after {start:.1f} s to start Spark.')


def _report(results: list[CaseResult], options: argparse.Namespace) -> None:
    """Write JUnit XML to the screen, to a file, or both."""
    cases = [CheckCase(result.name, 'lake.check', result.differences if result.failed else ()) for result in results]
    if options.format == 'junit':
        print_junit('check', cases)
    if options.junit:
        text = io.StringIO()
        print_junit('check', cases, stream=text)
        try:
            Path(options.junit).write_text(text.getvalue(), encoding='utf-8')
        except OSError as error:
            raise LakeError(f'--junit {options.junit}: the file cannot be written: {error.strerror}.') from error
