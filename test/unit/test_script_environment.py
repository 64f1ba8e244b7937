"""Scripts start without an activated environment: in one with their packages, or with a sentence on how to make it."""
from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lib.packaging import script_environment

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOYMENT = 'python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt'
SCRIPT = '''
import sys
from pathlib import Path
sys.path.append(str(Path(__file__).resolve().parents[1]))
from lib.packaging.script_environment import use_environment
use_environment(('package_of_the_environment',), './lake command')
import package_of_the_environment
print(sys.argv[1:], package_of_the_environment.VALUE)
'''


def type_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Start Python without packages, variables and an import path."""
    return subprocess.run([sys.executable, *words], cwd=folder, env={}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(('line', 'command'), [
    ('app.py', DEPLOYMENT),
    ('lib/prerequisites/configure_account_secrets.py --help', DEPLOYMENT),
    ('resources/copy_dynamodb_tables.py --help', DEPLOYMENT),
    ('resources/correct_tables.py --help', './lake cdk --version'),
    ('resources/reload.py --help', './lake cdk --version'),
    ('resources/write_docs.py --help', './lake cdk --version'),
    ('resources/etl_cleanup.py --help', DEPLOYMENT),
    ('resources/load_dynamodb_lookup_table.py Gen dev-lookup values.json', DEPLOYMENT),
    ('resources/load_dynamodb_multilookup_table.py dev-lookup values.csv Group column', DEPLOYMENT),
    ('-m bench.load --help', './lake test --version'),
    ('-m bench.match_training --help', './lake test --version'),
    ('test/faults/kill_campaign.py 1', './lake test --version'),
    ('test/real/jars.py folder', './lake test --real --version'),
    ('-m lib.local_lake.reference', './lake validate'),
])
def test_without_packages_a_script_names_the_command_that_installs_them(line, command):
    done = type_in(REPOSITORY, '-S', *shlex.split(line))
    assert done.returncode == 1 and done.stdout == ''
    assert re.fullmatch(rf'The Python package \w+ is not installed for \S+\. Type in {re.escape(str(REPOSITORY))}: '
                        rf'{re.escape(command)}\n', done.stderr), done.stderr


@pytest.mark.parametrize('line', [
    'resources/generate_sample_data.py --help', 'resources/load_dynamodb_lookup_table.py --help',
    'resources/load_dynamodb_multilookup_table.py --help', '.ci/check_json.py',
])
def test_what_needs_no_package_starts_without_any(line):
    done = type_in(REPOSITORY, '-S', *shlex.split(line))
    assert (done.returncode, done.stderr) == (0, '')


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a script that needs a package."""
    (tmp_path / 'lib' / 'packaging').mkdir(parents=True)
    for package in ('lib', 'lib/packaging'):
        (tmp_path / package / '__init__.py').touch()
    shutil.copy(script_environment.__file__, tmp_path / 'lib' / 'packaging')
    (tmp_path / 'resources').mkdir()
    (tmp_path / 'resources' / 'script.py').write_text(SCRIPT)
    return tmp_path


def make_environment(clone: Path, packages: Path) -> None:
    """Make an environment whose Python finds the modules in a folder."""
    python = clone / '.venv' / 'bin' / 'python'
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)


def test_a_script_goes_on_in_the_environment_that_has_its_packages(clone, tmp_path):
    (tmp_path / 'packages').mkdir()
    (tmp_path / 'packages' / 'package_of_the_environment.py').write_text('VALUE = 7\n')
    make_environment(clone, tmp_path / 'packages')
    for folder, script in ((clone, 'resources/script.py'), (clone / 'resources', 'script.py')):
        done = type_in(folder, script, 'a b', '--really')
        assert (done.returncode, done.stdout, done.stderr) == (0, "['a b', '--really'] 7\n", '')
    # An option of Python that hides the packages there too: it starts again only once.
    done = type_in(clone, '-E', 'resources/script.py')
    assert done.returncode == 1 and 'Type in' in done.stderr


@pytest.mark.parametrize('made', [False, True])
def test_an_environment_without_the_packages_is_not_used(clone, tmp_path, made):
    if made:
        make_environment(clone, tmp_path)
    done = type_in(clone, 'resources/script.py')
    assert done.returncode == 1 and done.stderr.endswith(f'Type in {clone}: ./lake command\n')
