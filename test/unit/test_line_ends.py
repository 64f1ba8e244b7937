"""Rows that end in different ways get line feeds, and the values stay as Python's csv reader reads them."""
from __future__ import annotations

import csv
import io
import random

import pytest

from lake_etl.read.delimited_records import Dialect
from lake_etl.read.line_ends import line_ends, with_line_feeds

CSV = Dialect(',', '"', '"', header=True)
BACKSLASH = Dialect(';', "'", '\\', header=True)
ENDS, PIECES = ('\n', '\r\n', '\r'), ('x', '', 'ü', ' ', '\x85', '5" pipe', 'a"b"')
QUOTED = ('\n', '\r\n', '\r', '""', ',', 'y', '\x85', '\n\n', '')


def text_of(generator: random.Random) -> str:
    def value() -> str:
        if generator.random() < 0.5:
            return generator.choice(PIECES)
        return f'"{"".join(generator.choice(QUOTED) for _ in range(generator.randint(0, 4)))}"'
    return ''.join(','.join(['r', *(value() for _ in range(generator.randint(0, 3)))]) + generator.choice(ENDS)
                   for _ in range(generator.randint(1, 6)))


def rows_of(text: str, **dialect) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=''), **dialect))


def test_rows_and_values_stay_and_every_row_ends_with_a_line_feed_however_the_text_is_cut():
    generator = random.Random(3)
    for _ in range(3000):
        text = text_of(generator)
        content, size = text.encode(), generator.choice((1, 2, 3, 7, 1000))
        chunks = [content[start:start + size] for start in range(0, len(content), size)]
        found = b''.join(with_line_feeds(chunks, CSV)).decode()
        assert rows_of(found) == rows_of(text), (text, size)
        outside = ''.join(found.split('"')[::2]) if '5"' not in text and 'a"' not in text else ''
        assert '\r' not in outside


@pytest.mark.parametrize(('text', 'expected'), [
    ("a;'b\\'\r\nc'\r\nd;e\r", "a;'b\\'\r\nc'\nd;e\n"),
    ("a;'b\\\\'\r\nc\r\n", "a;'b\\\\'\nc\n"),
    ("\ufeff'a\r\nb'\r\n", "'a\r\nb'\n"),
    ('', ''),
    ('a\rb', 'a\nb'),
])
def test_escapes_and_byte_order_marks_are_understood(text, expected):
    assert b''.join(with_line_feeds([text.encode()], BACKSLASH)).decode() == expected


def test_line_ends_are_told_apart():
    assert line_ends(b'a\r\nb\rc\n') == {'\r\n', '\r', '\n'} and line_ends(b'a\r\n') == {'\r\n'}
    assert line_ends('a\x85b'.encode()) == set()
