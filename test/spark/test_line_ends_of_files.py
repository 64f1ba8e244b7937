"""Delimited text with any mixture of line ends gives the rows of Python's csv reader, small or over several tasks."""
from __future__ import annotations

import csv
import io
import random

import pytest

from lake_etl.config.input import InputSpec
from lake_etl.read import delimited, line_scan
from lake_etl.read.malformed import malformed_column
from lake_etl.read.source import read_collected_file

ENDS = ('\n', '\r\n', '\r')
PLAIN = ('x', 'ü', ' b ', '\x85', 'a\x85b', '""', '"q,r"', '"say ""x"""')
BREAKS = ('\n', '\r\n', '\r', '\x85', '""', 'y')


def file_of(generator: random.Random) -> str:
    """A file of three columns; its header and rows end in one, two or three ways, some values contain line breaks."""
    ends = generator.sample(ENDS, generator.randint(1, 3))
    with_breaks = generator.random() < 0.7

    def value() -> str:
        if with_breaks and generator.random() < 0.2:
            return f'"l{"".join(generator.choice(BREAKS) for _ in range(3))}m"'
        return generator.choice(PLAIN)
    header = generator.choice(('a,b,c', '"a","b",c', 'a,"b\r\nb",c' if with_breaks else 'a,b,c'))
    lines = [header, *(f'r{number},{value()},{value()}' for number in range(generator.randint(1, 12)))]
    last = generator.choice(('', generator.choice(ends)))
    return ''.join(line + generator.choice(ends) for line in lines[:-1]) + lines[-1] + last


@pytest.mark.parametrize('split_bytes', [10, 1 << 25], ids=['larger than the split', 'small'])
def test_rows_are_those_of_a_plain_reader(spark, spark_settings, tmp_path, monkeypatch, split_bytes):
    generator = random.Random(20 + split_bytes)
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    monkeypatch.setattr(line_scan, 'RANGE_BYTES', 40)
    with spark_settings({'spark.sql.files.maxPartitionBytes': 50, 'spark.sql.files.openCostInBytes': 1}):
        for number in range(12):
            text = file_of(generator)
            file = tmp_path / f'{number}.csv'
            file.write_bytes(text.encode())
            spec = InputSpec(infer_types=False)
            found = read_collected_file(spark, str(file), spec, scratch=str(tmp_path / f'scratch-{number}'))
            expected = [tuple(value or None for value in row) for row in csv.reader(io.StringIO(text, newline=''))][1:]
            mark = malformed_column(found)
            assert sorted(map(tuple, found.drop(mark or '').collect())) == sorted(expected), repr(text)


def test_a_lone_carriage_return_ends_a_row_whatever_the_size_of_the_file(spark, tmp_path, monkeypatch):
    results = []
    for split_bytes in (10, 1 << 25):
        monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
        (tmp_path / 'a.csv').write_bytes(b'a,b\n1,x\ry,2\n3,z\n')
        found = read_collected_file(spark, str(tmp_path / 'a.csv'), InputSpec(), scratch=str(tmp_path / 'scratch'))
        results.append(sorted(map(tuple, found.collect())))
    assert results[0] == results[1] == [('1', 'x'), ('3', 'z'), ('y', '2')]
