"""The launch configurations name files that exist and start each job with every argument that it requires."""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from glue_arguments import arguments_class
from lake_etl.arguments import load_arguments, optional_names, required_names
from lake_etl.jobs.job_run import resolve_arguments
from lib.job_table import JOBS
from lib.local_lake.running.glue_job import ensure_glue_library

REPOSITORY = Path(__file__).resolve().parents[2]
WORKSPACE = '${workspaceFolder}'
ARGUMENTS = {f'{job.module}.py': arguments_class(job) for job in JOBS}


def read(path: str) -> dict[str, Any]:
    """Return a settings file of an editor, which has comments before its JSON."""
    lines = (REPOSITORY / path).read_text(encoding='utf-8').splitlines()
    return json.loads('\n'.join(line for line in lines if not line.startswith('//')))


LAUNCHES = read('.vscode/launch.json.default')['configurations']
OF_JOBS = [launch for launch in LAUNCHES if Path(launch.get('program', '')).name in ARGUMENTS]


def test_entries_run_in_the_environment_of_the_lake_or_of_the_container_whichever_the_editor_has_chosen():
    for launch in LAUNCHES:
        in_container = launch['name'].startswith('Container: ')
        assert launch['python'] == ('/usr/bin/python3.11' if in_container else f'{WORKSPACE}/.venv/bin/python')
        assert launch['cwd'] == WORKSPACE


def test_the_three_jobs_start_on_the_laptop_and_in_the_container_and_so_do_cdk_and_the_tests():
    names = [launch['name'] for launch in LAUNCHES]
    for place in ('Laptop', 'Container'):
        for job in ('collect to cleanse', 'cleanse to consume', 'entity match'):
            assert [name for name in names if name.startswith(f'{place}: {job}')], (place, job)
    assert {'CDK: synthesize', 'Tests: all', 'Tests: the open file'} <= set(names)


@pytest.mark.parametrize('launch', OF_JOBS, ids=lambda launch: launch['name'])
def test_a_job_gets_every_argument_it_requires_and_none_that_it_does_not_know(monkeypatch, launch):
    ensure_glue_library()
    script = Path(launch['program'].replace(WORKSPACE, str(REPOSITORY)))
    required, optional = required_names(ARGUMENTS[script.name]), optional_names(ARGUMENTS[script.name])
    assert script.exists()
    monkeypatch.setattr(sys, 'argv', ['script', *launch['args']])
    load = load_arguments(resolve_arguments(required, optional))
    assert (load.database.removesuffix('_consume'), load.table) in {
        ('SyntheticGeneralData', 'PolicyData'), ('Customer', 'A01')}
    given = {argument.partition('=')[0].removeprefix('--') for argument in launch['args']}
    assert given - {*required, *optional, 'base_file_name'} == set()


def test_paths_on_the_import_path_exist():
    paths = [path for launch in LAUNCHES for path in launch.get('env', {}).get('PYTHONPATH', '').split(':')
             if path.startswith(WORKSPACE)]
    assert paths and [path for path in paths if not Path(path.replace(WORKSPACE, str(REPOSITORY))).is_dir()] == []


def test_the_development_container_is_the_image_of_the_glue_version_that_jobs_run_on():
    settings = read('.devcontainer/devcontainer.json')
    assert settings['image'] == 'public.ecr.aws/glue/aws-glue-libs:5.1.0'
    assert './lake test' in settings['postCreateCommand']
