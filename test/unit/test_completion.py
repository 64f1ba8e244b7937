"""The Tab key completes commands, options and files of `./lake`, before anything is installed."""
from __future__ import annotations

import subprocess
import sys

import pytest
from test_locks import GENERATE, REPOSITORY

from lib.local_lake.commands.completion import SCRIPTS

# Completes the last word of a line as bash does when the Tab key is pressed.
PRESS_TAB = '''
eval "$("$1" -I -S ./lake completion bash)"
cd "$2"
shift 2
complete -p lake >/dev/null || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_shtab_lake
printf '%s\\n' "${COMPREPLY[@]}"
'''


@pytest.mark.parametrize(('words', 'completed'), [
    (['ru'], ['run', 'runs']),
    (['--spark', ''], ['3.5', '4.1']),
    (['--lake', 'data', 'tables', '--form'], ['--format']),
    (['tables', '--format', ''], ['table', 'csv', 'json']),
    (['match', ''], ['explain', 'report']),
    (['match', 'explain', 'Customer', '--'], ['--help']),
    (['run', ''], ['claims.csv', 'data']),
    (['run', 'cl'], ['claims.csv']),
    (['--lake', ''], ['data']),
    (['completion', ''], ['bash', 'zsh']),
    (['nothing', 'zz'], []),
])
def test_a_word_is_completed(tmp_path, words, completed):
    (tmp_path / 'claims.csv').touch()
    (tmp_path / 'data').mkdir()
    done = subprocess.run(['bash', '-c', PRESS_TAB, 'bash', sys.executable, str(tmp_path), './lake', *words],
                          cwd=REPOSITORY, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')
    assert sorted(done.stdout.split()) == sorted(completed)


@pytest.mark.parametrize('shell', GENERATE.SHELLS)
def test_the_script_is_made_from_the_commands_as_they_are_now(shell):
    parser = GENERATE.command_line()
    text = (SCRIPTS / f'lake.{shell}').read_text(encoding='utf-8')
    assert GENERATE.commands_checksum(parser) in text, 'Type: python3 .ci/generate.py completion'
    options = {word for found in GENERATE.parsers(parser) for action in found._actions
               for word in action.option_strings}
    assert len(options) > 20 and [word for word in options if word not in text] == []
