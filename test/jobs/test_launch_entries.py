"""Each laptop entry of the launch configuration for VS Code, and the one for CDK, runs when it is started."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lake_etl.reasons.own_words import SHOWS_SPARK_LOG
from lib.local_lake.cli import main
from quick_spark import quick_start

REPOSITORY = Path(__file__).resolve().parents[2]
WORKSPACE = '${workspaceFolder}'
TEXT = (REPOSITORY / '.vscode' / 'launch.json.default').read_text(encoding='utf-8')
LAUNCHES = json.loads('\n'.join(line for line in TEXT.splitlines() if not line.startswith('//')))['configurations']
# Entries of the container need AWS.
ENTRIES = {launch['name']: launch for launch in LAUNCHES if launch['name'].startswith(('Laptop: ', 'CDK: '))}
# Programs run one after the other in one process, each as Python runs a file: the second finds Spark started.
ONE_BY_ONE = """
import json, os, runpy, sys
for program, *arguments in json.loads(sys.argv[1]):
    sys.argv, sys.path[0] = [program, *arguments], os.path.dirname(program)
    runpy.run_path(program, run_name='__main__')
"""


@pytest.fixture(scope='module')
def workspace(spark, small_data, tmp_path_factory) -> Path:
    """A folder like a clone, with a lake that has the look-ups and claims which the policies need."""
    folder = tmp_path_factory.mktemp('workspace')
    for path in REPOSITORY.iterdir():
        if path.name not in ('.lake', '.git', 'cdk.out'):
            (folder / path.name).symlink_to(path)
    lake, resources = str(folder / '.lake'), REPOSITORY / 'resources'
    assert main(['--lake', lake, 'lookup', 'load', 'SyntheticGeneralData',
                 str(resources / 'syntheticgeneral_lookup_data.json')]) == 0
    assert main(['--lake', lake, 'run', str(resources / 'syntheticgeneral-claim-data.csv'),
                 '--workflow', 'SyntheticGeneralData/ClaimData']) == 0
    return folder


def filled(text: str, workspace: Path) -> str:
    return text.replace(WORKSPACE, str(workspace))


def words_of(name: str, workspace: Path) -> list[str]:
    """Return the program of an entry, where it has one, and the arguments."""
    entry = ENTRIES[name]
    return [filled(word, workspace) for word in (*filter(None, [entry.get('program')]), *entry.get('args', ()))]


def start(name: str, command: list[str], workspace: Path) -> None:
    """Start a command as the editor starts an entry: the chosen interpreter, the folder, the variables."""
    own = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'ENV')} | quick_start()
    entry = ENTRIES[name]
    variables = {name: filled(value, workspace) for name, value in entry.get('env', {}).items()}
    done = subprocess.run([sys.executable, *command], cwd=filled(entry['cwd'], workspace), env=own | variables,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize('name', ['Laptop: a file through all jobs', 'Laptop: entity match, after both other jobs'])
def test_a_file_runs_through_all_jobs(name, workspace, monkeypatch):
    start(name, ['-m', ENTRIES[name]['module'], '--help'], workspace)
    # The rest needs no process of its own. `--debug` sets this variable for all of the process.
    monkeypatch.setenv(SHOWS_SPARK_LOG, 'error')
    monkeypatch.chdir(filled(ENTRIES[name]['cwd'], workspace))
    words = words_of(name, workspace)
    assert words[0] == '--debug' and main(['--lake', '.lake', *words]) == 0
    table = 'customer_consume.customer_primary_xref' if 'match' in name else 'syntheticgeneraldata_consume.policydata'
    assert main(['--lake', '.lake', 'query', f'SELECT * FROM {table} LIMIT 1']) == 0


def test_the_jobs_start_as_programs_and_fill_their_tables(workspace, capsys):
    first, second = 'Laptop: collect to cleanse', 'Laptop: cleanse to consume'
    assert [ENTRIES[first][key] for key in ('cwd', 'env')] == [ENTRIES[second][key] for key in ('cwd', 'env')]
    start(first, ['-c', ONE_BY_ONE, json.dumps([words_of(first, workspace), words_of(second, workspace)])], workspace)
    for table in ('syntheticgeneraldata.policydata', 'syntheticgeneraldata_consume.policydata'):
        capsys.readouterr()
        assert main(['--lake', str(workspace / '.lake'), 'query', '--format', 'csv',
                     f"SELECT count(*) FROM {table} WHERE year = '2026' AND month = '01' AND day = '31'"]) == 0
        assert int(capsys.readouterr().out.splitlines()[1]) > 0


def test_cdk_is_synthesized_as_the_command_line_does_it(workspace):
    # test_app.py starts this program.
    assert words_of('CDK: synthesize', workspace) == [str(workspace / 'app.py')]
    assert ENTRIES['CDK: synthesize']['cwd'] == WORKSPACE


def test_every_entry_for_the_laptop_is_started_above():
    assert sorted(ENTRIES) == ['CDK: synthesize', 'Laptop: a file through all jobs', 'Laptop: cleanse to consume',
                               'Laptop: collect to cleanse', 'Laptop: entity match, after both other jobs']
