"""Lines that are taken to hold as many values as the header do so, as Python's csv reader takes them apart."""
from __future__ import annotations

import csv
import random

import pytest
from pyspark.sql import functions as F

from lake_etl.read.even_lines import may_be_uneven, surely_even
from lake_etl.read.header import Dialect

COMMAS = Dialect(',', '"', '"', header=True)
PLAIN, QUOTED = ('', 'x', 'ü ', 'a b'), ('""', '"x"', '"a,b"', '"5"" pipe"', '",,"', '""""')
ODD = ('x"', '5" pipe', '"x"y', '"x', ' "x"')


def line_of(generator: random.Random, kinds: tuple[str, ...]) -> str:
    return ','.join(generator.choice(kinds) for _ in range(generator.randint(1, 5)))


def values_in(line: str) -> int:
    return len(next(csv.reader([line]), ()))


def test_a_line_that_is_taken_for_even_has_three_values_and_most_of_those_are(spark):
    generator = random.Random(7)
    lines = [line_of(generator, kinds) for kinds in (PLAIN, QUOTED, PLAIN + QUOTED, PLAIN + QUOTED + ODD)
             for _ in range(400)]
    rows = spark.createDataFrame([(line,) for line in lines], 'value string').select(
        'value', may_be_uneven(F.col('value'), COMMAS, 3).alias('doubtful')).collect()
    even = [row.value for row in rows if not row.doubtful]
    assert [line for line in even if line and values_in(line) != 3] == []
    well_formed = [line for line in lines[:1200] if line and values_in(line) == 3]
    assert set(well_formed) <= set(even)
    assert len(even) > 200


@pytest.mark.parametrize('dialect', [Dialect('||', '"', '"', True), Dialect(',', '"', '\\', True)],
                         ids=['two characters between values', 'quotes escaped by another character'])
def test_other_dialects_are_never_taken_for_even(spark, dialect):
    line = F.lit('a||b' if len(dialect.delimiter) > 1 else 'a,b')
    assert spark.range(1).select(may_be_uneven(line, dialect, 2)).first()[0]


@pytest.mark.parametrize(('content', 'even'), [
    ('a,b\n1,2\n\n3,4', True), ('a,b\r\n1,2\r\n', True), ('a;b\n1;2\n', False), ('a,b\n1\n', False),
    ('a,b\n1,2,3\n', False), ('a,b\n"1",2\n', False), ('a,b\n1,x\ry,2\n', False), ('ä,b\nö,2\n', True)])
def test_a_file_is_taken_for_even_by_its_delimiters(content, even):
    assert surely_even(content.encode(), COMMAS, 2) == even
