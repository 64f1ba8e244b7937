"""The laptop command makes the right decision about Python, Java and Spark before it installs or runs anything."""
from __future__ import annotations

import ast
import re
import shutil
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
    ('test --real test/jobs', '.venv-glue-5.1', ['requirements-glue-5.1.txt']),
    ('test -q', '.venv', ['requirements-spark-3.5.txt', 'requirements-lake-test.txt']),
    ('--debug cdk deploy', '.venv', ['requirements-spark-3.5.txt', 'requirements.txt']),
    ('--spark 4.1 lint', '.venv-spark-4.1', ['requirements-spark-4.1.txt', 'requirements-lake-test.txt']),
    ('--lake test tables', '.venv', ['requirements-spark-3.5.txt']),
    ('--lake=test run test --workflow cdk/test', '.venv', ['requirements-spark-3.5.txt']),
    ('--config cdk --la test demo', '.venv', ['requirements-spark-3.5.txt']),
    ('query --real', '', None), ('tset', '', None), ('--lake', '', None), ('--lake test', '', None), ('', '', None),
])
def test_only_the_verb_decides_which_packages_are_installed(lake, monkeypatch, line, folder, requirements):
    asked = []

    def end(place, files, version):
        asked.append((place.name, files))
        raise subprocess.CalledProcessError(1, 'pip')
    monkeypatch.setattr(lake, 'ensure_environment', end)
    monkeypatch.setattr(lake, 'python_version_of', lambda place: None)
    monkeypatch.setattr(lake, 'sys', SimpleNamespace(version_info=(3, 11, 7), version='3.11.7', stderr=sys.stderr))
    if requirements is None:
        with pytest.raises(SystemExit) as ended:
            lake.main(line.split())
        assert (ended.value.code, asked) == (2, [])
    else:
        assert lake.main(line.split()) == 2
        assert asked == [(folder, requirements)]


def test_the_ring_on_a_real_cluster_needs_the_python_of_aws_glue(lake, monkeypatch, capsys):
    monkeypatch.setattr(lake, 'sys', SimpleNamespace(version_info=(3, 12, 1), version='3.12.1', stderr=sys.stderr))
    assert lake.main(['test', '--real']) == lake.main(['--spark', '4.1', 'test', '--real']) == 2
    message = capsys.readouterr().err
    assert 'this is 3.12.1' in message and 'python3.11 ./lake test --real' in message
    assert 'python3.13 ./lake --spark 4.1 test --real' in message


# Calls the script in its folder as `python3 ./lake` does, for every command that its parser knows.
EVERY_HELP = """
import runpy, sys
for words in [[], *map(str.split, sys.argv[1:])]:
    sys.argv = ['./lake', *words, '--help']
    try:
        runpy.run_path('lake', run_name='__main__')
    except SystemExit as ended:
        assert ended.code == 0, words
"""


def commands() -> list[str]:
    """Return every command that the parser knows, such as `match explain`."""
    from lib.local_lake.cli import build_parser

    def below(parser, name):
        found = [(f'{name} {word}'.strip(), choice) for action in parser._actions if isinstance(action.choices, dict)
                 for word, choice in action.choices.items()]
        return [word for word, _ in found] + [word for parent, choice in found for word in below(choice, parent)]
    return below(build_parser(), '')


def test_the_help_of_every_command_needs_nothing_but_python(tmp_path):
    shutil.copytree(SCRIPT.parent / 'lib', tmp_path / 'lib', ignore=shutil.ignore_patterns('__pycache__'))
    shutil.copy(SCRIPT, tmp_path)
    # -I and -S: no packages, no variables, no import path. No path: no other program can be started.
    done = subprocess.run([sys.executable, '-I', '-S', '-c', EVERY_HELP, *commands()], cwd=tmp_path, env={},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(commands()) > 15 and done.stdout.count('usage: ./lake') == len(commands()) + 1
    assert 'arguments go to pytest' in done.stdout and not list(tmp_path.glob('.venv*'))


@pytest.mark.parametrize(('line', 'passed'), [
    ('test -- --help', ['--help']), ('test -q --help', ['-q', '--help']), ('cdk deploy -h', ['deploy', '-h']),
])
def test_help_of_the_program_behind_a_command_can_be_asked_for(line, passed):
    from lib.local_lake.cli import parse
    assert parse(line.split()).arguments == passed


@pytest.mark.parametrize('verb', ['tables', 'validate', 'demo', 'lint', 'test'])
def test_without_the_packages_the_command_that_installs_them_is_named(verb):
    done = subprocess.run([sys.executable, '-S', '-m', 'lib.local_lake', verb], cwd=SCRIPT.parent, env={},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(rf'lake: The Python package \w+ is not installed for \S+\. .*\./lake {verb}\b.*\n', done.stderr)


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


def test_an_environment_is_set_up_again_when_an_included_file_has_changed(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(lake, 'HERE', tmp_path)
    for name, text in (('a.txt', '# why\n-r b.txt\nx==1\n'), ('b.txt', '-r c.txt\n'), ('c.txt', 'y==1\n')):
        (tmp_path / name).write_text(text)
    before = lake.with_included('a.txt')
    (tmp_path / 'c.txt').write_text('y==2\n')
    assert lake.with_included('a.txt') != before and b'y==2' in lake.with_included('a.txt')


def test_only_the_lake_has_spark(lake):
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
