"""Lines that the scan accepts have as many values as the header, as Python's csv reader splits them."""
from __future__ import annotations

import csv
import random
from functools import reduce

import pytest

from lake_etl.read import line_scan
from lake_etl.read.delimited_records import Dialect
from lake_etl.read.line_scan import LineScan, scan_content

COMMAS = Dialect(',', '"', '"', header=True)
EVEN, UNEVEN, ODD = (False, False), (False, True), (True, True)
PLAIN, QUOTED = ('', 'x', 'ü ', 'a b'), ('""', '"x"', '"a,b"', '"5"" pipe"', '",,"', '""""')
STRAY = ('x"', '5" pipe', '"x"y', '"x', ' "x"', '"x"y"')


def quotes(scan: LineScan) -> tuple[bool, bool]:
    """Whether a line has an odd number of quotes, and whether one is ragged."""
    return scan.odd_quotes, scan.ragged


def line_of(generator: random.Random, kinds: tuple[str, ...]) -> str:
    return ','.join(generator.choice(kinds) for _ in range(generator.randint(1, 5)))


def values_in(line: str) -> int:
    return len(next(csv.reader([line]), ()))


def test_a_line_that_is_taken_for_even_has_three_values_and_a_well_formed_one_is():
    generator = random.Random(7)
    for kinds in (PLAIN, QUOTED, PLAIN + QUOTED, PLAIN + QUOTED + STRAY):
        for line in [line for line in (line_of(generator, kinds) for _ in range(1000)) if line]:
            scan = scan_content(f'{line}\n'.encode(), COMMAS, 3)
            if not scan.ragged:
                assert values_in(line) == 3, line
            if kinds != PLAIN + QUOTED + STRAY:
                assert quotes(scan) == (EVEN if values_in(line) == 3 else UNEVEN), line


@pytest.mark.parametrize(('content', 'dialect', 'scan'), [
    ('a,b\n1,2\n\n3,4', COMMAS, EVEN),
    ('a,b\r\n1,2\r\n', COMMAS, EVEN),
    ('a,b\n1\n', COMMAS, UNEVEN),
    ('a,b\n1,2,3\n', COMMAS, UNEVEN),
    ('a,b\n1,x\ry,2\n', COMMAS, EVEN),
    ('a,b\n1,x\ry\n', COMMAS, UNEVEN),
    ('a,b\n1,"x\ny"\n', COMMAS, ODD),
    ('a,b\n"1,2"\n"3",4\n', COMMAS, UNEVEN),
    ('', COMMAS, EVEN),
    ('a||b\n1||2\n', Dialect('||', '"', '"', True), UNEVEN),
    ('a,b\n1,"x\\"y"\n', Dialect(',', '"', '\\', True), UNEVEN),
    ('a,b\n1,"x\\"\ny"\n', Dialect(',', '"', '\\', True), ODD),
    ('a,b\n1,„x\ny„\n', Dialect(',', '„', '„', True), ODD),
    ('a\tb\n1\t"2\n', Dialect('\t', '', '', True), EVEN),
    ('ä;b\nö;2\n', Dialect(';', '"', '"', True, 'windows-1252'), EVEN),
], ids=repr)
def test_a_scan_tells_open_quotes_and_ragged_lines(content, dialect, scan):
    assert quotes(scan_content(content.encode(dialect.encoding), dialect, 2)) == scan


@pytest.mark.parametrize('end', ['', '\n'], ids=['no line end at the end', 'a line end at the end'])
def test_each_line_of_a_file_is_seen_once_wherever_ranges_begin(tmp_path, monkeypatch, end):
    content = '\n'.join('x' * (number % 7) for number in range(60)) + end
    file = tmp_path / 'lines.csv'
    file.write_text(content, encoding='utf-8')
    monkeypatch.setattr(line_scan, 'STEP_BYTES', 2)
    for size in (1, 2, 3, 10, 64, len(content), len(content) + 1):
        parts = [line_scan._read_lines(str(file), start, size) for start in range(0, len(content), size)]
        assert b''.join(lines for _, lines in parts).decode() == content, size
        assert all(content.encode()[begin:begin + len(lines)] == lines for begin, lines in parts)


def test_a_scan_does_not_depend_on_the_blocks_in_which_lines_are_scanned(monkeypatch):
    generator = random.Random(11)
    contents = ['\n'.join(line_of(generator, PLAIN + QUOTED + STRAY) for _ in range(count)).encode()
                for count in (1, 2, 6) for _ in range(200)]
    whole = [scan_content(content, COMMAS, 3) for content in contents]
    assert len({quotes(scan) for scan in whole}) == 3
    for size in (1, 5, 40):
        monkeypatch.setattr(line_scan, 'BLOCK_BYTES', size)
        assert [scan_content(content, COMMAS, 3) for content in contents] == whole


@pytest.mark.parametrize(('content', 'stray', 'unclosed'), [
    ('a,b\n1,"x\ny"\n2,z\n', False, False),
    ('a,b\n1,"x\n""y"" z\n"\n2,""\n', False, False),
    ('\ufeff"a","b"\n1,"x\ny"\n', False, False),
    ('a,b\n1,"x\ny"\n2,"Smith, "Bob" Jones"\n3,"u\nv"\n4,w\n', True, False),
    ('a,b\n1,"x "y\nz" u"\n2,v\n', True, False),
    ('a,b\n1,5" pipe\n2,"x\ny"\n3,z\n', True, False),
    ('a,b\n1,"x\ny"\n2,"u\n3,v\n4,w\n', False, True),
    ('a,b\n1,5" pipe\n2,"x\n3,y\n', True, True),
], ids=repr)
def test_stray_and_unclosed_quotes_are_found_across_line_breaks_wherever_ranges_begin(
        tmp_path, monkeypatch, content, stray, unclosed):
    file = tmp_path / 'a.csv'
    file.write_text(content, encoding='utf-8', newline='')
    whole = scan_content(content.encode(), COMMAS, 2)
    assert (whole.stray, whole.unclosed) == (stray, unclosed)
    monkeypatch.setattr(line_scan, 'STEP_BYTES', 2)
    for size in (1, 2, 7, 11, 40):
        scans = [line_scan._scan_range(COMMAS, 2, (str(file), start, size))
                 for start in range(0, file.stat().st_size, size)]
        parts = reduce(LineScan.then, scans)
        assert (parts.stray, parts.unclosed) == (stray, unclosed), size


def test_a_scan_tells_line_ends_and_the_first_byte_that_is_not_in_the_encoding():
    contents = (b'a\r\nb\n', b'a\rb\r\n', b'a\xe9\n\xff\n')
    scans = [scan_content(content, COMMAS, 1, ('file', 100)) for content in contents]
    assert [scan.line_ends for scan in scans] == [{'\r\n', '\n'}, {'\r', '\r\n'}, {'\n'}]
    assert [scan.bad_byte for scan in scans] == [None, None, ('file', 101)]
    assert (scans[2] | scan_content(b'\xff', COMMAS, 1, ('file', 7))).bad_byte == ('file', 7)
