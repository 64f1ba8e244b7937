"""Counts how many changes of the sample configuration the recorded test cases notice.

    python3 test/jobs/mutant_campaign.py
    python3 test/jobs/mutant_campaign.py --every 7 --start 3
    python3 test/jobs/mutant_campaign.py --files SyntheticLife

Each mutant has one change. It is noticed if one of the cases of its workflow fails. All cases run in one Spark session.
The exit status is 1 if fewer than 95 % are noticed.
"""
from __future__ import annotations

import sys

if __name__ == '__main__':
    # It starts without an activated environment too.
    from os.path import dirname
    sys.path += [dirname(sys.path[0]), dirname(dirname(sys.path[0]))]
    from lib.packaging.script_environment import FOR_TESTS, use_environment
    use_environment(('pyspark', 'duckdb', 'pytest'), FOR_TESTS)

import argparse
import logging
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configuration_mutants import Mutant, mutants_of

from lib.local_lake.checks.case_files import TESTS
from lib.local_lake.checks.case_run import CaseRunner, opened_runner
from lib.local_lake.commands.check import run_case
from lib.local_lake.commands.validate import workflows_in
from lib.local_lake.folders import KINDS, OWN_CONFIGURATION, LakeFolders

NAME = re.compile(r'(dq-|spark-|athena-|redshift-)?(?P<name>.+?)(-dependent)?\.\w+')
MATCH = '-entitymatch.json'
WANTED = 0.95


@dataclass(frozen=True)
class MutantResult:
    """What became of a mutant: the first difference by which a case noticed it, or none."""

    mutant: Mutant
    difference: str = ''

    @property
    def outcome(self) -> str:
        """Return whether the mutant was noticed, survived, or changes nothing that a run reads."""
        return 'unread' if self.mutant.unread else 'noticed' if self.difference else 'survived'


def cases_of(mutant: Mutant, folder: Path) -> list[tuple[str, Path]]:
    """Return the cases that run for a mutant, in this order: those of its workflow, or of its matched database."""
    name = Path(mutant.file).name
    match = NAME.fullmatch(name)
    wanted = match['name'] if match else name
    prefix = f'{name.removesuffix(MATCH)}-' if name.endswith(MATCH) else None
    found = [(workflow, case) for workflow in workflows_in(folder)
             for case in (folder / TESTS / workflow.replace('/', '-', 1)).glob('*/')
             if (workflow.replace('/', '-', 1).startswith(prefix) if prefix
                 else workflow.replace('/', '-', 1) == wanted)]
    # A small case takes less time, and a large one has more pairs of rows to match.
    return sorted(found, key=lambda item: sum(file.stat().st_size for file in (item[1] / 'given').glob('*')),
                  reverse=prefix is not None)


def run_mutants(mutants: Iterable[Mutant], runner: CaseRunner, folder: Path) -> Iterator[MutantResult]:
    """Run the cases of each mutant until one notices it.

    folder  a copy of the configuration, which is as before after each mutant
    """
    for mutant in mutants:
        if mutant.unread:
            yield MutantResult(mutant)
            continue
        file = folder / mutant.file
        before = file.read_bytes()
        file.write_text(mutant.content, encoding='utf-8')
        try:
            yield MutantResult(mutant, next(filter(None, (
                '; '.join(run_case(runner, folder, workflow, case, recording=False).differences[:1])
                for workflow, case in cases_of(mutant, folder))), ''))
        finally:
            file.write_bytes(before)


def require_passing_cases(runner: CaseRunner, folder: Path, cases: Iterable[tuple[str, Path]]) -> None:
    """Raise SystemExit if a case fails without any change: it would notice every mutant."""
    failing = [case.name for workflow, case in sorted(cases)
               if run_case(runner, folder, workflow, case, recording=False).failed]
    if failing:
        raise SystemExit(f'These cases fail without any change: {", ".join(failing)}.')


def copied_configuration(target: Path) -> Path:
    """Copy the configuration of the sample workflows and their cases."""
    for kind in (*KINDS, TESTS):
        shutil.copytree(OWN_CONFIGURATION / kind, target / kind)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants, print those that survive and the counts, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--every', type=int, default=1, metavar='N', help='run every N-th mutant only')
    parser.add_argument('--start', type=int, default=0, metavar='N', help='the first of them')
    parser.add_argument('--files', default='', metavar='PATTERN', help='only of files with such a name')
    parser.add_argument('--list', action='store_true', help='count the mutants without running them')
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    chosen = [mutant for mutant in mutants_of(OWN_CONFIGURATION) if re.search(options.files, mutant.file)]
    chosen = chosen[options.start::options.every]
    if options.list:
        print(f'{len(chosen):,} mutants, of which no run reads {sum(bool(item.unread) for item in chosen):,}.')
        return 0
    counts = {'noticed': 0, 'survived': 0, 'unread': 0}
    with tempfile.TemporaryDirectory() as name, opened_runner(LakeFolders.of(name, None)) as runner:
        folder = copied_configuration(Path(name) / 'configuration')
        require_passing_cases(runner, folder, {case for mutant in chosen for case in cases_of(mutant, folder)})
        for result in run_mutants(chosen, runner, folder):
            counts[result.outcome] += 1
            if result.outcome == 'survived':
                print(f'survived: {result.mutant.file} {result.mutant.place}', flush=True)
    tried = counts['noticed'] + counts['survived']
    print(f'{counts["noticed"]:,} of {tried:,} mutants were noticed ({counts["noticed"] / max(tried, 1):.1%}); '
          f'{counts["unread"]:,} more change nothing that a run reads.')
    return int(counts['noticed'] < WANTED * tried)


if __name__ == '__main__':
    sys.exit(main())
