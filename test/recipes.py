"""Follows a recipe of docs/recipes.md to the letter, in a copy of the repository.

A recipe is a section of the page. Three sentences stand before its blocks of code, and each is an order:

    Create `PATH`:                   the block is a new file
    In `PATH`, below `LINE`, add:    the block is inserted after the one line that reads so
    Run:                             each line of the block is a command that must end with 0

An inserted block is indented like the line above it, unless it begins with an empty line.
"""
from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / 'docs' / 'recipes.md'
STEP = re.compile(r"^ *(?:Create `(?P<new>[^`]+)`:|"
                  r"In `(?P<file>[^`]+)`,\s+below\s+(?P<ticks>`+) ?(?P<line>[^\n]+?) ?(?P=ticks),\s+add:|"
                  r"(?P<run>Run:))"
                  r'\n+ *```\w*\n(?P<block>.*?)\n? *```$', re.MULTILINE | re.DOTALL)
TESTS = './lake test --numprocesses 0'


def follow(headings: Sequence[str], copy: Path, further_tests: Sequence[str] = ()) -> str:
    """Copy the repository to the folder `copy`, follow the recipes there, and return what their commands have printed.

    A command that several recipes give runs once, after the changes of all of them.

    further_tests  run with the tests that the recipes name, all in one process and one Spark session at the end, and
                   options of pytest
    """
    _copy_repository(copy)
    commands, tests = [], list(further_tests)
    for heading in headings:
        steps = list(STEP.finditer(_section(heading)))
        assert steps, f'the recipe {heading!r} has no step'
        for step in steps:
            block = textwrap.dedent(step['block'])
            if step['new']:
                _create(copy / step['new'], block)
            elif step['file']:
                _insert(copy / step['file'], step['line'], block)
            else:
                lines = block.splitlines()
                tests += [test for line in lines if line.startswith(TESTS) for test in line.removeprefix(TESTS).split()]
                commands += [line for line in lines if not line.startswith(TESTS)]
    commands.append(shlex.join([*shlex.split(TESTS), *dict.fromkeys(tests)]))
    return ''.join(_run(command, copy) for command in dict.fromkeys(commands))


def _section(heading: str) -> str:
    text = PAGE.read_text(encoding='utf-8')
    assert f'\n## {heading}\n' in text, f'docs/recipes.md has no section {heading!r}'
    return text.partition(f'\n## {heading}\n')[2].partition('\n## ')[0]


def _copy_repository(copy: Path) -> None:
    command = ['git', 'ls-files', '--cached', '--others', '--exclude-standard']
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    for name in listed.splitlines():
        if (REPOSITORY / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, copy / name)


def _create(path: Path, block: str) -> None:
    assert not path.exists(), f'{path} is there already'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{block}\n', encoding='utf-8')


def _insert(path: Path, line: str, block: str) -> None:
    lines = path.read_text(encoding='utf-8').split('\n')
    places = [number for number, text in enumerate(lines) if text.strip() == line.strip()]
    assert len(places) == 1, f'{path}: {len(places)} lines read {line!r}, expected one'
    indent = '' if block.startswith('\n') else re.match(' *', lines[places[0]])[0]
    lines[places[0] + 1:places[0] + 1] = textwrap.indent(block, indent).split('\n')
    path.write_text('\n'.join(lines), encoding='utf-8')


def _run(command: str, copy: Path) -> str:
    """Run a command in the copy and return what it prints; the environment of this test stands in for that of `./lake`.
    """
    words = shlex.split(command)
    shared = os.pathsep.join([str(copy / 'lib/glue_scripts/lib'), str(copy)])
    # Other tests validate the templates.
    variables = {**os.environ, 'PYTHONPATH': shared, 'CDK_VALIDATION': 'false'}
    while '=' in words[0]:
        name, _, value = words.pop(0).partition('=')
        variables[name] = shared if name == 'PYTHONPATH' else value
    python = {'.venv/bin/python': [sys.executable], './lake': [sys.executable, '-m', 'lib.local_lake']}[words[0]]
    done = subprocess.run([*python, *words[1:]], cwd=copy, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, f'{command}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}'
    return done.stdout + done.stderr
