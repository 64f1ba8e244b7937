"""Rows on the screen: aligned tables for people, CSV and JSON for programs."""
from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from datetime import date, timedelta
from decimal import Decimal

import pytest
from rich.cells import cell_len

from lib.local_lake.showing.output import print_rows, terminal_width
from lib.local_lake.showing.text_table import Count, table_lines


def test_numbers_stand_to_the_right_and_texts_to_the_left():
    rows = [('Motor', Count(1234567), Decimal('10.50')), ('Home', 8, None), (None, None, Decimal('-0.10'))]
    assert table_lines(('line', 'policies', 'premium'), rows) == [
        'line    policies  premium',
        '-----  ---------  -------',
        'Motor  1,234,567    10.50',
        'Home           8',
        '                    -0.10',
    ]


@pytest.mark.parametrize(('value', 'cell'), [
    (None, ''),
    (True, 'true'),
    (1984, '1984'),
    (Count(1000), '1,000'),
    (float('nan'), 'nan'),
    (1000.5, '1000.5'),
    (Decimal('1E+3'), '1E+3'),
    (date(2026, 11, 24), '2026-11-24'),
    ('two\nlines\tand  spaces', 'two lines and spaces'),
    ('x' * 60, 'x' * 60),
    ('x' * 61, 'x' * 59 + '…'),
    ('日本' * 16, '日本' * 14 + '日…'),
    ('a\x1b[31mb', 'a\\x1b[31mb'),
])
def test_a_value_is_shown_in_one_short_line(value, cell):
    assert table_lines(('c',), [(value,)])[2].strip() == cell


def test_a_table_without_rows_shows_its_header():
    assert table_lines(('name', 'b'), []) == ['name  b', '----  -']


def printed(columns, rows, style) -> str:
    stream = io.StringIO()
    print_rows(columns, rows, style, stream)
    return stream.getvalue()


def test_csv_quotes_what_needs_it_and_leaves_null_empty():
    rows = [('a,b', 'say "x"'), (None, 'two\nlines'), (Decimal('1.50'), True)]
    text = printed(('one', 'the other'), rows, 'csv')
    assert list(csv.reader(io.StringIO(text))) == [
        ['one', 'the other'], ['a,b', 'say "x"'], ['', 'two\nlines'], ['1.50', 'True']]
    assert '\r' not in text


def test_json_is_a_list_of_objects_with_numbers_as_numbers():
    rows = [(Decimal('7'), Decimal('7.50'), None, date(2026, 11, 24), 'Straße', True, Count(1984))]
    text = printed(('whole', 'amount', 'nothing', 'day', 'text', 'flag', 'count'), rows, 'json')
    assert json.loads(text) == [{'whole': 7, 'amount': 7.5, 'nothing': None, 'day': '2026-11-24', 'text': 'Straße',
                                 'flag': True, 'count': 1984}]
    assert 'Straße' in text
    assert json.loads(printed(('a',), [], 'json')) == []


def refuse(constant: str) -> None:
    """Stand for a program that reads JSON by its standard, which has no NaN."""
    raise ValueError(constant)


@pytest.mark.parametrize(('value', 'read'), [
    (Decimal('12345678901234567890123456789.0123456789'), Decimal('12345678901234567890123456789.0123456789')),
    (Decimal('0.10'), Decimal('0.10')), (Decimal('-0'), 0), (Decimal('1E+3'), 1000),
    (Decimal('1E-10'), Decimal('0.0000000001')), (2 ** 100, 2 ** 100), (0.1, Decimal('0.1')),
    (1e300, Decimal('1e300')), (float('nan'), 'NaN'), (float('inf'), 'Infinity'), (float('-inf'), '-Infinity'),
    (Decimal('NaN'), 'NaN'), (Decimal('-Infinity'), '-Infinity'), (b'\x00\xff', '00ff'),
    (timedelta(days=1), '1 day, 0:00:00'),
    ([Decimal('1.0'), float('nan'), None, []], [Decimal('1.0'), 'NaN', None, []]),
    ({'a': {1: Decimal('2.50')}, 'b': ()}, {'a': {'1': Decimal('2.50')}, 'b': []}),
    ('quote " and \\ and \n and \x00', 'quote " and \\ and \n and \x00'), ('\udc80', '\udc80'), ('\u2028', '\u2028'),
])
def test_json_is_valid_and_exact(value, read):
    text = printed(('v',), [(value,)], 'json')
    found = json.loads(text, parse_float=Decimal, parse_constant=refuse)
    assert found == [{'v': read}] and repr(found[0]['v']) == repr(read)


