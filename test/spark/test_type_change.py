"""Text becomes the number that Spark reads in it, or null; what Spark takes minutes or the whole job for is no number.
"""
from __future__ import annotations

from random import Random

import pytest
from pyspark.sql import functions as F

from lake_etl.transform.type_change import exact_number_from_text, number_from_text

TEXTS = (
    '0', '7', '-0', '007', '+5', '12.5', '-.5', '5.', '.', '-', '1e3', '2.5E-4', '1.5e2', '1e', '12d', '0x1F', 'NaN',
    'Infinity', '-Infinity', 'abc', 'N/A', 'e5', '', ' ', '\t', ' 12 ', '\n12.0', '12.0', '12.99', '1,234', '$5', '1 2',
    '2147483647', '2147483648', '-2147483649', '9223372036854775807', '9223372036854775808', '9' * 38, '9' * 39,
    '12345678901234.56', '0.005', '-0.005', '127', '128', '-32769', '1e400', '1e-400', '12e-1', '１２', '١٢', '12１', 'é1')
ENDLESS = ('1e-2147483647', '1e2147483647', '1e-99999999', '1E-99999999', ' 1e-99999999 ', '-1.5e-12345', '1e+99999999')
ALPHABET = '0123456789-+.eE dfN\t\u0661'
PLAIN_TYPES = ('decimal(16,2)', 'decimal(38,0)', 'double', 'float', 'boolean', 'date')
WHOLE_TYPES = ('tinyint', 'smallint', 'int', 'bigint')


@pytest.fixture(scope='module')
def texts(spark):
    """Texts of all kinds, and 4,000 made of them by some other characters; none has an exponent beyond three digits."""
    random = Random(7)
    made = {_changed(random, random.choice(TEXTS)) for _ in range(4000)}
    short = [text for text in (*TEXTS, *made) if not any(len(part) > 3 for part in text.lower().split('e')[1:])]
    frame = spark.createDataFrame([(text,) for text in sorted(short)] + [(None,)], 'text string').cache()
    yield frame
    frame.unpersist()


def _changed(random: Random, text: str) -> str:
    letters = list(text)
    for _ in range(random.choice((1, 1, 2, 3))):
        place = random.randrange(len(letters) + 1)
        letters[place:place + random.randrange(2)] = [random.choice(ALPHABET)] * random.randrange(2)
    return ''.join(letters)


def _differences(texts, read: str, expected: str) -> list[str]:
    unlike = f'NOT (CAST({read} AS string) <=> CAST({expected} AS string))'
    return [row.text for row in texts.where(unlike).collect()]


@pytest.mark.parametrize('kind', PLAIN_TYPES)
@pytest.mark.parametrize('read', [number_from_text, exact_number_from_text])
def test_text_becomes_what_spark_reads_in_it(texts, read, kind):
    assert _differences(texts, read('text', kind), f'try_cast(text AS {kind})') == []


@pytest.mark.parametrize('kind', WHOLE_TYPES)
def test_whole_numbers_are_exact_or_cut_off_behind_the_point(texts, kind):
    cut = f'coalesce(try_cast(text AS {kind}), try_cast(try_cast(text AS decimal(38,18)) AS {kind}))'
    assert _differences(texts, exact_number_from_text('text', kind), f'try_cast(text AS {kind})') == []
    assert _differences(texts, number_from_text('text', kind), cut) == []


@pytest.mark.parametrize('kind', ['decimal(16,2)', 'int', 'bigint'])
def test_an_exponent_without_end_is_no_number(spark, kind):
    rows = spark.createDataFrame([(text,) for text in ENDLESS], 'text string')
    found = rows.select(F.expr(number_from_text('text', kind)), F.expr(exact_number_from_text('text', kind))).collect()
    assert {tuple(row) for row in found} == {(None, None)}
