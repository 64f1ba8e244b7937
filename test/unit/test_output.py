"""Rows on the screen: aligned tables for people, CSV and JSON for programs."""
from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest

from lib.local_lake.showing.output import print_rows, table_lines


def test_numbers_stand_to_the_right_and_texts_to_the_left():
    rows = [('Motor', 1234567, Decimal('10.50')), ('Home', 8, None), (None, None, Decimal('-0.10'))]
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
    (1000, '1,000'),
    (1000.5, '1000.5'),
    (Decimal('1E+3'), '1E+3'),
    (date(2026, 11, 24), '2026-11-24'),
    ('two\nlines\tand  spaces', 'two lines and spaces'),
    ('x' * 60, 'x' * 60),
    ('x' * 61, 'x' * 59 + '…'),
    ('日本', '日本'),
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
    rows = [(Decimal('7'), Decimal('7.50'), None, date(2026, 11, 24), 'Straße', True)]
    text = printed(('whole', 'amount', 'nothing', 'day', 'text', 'flag'), rows, 'json')
    assert json.loads(text) == [{'whole': 7, 'amount': 7.5, 'nothing': None, 'day': '2026-11-24', 'text': 'Straße',
                                 'flag': True}]
    assert 'Straße' in text
    assert json.loads(printed(('a',), [], 'json')) == []


def test_without_a_stream_rows_go_to_the_screen_as_a_table(capsys):
    print_rows(('a',), [(1,)])
    assert capsys.readouterr().out == 'a\n-\n1\n'
