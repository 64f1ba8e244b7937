"""The similarity of two values is what the recordlinkage library, or RapidFuzz, says it is."""
from __future__ import annotations

import math
import random
from datetime import date, timedelta
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rapidfuzz.distance import JaroWinkler

from lake_etl.config.match_field import METHODS, OTHER_NAMES, Field
from lake_etl.config.match_specification import Level
from lake_etl.match.scoring import WeightedScorer
from lake_etl.match.similarity import ARROW_TYPES, Pairs, operands, similarities

NAMES = ['Smith', 'Smyth', 'smith', 'Mc Donald', 'Mac  Donald', 'Müller', 'Mueller', 'van der Berg', 'Berg, van der',
         'a', 'ab', 'ba', 'abcabc', 'cabcab', 'Nguyễn Thị', 'Jonathan Livingston', 'Livingstone Jonathan', 'xyzzy']


def measured(field, left, right):
    """Return the similarities of values given as Python lists, one list for each column of the field."""
    def side(columns):
        return {operand: pa.array(values, ARROW_TYPES[operand.kind])
                for operand, values in zip(operands(field), columns, strict=True)}
    return similarities(field, Pairs(side(left), side(right)))


def expected(kind, left, right, **options):
    """Return what recordlinkage computes for the same values."""
    import recordlinkage  # It takes as long to import as all these tests take, also where none of them runs.
    frames = [pd.DataFrame({str(number): values for number, values in enumerate(columns)})
              for columns in (left, right)]
    names = [str(number) for number in range(len(left))]
    compare = recordlinkage.Compare()
    getattr(compare, kind)(*names, *names, **options)
    index = pd.MultiIndex.from_arrays([frames[0].index, frames[1].index])
    return compare.compute(index, *frames).to_numpy()[:, 0]


@pytest.mark.parametrize('method', METHODS['string'])
def test_texts_are_measured_as_recordlinkage_measures_them(method):
    left, right = zip(*product(NAMES, repeat=2), strict=True)
    found = measured(Field(fieldname='a', type='string', method=method), [left], [right])
    assert found == pytest.approx(expected('string', [left], [right], method=method), abs=1e-12)
    assert 0 <= found.min() and found.max() == 1


def test_jarowinkler_is_that_of_rapidfuzz_to_the_last_bit():
    draw = random.Random(1)
    names = [''.join(draw.choice('abcdé ') for _ in range(draw.randint(0, 9))) for _ in range(400)]
    left, right = names[:200], names[200:]
    found = measured(Field(fieldname='a', type='string', method='jarowinkler'), [left], [right])
    assert found.tolist() == [JaroWinkler.similarity(one, other) for one, other in zip(left, right, strict=True)]


@pytest.mark.parametrize(('name', 'main'), OTHER_NAMES.items())
def test_methods_go_by_the_other_names_of_recordlinkage_too(name, main):
    kinds = [kind for kind, methods in METHODS.items() if main in methods]
    assert {Field(fieldname='a', type=kind, method=name, longitude='b' if kind == 'geographic' else None).measure
            for kind in kinds} == {main}


@pytest.mark.parametrize('method', METHODS['numeric'])
def test_numbers_are_measured_as_recordlinkage_measures_them(method):
    left, right = map(list, zip(*product([0.0, 1.0, 2.5, -3.0, 40.0], repeat=2), strict=True))
    options = {'offset': 0.5, 'scale': 2.0, 'origin': 1.0}
    theirs = {key: value for key, value in options.items() if method != 'step' or key != 'scale'}
    found = measured(Field(fieldname='a', type='numeric', method=method, **options), [left], [right])
    assert found == pytest.approx(expected('numeric', [left], [right], method=method, **theirs), abs=1e-12)


def test_places_are_measured_as_recordlinkage_measures_them():
    places = [(52.5, 13.4), (52.4, 13.1), (-33.9, 151.2), (0.0, 180.0), (0.0, -179.9)]
    left, right = zip(*product(places, repeat=2), strict=True)
    left, right = list(zip(*left, strict=True)), list(zip(*right, strict=True))
    field = Field(fieldname='lat', longitude='lng', type='geographic', method='gauss', scale=30.0)
    assert measured(field, left, right) == pytest.approx(
        expected('geo', left, right, method='gauss', scale=30.0), abs=1e-9)


def test_dates_are_measured_as_recordlinkage_measures_them():
    days = [date(1980, 6, 7), date(1980, 7, 6), date(1980, 7, 7), date(1980, 9, 12), date(1980, 10, 12),
            date(1980, 12, 9), date(1981, 6, 7), date(1899, 2, 28), date(1980, 6, 6) + timedelta(days=365)]
    left, right = zip(*product(days, repeat=2), strict=True)
    theirs = expected('date', [pd.to_datetime(list(left))], [pd.to_datetime(list(right))])
    assert measured(Field(fieldname='a', type='date'), [left], [right]).tolist() == theirs.tolist()


@pytest.mark.parametrize(('kind', 'value'), [
    ('exact', 'x'), ('string', 'x'), ('numeric', 1.0), ('date', date(2000, 1, 1))])
def test_a_null_is_similar_to_nothing_not_even_to_a_null(kind, value):
    field = Field(fieldname='a', type=kind, threshold=0.0)
    assert measured(field, [[value, None, value, None]], [[value, value, None, None]]).tolist() == [1, 0, 0, 0]


def test_a_threshold_makes_similarities_0_or_1():
    field = Field(fieldname='a', type='string', method='jarowinkler', threshold=0.85)
    assert measured(field, [['Martha', 'Martha', 'Martha']], [['Marhta', 'Max', 'Martha']]).tolist() == [1, 0, 1]


def test_numbers_that_are_none_are_like_nulls():
    field = Field(fieldname='a', type='numeric')
    assert measured(field, [[math.nan, math.inf, 1.0]], [[1.0, math.inf, 1.0]]).tolist() == [0, 0, 1]


def test_the_score_of_a_level_is_the_weighted_average_of_its_fields():
    level = Level(id='1', blocks=('zip',), threshold=1.0, fields=(
        Field(fieldname='first', type='exact', weight=0.7), Field(fieldname='last', type='exact', weight=0.15),
        Field(fieldname='street', type='exact', weight=0.15), Field(fieldname='city', type='exact', weight=0.0)))
    scorer = WeightedScorer(level)
    assert [operand.column for operand in scorer.operands()] == ['first', 'last', 'street', 'city']
    left = {operand: pa.array(['x', 'x', 'x']) for operand in scorer.operands()}
    right = {operand: pa.array(['x', 'x' if operand.column == 'first' else 'y', None]) for operand in left}
    assert scorer.score(Pairs(left, right)).tolist() == [1.0, 0.7, 0.0]


def test_no_pairs_have_no_scores():
    for kind, method in [('exact', None), ('date', None), *(('string', name) for name in METHODS['string'])]:
        assert np.array_equal(measured(Field(fieldname='a', type=kind, method=method), [[]], [[]]), np.zeros(0))
