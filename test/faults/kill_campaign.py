"""Stops commands of a lake at random moments while a reader looks on, and counts what it should never see.

    python3 test/faults/kill_campaign.py [KILLS] [SEED]

By default 200 kills, some 30 minutes on two cores; the exit status is 1 if anything was lost, doubled, mixed or said
falsely.
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
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import LakeError
from lib.local_lake.running.collected_files import AUDIT
from small_lake import SmallLake

REPOSITORY = Path(__file__).resolve().parents[2]
KEY = 'Gen/Policy/2026/03/04/a.csv'
ROWS = 5_000
TABLES = ('gen.policy', 'gen_consume.policy')
SQL = 'SELECT generation, number, year, month, day FROM gen.policy'
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# How long a command runs at most before it is stopped; those that start Spark need seconds before they do anything.
COMMANDS = {'run': 14.0, 'watch': 14.0, 'retry': 14.0, 'clean': 1.5, 'lookup': 1.5, 'undo': 3.0}
PATIENCE_SECONDS = 120
Rows = list[tuple[object, ...]]


@dataclass
class Figures:
    """What a campaign has counted; `wrong` holds in words all that should never happen."""

    kills: Counter[str] = field(default_factory=Counter)
    ended_before: int = 0
    looks: int = 0
    switches: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ', '.join(f'{name} {count}' for name, count in sorted(self.kills.items()))
        return (f'{sum(self.kills.values())} kills ({kinds}), {self.ended_before} commands had ended before; the '
                f'reader looked {self.looks} times and saw {self.switches} switches; {len(self.wrong)} things were '
                'wrong.')


def file_of(generation: int) -> str:
    """Return a file whose rows all tell which one it is."""
    return 'generation,number\n' + ''.join(f'{generation},{number}\n' for number in range(ROWS))


def content(lake: SmallLake, table: str) -> Rows:
    """Return generations, numbers of rows and sums of a table; nothing when it does not exist yet."""
    database, name = table.split('.')
    if lake.catalog.table(database, name) is None:
        return []
    return lake.rows(f'SELECT generation, count(*), sum(number) FROM {table} GROUP BY generation')


def is_whole(rows: Rows) -> bool:
    """Tell whether these are all rows of one generation, or of none."""
    return not rows or (len(rows) == 1 and rows[0][1:] == (ROWS, ROWS * (ROWS - 1) // 2))


@contextmanager
def reader(lake: SmallLake, figures: Figures) -> Iterator[Callable[[bool], None]]:
    """Look at both tables again and again inside the block; gives what tells that files may go under a query now."""
    stopped, cleaning = threading.Event(), threading.Event()

    def look() -> None:
        last: dict[str, Rows] = {}
        while not stopped.is_set():
            for table in TABLES:
                try:
                    rows = content(lake, table)
                except LakeError as error:
                    if not cleaning.is_set():
                        figures.wrong.append(f'a reader failed: {error}')
                    continue
                figures.looks += 1
                figures.switches += rows != last.get(table, rows)
                last[table] = rows
                if not is_whole(rows):
                    figures.wrong.append(f'a reader saw {rows} in {table}')
            time.sleep(0.05)
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda on: cleaning.set() if on else cleaning.clear()
    finally:
        stopped.set()
        thread.join()


def arguments_of(command: str, lake: SmallLake, generation: int, folder: Path) -> list[str]:
    """Return the command line of a command, after putting in place what it works on."""
    if command == 'run':
        (folder / 'a.csv').write_text(file_of(generation))
        return ['run', str(folder / 'a.csv'), '--workflow', 'Gen/Policy', '--date', '2026-03-04', '--yes']
    if command == 'lookup':
        (folder / 'values.json').write_text('{"lookup": {"a": "b"}}')
        return ['lookup', 'load', 'Gen', str(folder / 'values.json')]
    if command == 'undo':
        return ['undo', TABLES[generation % len(TABLES)]]
    if command == 'watch':
        lake.land(KEY, file_of(generation))
        return ['watch', '--once']
    return [command]


def start(lake: SmallLake, arguments: list[str]) -> subprocess.Popen[str]:
    """Start a command in a process group of its own."""
    path = [str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY)]
    environment = os.environ | {'PYTHONPATH': os.pathsep.join(path), 'JAVA_TOOL_OPTIONS': '-XX:TieredStopAtLevel=1'}
    return subprocess.Popen(
        [sys.executable, '-m', 'lib.local_lake', '--lake', str(lake.folders.root), '--config', str(lake.configuration),
         *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True)


def stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send the signal, as a power cut to the whole group or as a user to the command, and return what it said."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number) if number == signal.SIGKILL else process.send_signal(number)
    try:
        return process.communicate(timeout=PATIENCE_SECONDS)[0]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def started_runs(lake: SmallLake) -> set[str]:
    """Return the runs that are on record as started, and not as ended."""
    return {str(item['execution_id']) for item in SqliteItems().scan(lake.folders.items(AUDIT))
            if item['job_latest_status'] == 'STARTED'}


def judge(lake: SmallLake, process: subprocess.Popen[str], number: signal.Signals, said: str, before: Rows,
          open_before: set[str], figures: Figures) -> None:
    """Compare what a stopped command said and recorded with what has happened.

    open_before  runs that commands which were killed earlier have left open; the next load closes them
    """
    title = f'{number.name}: {" ".join(process.args[7:])}'  # type: ignore[index,arg-type]  # a list of texts
    if 'Traceback' in said:
        figures.wrong.append(f'{title} printed a stack trace')
    if 'othing was' in said and content(lake, TABLES[0]) != before:
        figures.wrong.append(f'{title} said that nothing was changed: {said[-300:]}')
    states = Counter(state for state, _ in lake.recorded())
    if states['FAILED']:
        figures.wrong.append(f'{title}: a file was blamed: {lake.recorded()}')
    if number != signal.SIGKILL and process.returncode not in (0, 128 + number, -number):
        figures.wrong.append(f'{title} ended with {process.returncode}: {said[-300:]}')
    if number != signal.SIGKILL and process.returncode == 128 + number and started_runs(lake) - open_before:
        figures.wrong.append(f'{title}: the run is still on record as started')


def campaign(lake: SmallLake, kills: int, seed: int, commands: dict[str, float] | None = None) -> Figures:
    """Stop that many commands and return what was counted; the lake holds the first generation of a table at least."""
    chance, figures, folder = random.Random(seed), Figures(), lake.configuration.parent
    lake.configure('transformation-sql/spark-Gen-Policy.sql', SQL)
    with reader(lake, figures) as may_lose_files:
        for generation in range(1, kills + 1):
            command, longest = chance.choice(list((commands or COMMANDS).items()))
            number, before = SIGNALS[generation % len(SIGNALS)], content(lake, TABLES[0])
            open_before = started_runs(lake)
            may_lose_files(command == 'clean')
            process = start(lake, arguments_of(command, lake, generation, folder))
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, longest))
            figures.ended_before += process.poll() is not None
            said = stop(process, number)
            figures.kills[number.name] += 1
            judge(lake, process, number, said, before, open_before, figures)
    return figures


def finish(lake: SmallLake, figures: Figures, load: Callable[[], int]) -> None:
    """Load what is left, and count it as wrong unless both tables then hold the file that lies in Collect.

    A file whose load an undo has taken back is not loaded again, so another one is put in its place.
    """
    landed = (lake.folders.collect / KEY)
    latest = [next(iter(lake.catalog.history(*table.split('.'))), None) for table in TABLES]
    if any(change is not None and change.cause.kind == 'undo' for change in latest):
        lake.land(KEY, file_of(sum(figures.kills.values()) + 1))
    status = load()
    states = Counter(state for state, _ in lake.recorded())
    if status != 0 or states['STARTED'] or states['FAILED']:
        figures.wrong.append(f'the last load ended with {status}: {lake.recorded()}')
    if landed.exists():
        generation = int(landed.read_text().splitlines()[1].partition(',')[0])
        wanted = [(generation, ROWS, ROWS * (ROWS - 1) // 2)]
        found = {table: content(lake, table) for table in TABLES}
        if any(rows != wanted for rows in found.values()):
            figures.wrong.append(f'{wanted} was expected at the end, and there is {found}')


def main(kills: int, seed: int) -> int:
    """Run a campaign in a new lake, print its figures and return the exit status."""
    from lib.local_lake.commands import watch
    with tempfile.TemporaryDirectory(prefix='kill-campaign-') as folder:
        lake = SmallLake(Path(folder))
        start(lake, arguments_of('run', lake, 0, Path(folder))).communicate()
        figures = campaign(lake, kills, seed)
        finish(lake, figures, lambda: watch.run(lake.folders, argparse.Namespace(once=True)))
    print(figures)
    print('\n'.join(figures.wrong[:20]))
    return 1 if figures.wrong else 0


if __name__ == '__main__':
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*given, *(200, 1)[len(given):]))
