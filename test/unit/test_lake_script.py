"""The laptop command makes the right decision about Python, Java and Spark before it installs or runs anything."""
from __future__ import annotations

import ast
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / 'lake'


@pytest.fixture(scope='module')
def lake() -> ModuleType:
    """The script as a module."""
    spec = spec_from_loader('lake', SourceFileLoader('lake', str(SCRIPT)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(('line', 'version', 'rest'), [
    ('demo', '3.5', ['demo']),
    ('', '3.5', []),
    ('--spark 4.1 demo', '4.1', ['demo']),
    ('demo --spark 4.1', '4.1', ['demo']),
    ('run f.csv --spark=4.1 --workflow Gen/Policy', '4.1', ['run', 'f.csv', '--workflow', 'Gen/Policy']),
    ('--spark 4.1 test --spark 3.5', '3.5', ['test']),
    ('demo --spark', '3.5', ['demo', '--spark']),
    ('demo --sparkle 4.1', '3.5', ['demo', '--sparkle', '4.1']),
    ('--spark= demo', '', ['demo']),
])
def test_the_spark_version_is_taken_out_wherever_it_stands(lake, line, version, rest):
    assert lake.take_spark_version(line.split()) == (version, rest)


@pytest.mark.parametrize('arguments', [['--spark', '9.9', 'demo'], ['demo', '--spark=2']])
def test_an_unknown_spark_version_is_refused_before_anything_is_installed(lake, capsys, arguments):
    assert lake.main(arguments) == 2
    assert 'known versions are 3.5 and 4.1' in capsys.readouterr().err


@pytest.mark.parametrize('version', [(3, 8, 19), (3, 10, 14), (3, 14, 0), (4, 0, 0)])
def test_another_python_is_refused_with_the_ones_that_work(lake, monkeypatch, capsys, version):
    python = '.'.join(map(str, version))
    interpreter = SimpleNamespace(version_info=version, version=f'{python} (main)', stderr=sys.stderr)
    monkeypatch.setattr(lake, 'sys', interpreter)
    assert lake.main(['demo']) == 2
    message = capsys.readouterr().err
    assert f'needs Python 3.11, 3.12 or 3.13; this is {python}.' in message and 'python3.11 ./lake demo' in message


@pytest.mark.parametrize(('line', 'folder', 'requirements'), [
    ('test --real', '.venv-glue-5.1', ['requirements-glue-5.1.txt']),
    ('test test/real -x --real', '.venv-glue-5.1', ['requirements-glue-5.1.txt']),
    ('test -q', '.venv', ['requirements-spark-3.5.txt', 'requirements-lake-test.txt']),
    ('run --workflow A/test --real', '.venv', None),
    ('--lake test query --format csv SELECT', '.venv', ['requirements-spark-3.5.txt']),
])
def test_the_ring_on_a_real_cluster_has_an_environment_of_its_own(lake, monkeypatch, line, folder, requirements):
    asked = []

    def end(place, files, version):
        asked.append((place.name, files))
        raise subprocess.CalledProcessError(1, 'pip')
    monkeypatch.setattr(lake, 'ensure_environment', end)
    monkeypatch.setattr(lake, 'python_version_of', lambda place: None)
    monkeypatch.setattr(lake, 'sys', SimpleNamespace(version_info=(3, 11, 7), version='3.11.7', stderr=sys.stderr))
    assert lake.main(line.split()) == 2
    assert asked == [(folder, requirements)]


def test_the_ring_on_a_real_cluster_needs_the_python_of_aws_glue(lake, monkeypatch, capsys):
    monkeypatch.setattr(lake, 'sys', SimpleNamespace(version_info=(3, 12, 1), version='3.12.1', stderr=sys.stderr))
    assert lake.main(['test', '--real']) == 2
    message = capsys.readouterr().err
    assert 'this is 3.12.1' in message and 'python3.11 ./lake test --real' in message


def test_the_script_can_be_read_by_the_pythons_that_it_refuses():
    ast.parse(SCRIPT.read_text(encoding='utf-8'), feature_version=(3, 7))


@pytest.mark.parametrize(('settings', 'refused'), [
    ('version = 3.9.18', '3.9'), ('home = /usr\nversion_info = 3.14.0.final.0', '3.14'), ('version = 3.11.7', ''),
    ('version = 3.13.0', ''), ('home = /usr', ''),
])
def test_an_environment_of_another_python_is_refused(lake, monkeypatch, tmp_path, capsys, settings, refused):
    (tmp_path / '.venv').mkdir()
    (tmp_path / '.venv' / 'pyvenv.cfg').write_text(settings)
    monkeypatch.setattr(lake, 'HERE', tmp_path)
    if refused:
        assert lake.main(['demo']) == 2
        message = capsys.readouterr().err
        assert f'.venv was made with Python {refused}; the lake needs Python 3.11' in message
    else:
        version = lake.python_version_of(tmp_path / '.venv')
        assert version is None or (3, 11) <= version <= (3, 13)


def put_java(folder: Path, answer: str, status: int = 0) -> Path:
    """Put a program `java` that answers `-version` like this into the folder's bin; return that bin."""
    program = folder / 'bin' / 'java'
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n[ \"$1\" = -version ] && echo '{answer}' >&2\nexit {status}\n")
    program.chmod(0o755)
    return program.parent


@pytest.mark.parametrize(('answer', 'status', 'usable'), [
    ('openjdk version "17.0.9" 2023-10-17', 0, True),
    ('java version "17" 2021-09-14 LTS', 0, True),
    ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.2" 2022-01-18', 0, True),
    ('openjdk version "21.0.1" 2023-10-17', 0, False),
    ('openjdk version "11.0.17" 2022-10-18', 0, False),
    ('java version "1.8.0_372"', 0, False),
    ('openjdk version "170.0.1"', 0, False),
    ('No Java runtime present, requesting install.', 1, False),
    ('something else', 0, False),
])
def test_only_java_17_on_the_path_counts(lake, monkeypatch, tmp_path, answer, status, usable):
    monkeypatch.delenv('JAVA_HOME', raising=False)
    monkeypatch.setenv('PATH', str(put_java(tmp_path, answer, status)))
    assert lake.machine_has_java() is usable


def test_a_machine_without_java_has_none(lake, monkeypatch, tmp_path):
    monkeypatch.delenv('JAVA_HOME', raising=False)
    monkeypatch.setenv('PATH', str(tmp_path))
    assert lake.machine_has_java() is False


@pytest.mark.parametrize(('home', 'path', 'usable'), [('17.0.9', '21.0.1', True), ('21.0.1', '17.0.9', False)])
def test_java_home_goes_before_the_path(lake, monkeypatch, tmp_path, home, path, usable):
    put_java(tmp_path / 'home', f'openjdk version "{home}"')
    monkeypatch.setenv('JAVA_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('PATH', str(put_java(tmp_path / 'path', f'openjdk version "{path}"')))
    assert lake.machine_has_java() is usable


def test_a_java_home_that_leads_nowhere_is_no_java(lake, monkeypatch, tmp_path):
    monkeypatch.setenv('JAVA_HOME', str(tmp_path / 'nowhere'))
    monkeypatch.setenv('PATH', str(put_java(tmp_path / 'path', 'openjdk version "17.0.9"')))
    assert lake.machine_has_java() is False


def test_the_file_of_each_verb_that_needs_more_packages_exists(lake):
    assert set(lake.MORE_REQUIREMENTS) == {'test', 'lint', 'cdk'}
    assert [file for file in lake.MORE_REQUIREMENTS.values() if not (SCRIPT.parent / file).exists()] == []


@pytest.mark.parametrize(('line', 'verb'), [
    ('test', 'test'), ('test test/unit -q', 'test'), ('--debug cdk deploy', 'cdk'), ('--lake test run f.csv', 'run'),
    ('--lake=test run f.csv', 'run'), ('--config cdk --lake test demo', 'demo'),
    ('run test --workflow cdk/test', 'run'), ('', ''), ('--help', ''), ('--lake', ''), ('--lake test', ''),
])
def test_only_the_verb_decides_which_packages_are_needed(lake, line, verb):
    assert lake.verb_of(line.split()) == verb


def test_the_script_knows_all_options_that_take_a_value(lake):
    from lib.local_lake.cli import build_parser
    with_value = {name for action in build_parser()._actions for name in action.option_strings if action.nargs is None}
    assert with_value - {'--spark'} == set(lake.OPTIONS_WITH_VALUE)


def test_an_environment_is_set_up_again_when_an_included_file_has_changed(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(lake, 'HERE', tmp_path)
    for name, text in (('a.txt', '# why\n-r b.txt\nx==1\n'), ('b.txt', '-r c.txt\n'), ('c.txt', 'y==1\n')):
        (tmp_path / name).write_text(text)
    before = lake.with_included('a.txt')
    (tmp_path / 'c.txt').write_text('y==2\n')
    assert lake.with_included('a.txt') != before and b'y==2' in lake.with_included('a.txt')


def test_what_each_verb_needs_is_pinned_and_only_the_lake_has_spark(lake):
    files = {*lake.MORE_REQUIREMENTS.values(), *(name for _, name in lake.SPARK_VERSIONS.values())}
    lines = [line for name in files for line in lake.with_included(name).decode().splitlines()]
    assert [line for line in lines if line and not line.startswith(('#', '-r ')) and '==' not in line] == []
    assert b'\npyspark==' not in b''.join(map(lake.with_included, lake.MORE_REQUIREMENTS.values()))
    assert all(b'\npyspark==' in lake.with_included(name) for _, name in lake.SPARK_VERSIONS.values())


def test_the_command_line_of_cdk_runs_on_the_node_that_comes_as_a_package():
    from lib.packaging.node import CDK_COMMAND, cdk_command
    node, npx, *rest = cdk_command(['ls', '--long'])
    assert Path(node).exists() and Path(npx).exists() and rest == ['--yes', CDK_COMMAND, 'ls', '--long']
    assert subprocess.run([node, '--version'], capture_output=True, text=True, check=True).stdout.startswith('v24.')


def test_what_follows_the_verb_goes_to_cdk_as_it_is():
    from lib.local_lake.cli import build_parser
    line = ['cdk', 'deploy', 'Dev-InsuranceLakeEtlPipeline/Dev/*', '--require-approval', 'never']
    assert build_parser().parse_args(line).arguments == line[1:]
