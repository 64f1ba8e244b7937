"""The Tab key completes commands, options and files of `./lake`, before anything is installed."""
from __future__ import annotations

import subprocess
import sys

import pytest
from test_locks import GENERATE, REPOSITORY

from lib.local_lake.commands.completion import SCRIPTS

# Completes the last word of each line, whose words are separated by commas, as bash does when the Tab key is pressed.
PRESS_TAB = '''
eval "$("$1" -I -S ./lake completion bash)"
cd "$2"
complete -p lake >/dev/null || exit 1
while IFS= read -r line; do
    IFS=, read -ra COMP_WORDS <<< "$line,end"
    unset 'COMP_WORDS[-1]'
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _shtab_lake
    echo "${COMPREPLY[*]}"
done
'''
COMPLETED = {
    './lake,ru': 'run runs',
    './lake,--spark,': '3.5 4.1',
    './lake,--lake,data,tables,--form': '--format',
    './lake,tables,--format,': 'csv json table',
    './lake,match,': 'explain report',
    './lake,match,explain,Customer,--': '--help',
    './lake,run,': 'claims.csv data',
    './lake,run,cl': 'claims.csv',
    './lake,--lake,': 'data',
    './lake,completion,': 'bash zsh',
    './lake,nothing,zz': '',
}


def test_words_are_completed_before_anything_is_installed(tmp_path):
    (tmp_path / 'claims.csv').touch()
    (tmp_path / 'data').mkdir()
    done = subprocess.run(['bash', '-c', PRESS_TAB, 'bash', sys.executable, str(tmp_path)], cwd=REPOSITORY, env={},
                          input=''.join(f'{line}\n' for line in COMPLETED), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')
    found = [' '.join(sorted(line.split())) for line in done.stdout.splitlines()]
    assert dict(zip(COMPLETED, found, strict=True)) == COMPLETED


@pytest.mark.parametrize('shell', GENERATE.SHELLS)
def test_the_script_is_made_from_the_commands_as_they_are_now(shell):
    parser = GENERATE.command_line()
    text = (SCRIPTS / f'lake.{shell}').read_text(encoding='utf-8')
    assert GENERATE.commands_checksum(parser) in text, 'Type: python3 .ci/generate.py completion'
    options = {word for found in GENERATE.parsers(parser) for action in found._actions
               for word in action.option_strings}
    assert len(options) > 20 and [word for word in options if word not in text] == []
