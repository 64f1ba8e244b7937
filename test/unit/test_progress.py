"""What a command is doing is drawn on a terminal only, below what it prints, and no trace of it stays."""
from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from codecs import getincrementaldecoder

import pytest

from lib.local_lake.progress import Activity, Amount, doing

pytest.importorskip('rich')
WIDTH, HEIGHT = 90, 30
UNFINISHED = re.compile(r'\x1b(\[[?0-9;]*)?$')
COMMAND = re.compile(r'\x1b\[(?P<value>[?0-9;]*)(?P<name>[A-Za-z])')
# A command that loads two files, prints a line in two parts for each, and warns; then it does what the test wants. It
# goes on with each file when it gets a byte, which the test sends when it has seen the activity: machines may be slow.
SCRIPT = '''
import logging, os, select, sys, time
from lib.local_lake import progress
from lib.local_lake.running.stopping import ending_on_signals
from lib.local_lake.screen import harmless_screen
try:
    import lib.local_lake.drawing   # on a busy machine its import would take longer than the activities
except ModuleNotFoundError:
    pass
progress.SECONDS_BEFORE = 0.1
doing = progress.doing
with harmless_screen(exact_output=False), ending_on_signals():
    logging.basicConfig(stream=sys.stderr, format='%(message)s')
    with doing('Loading files', 2, 'files') as files:
        for name in files.each(['a.csv', 'b\\x1b[31m.csv']):
            print(name, end='', flush=True)
            with doing(f'{name}: cleanse'):
                if len(sys.argv) > 2 and select.select([int(sys.argv[2])], [], [], 60)[0]:
                    os.read(int(sys.argv[2]), 1)
                logging.warning('look out')
            print(', done')
        if sys.argv[1] == 'error':
            print('c.csv', end='')
            raise SystemExit('lake: failed')
        if sys.argv[1] != 'end':
            os.kill(os.getpid(), int(sys.argv[1]))
            time.sleep(9)
    print('The end.')
'''


class Screen:
    """A terminal of so many columns and rows, which understands what rich writes to move the cursor and to erase."""

    def __init__(self) -> None:
        self.rows = [''] * HEIGHT
        self.row = self.column = 0
        self.commands: set[str] = set()
        self.seen: list[str] = []

    def show(self, text: str) -> None:
        """Take what a process writes."""
        for part in re.findall(r'\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]', text):
            if found := COMMAND.fullmatch(part):
                self._obey(found['name'], found['value'])
            elif part == '\n':
                self.row += 1
            elif part == '\r':
                self.column = 0
            else:
                self.rows[self.row] = f'{self.rows[self.row][:self.column]:{self.column}}{part}' + self.rows[
                    self.row][self.column + 1:]
                self.column += 1
            assert self.column <= WIDTH
        self.seen.append(self.text)

    def _obey(self, name: str, value: str) -> None:
        self.commands.add(name + value if '?' in value else name)
        if name == 'A':
            self.row -= int(value or 1)
        elif name == 'K':
            self.rows[self.row] = '' if value == '2' else self.rows[self.row][:self.column]
        elif name == 'J':
            self.rows[self.row:] = [self.rows[self.row][:self.column]] + [''] * (HEIGHT - self.row - 1)

    @property
    def text(self) -> str:
        """What is on it now."""
        return '\n'.join(row.rstrip() for row in self.rows).rstrip()


def shown(argument: str, stdout: int | None = None) -> tuple[Screen, int]:
    """Run the script in a terminal of its own; return the screen and the exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', HEIGHT, WIDTH, 0, 0))
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path), 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8'}
    environment.pop('COLUMNS', None)
    screen, awaited = Screen(), [*FIRST_AND_SECOND]
    goes_on, go_on = os.pipe()
    with subprocess.Popen([sys.executable, '-c', SCRIPT, argument, str(goes_on)], stdin=theirs, stdout=stdout or theirs,
                          stderr=theirs, env=environment, pass_fds=[goes_on]) as process:
        os.close(theirs)
        decoder, text = getincrementaldecoder('utf-8')(), ''
        while piece := _read(ours):
            text += decoder.decode(piece)
            whole = UNFINISHED.sub('', text)
            screen.show(whole)
            text = text[len(whole):]
            if awaited and awaited[0].search(screen.text):
                del awaited[0]
                os.write(go_on, b' ')
    for number in (ours, goes_on, go_on):
        os.close(number)
    return screen, process.returncode


def _read(number: int) -> bytes:
    try:
        return os.read(number, 65536)
    except OSError:
        return b''    # The terminal is closed when its last process has ended.


# What is drawn during the first and the second file.
FIRST_AND_SECOND = (re.compile(r'Loading files  +\d+ s .+0 of 2 files\n. a\.csv: cleanse'),
                    re.compile(r'Loading files  +\d+ s .+1 of 2 files\n. b\\x1b\[31m.csv: cleanse'))
DONE = 'look out\na.csv, done\nlook out\nb\\x1b[31m.csv, done'


@pytest.mark.parametrize(('argument', 'left', 'status'), [
    ('end', f'{DONE}\nThe end.', 0), ('error', f'{DONE}\nc.csv\nlake: failed', 1),
    (str(int(signal.SIGINT)), f'{DONE}\nStopped.', 130)])
def test_activities_are_drawn_below_whole_lines_and_leave_no_trace(argument, left, status):
    screen, ended = shown(argument)
    assert (screen.text, ended, screen.column) == (left, status, 0)
    assert any(re.search(rf'done\n. {FIRST_AND_SECOND[1].pattern}', text) for text in screen.seen)
    assert not {'h?25', 'l?25'} & screen.commands, 'a killed process could not show the cursor again'


def test_a_pipe_gets_what_is_printed_and_nothing_else(tmp_path):
    with (tmp_path / 'out').open('wb') as out:
        screen, _ = shown('end', out.fileno())
    assert (tmp_path / 'out').read_text() == 'a.csv, done\nb\\x1b[31m.csv, done\nThe end.\n'
    assert any('1 of 2 files' in text for text in screen.seen) and screen.text == 'look out\nlook out'


def test_nothing_is_drawn_where_no_terminal_is(capsys):
    with doing('Loading files', 2, 'files') as files:
        assert list(files.each(['a', 'b'])) == ['a', 'b'] and files.present() == Amount(2, 2, 'files')
    assert capsys.readouterr() == ('', '')


def test_amounts_are_counted_or_measured():
    assert str(Amount(1234, 5678, 'rows')) == '1,234 of 5,678 rows' and str(Amount(1234, None, 'rows')) == '1,234 rows'
    counted, uncounted = Activity('Reading', Amount(0, None, 'files')), Activity('Reading')
    for activity in (counted, uncounted):
        list(activity.each(iter('abc')))
    assert (counted.present(), uncounted.present()) == (Amount(3, None, 'files'), None)
    assert Activity('Reading', measure=lambda: Amount(1, 2, 'tasks')).present() == Amount(1, 2, 'tasks')


def test_the_commands_that_need_no_rich_do_without(tmp_path):
    """A terminal whose Python has no rich shows nothing, and the command goes on."""
    hidden = tmp_path / 'rich'
    hidden.mkdir()
    (hidden / '__init__.py').write_text('raise ModuleNotFoundError("no rich", name="rich")')
    script = SCRIPT.replace('import logging', f'import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport logging', 1)
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, '-c', script, 'end'], stdout=subprocess.PIPE, stderr=theirs, check=True,
                          env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}, text=True)
    assert done.stdout.endswith('The end.\n') and os.read(ours, 65536) == b'look out\r\nlook out\r\n'
    for number in (ours, theirs):
        os.close(number)
