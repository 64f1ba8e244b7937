"""Each laptop entry of the launch configuration for VS Code, and the one for CDK, runs when it is started."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lib.local_lake.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]
WORKSPACE = '${workspaceFolder}'
TEXT = (REPOSITORY / '.vscode' / 'launch.json.default').read_text(encoding='utf-8')
LAUNCHES = json.loads('\n'.join(line for line in TEXT.splitlines() if not line.startswith('//')))['configurations']
# In their order each finds what it builds on. Entries of the container need AWS.
STARTED = [launch for launch in LAUNCHES if launch['name'].startswith(('Laptop: ', 'CDK: '))]


@pytest.fixture(scope='module')
def workspace(spark, tmp_path_factory) -> Path:
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


def start(launch: dict[str, Any], workspace: Path) -> subprocess.CompletedProcess[str]:
    """Start an entry as the editor does: the chosen interpreter, the folder, the variables, the arguments."""
    def filled(text: str) -> str:
        return text.replace(WORKSPACE, str(workspace))
    program = ['-m', launch['module']] if 'module' in launch else [filled(launch['program'])]
    own = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'ENV')}
    # Java's second compiler does not pay for one small load.
    own['JAVA_TOOL_OPTIONS'] = '-XX:TieredStopAtLevel=1'
    return subprocess.run([sys.executable, *program, *map(filled, launch.get('args', ()))], cwd=filled(launch['cwd']),
                          env=own | {name: filled(value) for name, value in launch.get('env', {}).items()},
                          capture_output=True, text=True, check=False)


@pytest.mark.parametrize('launch', STARTED, ids=lambda launch: launch['name'])
def test_an_entry_runs_to_its_end(workspace, launch):
    done = start(launch, workspace)
    assert done.returncode == 0, done.stderr[-4000:]


def test_the_jobs_have_filled_their_tables(workspace, capsys):
    lake = str(workspace / '.lake')
    for table in ('syntheticgeneraldata.policydata', 'syntheticgeneraldata_consume.policydata'):
        capsys.readouterr()
        assert main(['--lake', lake, 'query', '--format', 'csv',
                     f"SELECT count(*) FROM {table} WHERE year = '2026' AND month = '01' AND day = '31'"]) == 0
        assert int(capsys.readouterr().out.splitlines()[1]) > 0
