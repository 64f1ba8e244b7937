"""The usual commands in the README are those that a build server types on fresh clones."""
from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from lib.packaging.node import CDK_COMMAND

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def fresh() -> ModuleType:
    """The script of the build server as a module."""
    spec = spec_from_file_location('fresh_commands', REPOSITORY / '.ci' / 'fresh_commands.py')
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown() -> list[str]:
    """Return the lines of the blocks below the heading in the README."""
    readme = (REPOSITORY / 'README.md').read_text(encoding='utf-8')
    section = readme.split('## The usual commands')[1].split('\n## ')[0]
    return [line for block in re.findall(r'```\n(.*?)```', section, re.DOTALL) for line in block.splitlines()]


def test_every_command_of_the_readme_is_typed_as_it_stands_there(fresh):
    groups = (fresh.SET_UP, fresh.DEPLOYMENT, fresh.DEVELOPMENT, fresh.TESTS, fresh.COMMITS)
    typed = {command.line for commands in groups for command in commands}
    assert len(shown()) > 10 and [line for line in shown() if line not in typed] == []


def test_the_readme_shows_the_command_line_of_cdk_that_pipelines_use():
    assert f'npm install -g {CDK_COMMAND}' in shown()


@pytest.fixture(scope='module')
def clone(fresh, tmp_path_factory):
    """A fresh clone, made where variables are set that it must not pass on."""
    with pytest.MonkeyPatch.context() as changed:
        for name in ('AWS_PROFILE', 'PYTHONPATH', 'VIRTUAL_ENV'):
            changed.setenv(name, 'here')
        yield fresh.Clone(tmp_path_factory.mktemp('fresh'))


@pytest.mark.parametrize(('line', 'says', 'status', 'works'), [
    ('echo done', 'done', 0, True), ('echo done', 'other', 0, False), ('exit 3', '', 3, True), ('exit 3', '', 0, False),
    ('no-such-command', '', 0, False), ('test -z "$AWS_PROFILE$PYTHONPATH$VIRTUAL_ENV"', '', 0, True),
    ('git status --porcelain', '', 0, True),
])
def test_a_command_that_does_not_do_what_it_has_to_is_found(fresh, clone, line, says, status, works):
    if works:
        clone.type([fresh.Command(line, says, status)])
    else:
        with pytest.raises(fresh.Failed, match=f'expected status {status} and the text'):
            clone.type([fresh.Command(line, says, status)])