def test_json_keeps_columns_of_the_same_name():
    assert json.loads(printed(('a', 'a', 'a_2', 'b', 'a'), [(1, 2, 3, 4, 5)], 'json')) == [
        {'a': 1, 'a_3': 2, 'a_2': 3, 'b': 4, 'a_4': 5}]


@pytest.mark.parametrize('encoding', ['ascii', 'latin-1', 'utf-8'])
def test_json_can_be_written_in_every_encoding(encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_rows(('größe', 'name'), [('日本 😀', '\udcff')], 'json', stream)
    stream.flush()
    assert json.loads(stream.buffer.getvalue().decode(encoding)) == [{'größe': '日本 😀', 'name': '\udcff'}]


ROWS = [('syntheticgeneraldata', 'policydata', Count(3708), 'A sentence of several words about the table.',
         Decimal('10.50')),
        ('kundendaten', '保険契約データ保険契約データ', Count(1), 'x' * 55, None)]
NAMES = ('database', 'table', 'rows', 'description', 'seconds')


@pytest.mark.parametrize('width', [20, 21, 30, 40, 50, 60, 70, 80, 100, 110, 140, 200])
def test_a_table_fits_the_terminal_and_loses_no_value(width):
    lines = table_lines(NAMES, ROWS, width)
    assert max(map(cell_len, lines)) <= width, lines
    text = ''.join(''.join(lines).split())
    assert sum(text.count(char) for char in '保険契約データ') == 14 and text.count('x') >= 55
    assert '3,708' in text and '10.50' in text


def test_texts_are_folded_between_words_and_numbers_are_not():
    assert table_lines(('n', 'text'), [(Decimal('12345.67'), 'one two three four'), (Decimal('1'), 'five')], 20) == [
        '       n  text',
        '--------  ----------',
        '12345.67  one two',
        '          three four',
        '       1  five',
    ]


def test_a_table_with_too_many_columns_becomes_a_list_of_rows():
    rows = [('P-1', 1984, 'New South Wales'), ('P-2', None, '')]
    assert table_lines(('policynumber', 'year', 'state'), rows, 24) == [
        'row 1',
        '  policynum…  P-1',
        '  year        1984',
        '  state       New South',
        '              Wales',
        'row 2',
        '  policynum…  P-2',
        '  year',
        '  state',
    ]
    assert table_lines(('policynumber', 'year', 'state'), [], 20) == ['no rows; 3 columns']


def test_output_to_a_file_does_not_depend_on_a_terminal_unless_columns_is_set(monkeypatch):
    monkeypatch.delenv('COLUMNS', raising=False)
    assert terminal_width(io.StringIO()) is None
    for value, width in (('40', 40), ('0', 80), ('', None), ('wide', None)):
        monkeypatch.setenv('COLUMNS', value)
        assert terminal_width(io.StringIO()) == width


def test_a_terminal_is_not_exceeded(monkeypatch):
    """A child process prints to a terminal of 60 columns."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))
    code = f'from lib.local_lake.showing.output import print_rows; print_rows({NAMES!r}, [("a b " * 12,) * 5])'
    environment = {name: value for name, value in os.environ.items() if name != 'COLUMNS'}
    subprocess.run([sys.executable, '-c', code], stdout=follower, env=environment, check=True)
    os.close(follower)
    lines = os.read(leader, 10000).decode().splitlines()
    os.close(leader)
    assert len(lines) > 4 and max(map(len, lines)) <= 60 and lines[0].split() == list(NAMES)


def test_without_a_stream_rows_go_to_the_screen_as_a_table(capsys):
    print_rows(('a',), [(1,)])
    assert capsys.readouterr().out == 'a\n-\n1\n'
