"""No text can command the terminal that shows it, and output for programs stays exact."""
from __future__ import annotations

import pytest

from lib.local_lake.cli import main
from lib.local_lake.screen import harmless_screen
from spark_environment import skip_without_spark

ESCAPED = {'\x1b[31mred': '\\x1b[31mred', 'a\rb': 'a\\rb', '\x9b2J': '\\x9b2J', '\u202eexe': '\\u202eexe',
           '\x07': '\\x07', 'plain ü\tx': 'plain ü\tx', '\udcff': '\\udcff'}


@pytest.mark.parametrize(('text', 'shown'), ESCAPED.items())
def test_control_characters_are_shown_as_escapes(text, shown, capsys):
    with harmless_screen(exact_output=False):
        print(text)
    assert capsys.readouterr().out == f'{shown}\n'


def test_output_for_another_program_stays_as_it_is(tmp_path, capsys):
    lake = ['--lake', str(tmp_path)]
    main([*lake, 'lookup', 'load', 'x', str(tmp_path / 'none.json')])   # makes no lake, and says so on the other stream
    with harmless_screen(exact_output=True):
        print('\x1b')
    assert capsys.readouterr().out == '\x1b\n'


def test_errors_and_answers_of_commands_are_harmless(tmp_path, capsys):
    skip_without_spark()
    assert main(['--lake', str(tmp_path / '\x1b[2J'), 'tables']) == 1
    said = capsys.readouterr().err
    assert '\x1b' not in said and '\\x1b[2J' in said
