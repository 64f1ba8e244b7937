"""Dates in text have the patterns that all their values fit; what the values do not decide stays open."""
from __future__ import annotations

from datetime import date, timedelta

import pytest

from lake_etl.mapping.date_patterns import DatePatterns, date_patterns
from lake_etl.mapping.recommendation import with_dates

YEAR = [date(2026, 1, 1) + timedelta(days=7 * week) for week in range(52)]


@pytest.mark.parametrize(('python', 'spark'), [
    ('%d.%m.%Y', 'dd.MM.yyyy'), ('%d/%m/%Y', 'dd/MM/yyyy'), ('%m/%d/%Y', 'MM/dd/yyyy'), ('%d-%m-%Y', 'dd-MM-yyyy'),
    ('%Y/%m/%d', 'yyyy/MM/dd'), ('%d/%m/%y', 'dd/MM/yy'), ('%m-%d-%y', 'MM-dd-yy'), ('%d-%b-%Y', 'dd-MMM-yyyy'),
    ('%d %b %Y', 'dd MMM yyyy'), ('%Y.%m.%d', 'yyyy.MM.dd')])
def test_the_values_of_a_year_decide_the_pattern(python, spark):
    assert date_patterns(day.strftime(python) for day in YEAR) == DatePatterns('date', (spark,))


@pytest.mark.parametrize(('values', 'expected'), [
    (['01/02/2026', '03/04/2026'], DatePatterns('date', ('dd/MM/yyyy', 'MM/dd/yyyy'))),
    (['01.02.2026'], DatePatterns('date', ('dd.MM.yyyy', 'MM.dd.yyyy'))),
    (['1/2/2026', '31/12/2026'], DatePatterns('date', ('d/M/yyyy',))),
    (['31.01.2026 10:30', None, ''], DatePatterns('timestamp', ('dd.MM.yyyy HH:mm',))),
    (['31.01.2026T10:30:15'], DatePatterns('timestamp', ("dd.MM.yyyy'T'HH:mm:ss",))),
    (['31/01/2026', '01/31/2026'], None), (['31/02/2026'], None), (['31.01.2026', 'unknown'], None),
    (['31.01.2026', '31/01/2026'], None), (['1.2.3'], None), (['10.20.30.40'], None), (['A-1-2026'], None),
    (['31-JAN-2026'], None), (['20260131'], None), ([], None), ([None, ' '], None),
    (['26/12/31'], DatePatterns('date', ('dd/MM/yy', 'yy/MM/dd'))),
])
def test_a_pattern_fits_all_values_or_none(values, expected):
    assert date_patterns(values) == expected


def test_decided_dates_become_transforms_before_the_types_and_others_are_said():
    spec = {'description': 'Proposed.', 'input_spec': {}, 'transform_spec': {'changetype': {'n': 'int'}}}
    found = {'a': DatePatterns('date', ('dd.MM.yyyy',)), 'b': DatePatterns('timestamp', ('dd.MM.yyyy HH:mm',)),
             'c': DatePatterns('date', ('dd/MM/yyyy', 'MM/dd/yyyy'))}
    proposed = with_dates(spec, found)
    assert list(proposed['transform_spec'].items()) == [
        ('date', [{'field': 'a', 'format': 'dd.MM.yyyy'}]),
        ('timestamp', [{'field': 'b', 'format': 'dd.MM.yyyy HH:mm'}]), ('changetype', {'n': 'int'})]
    assert proposed['description'] == ('Proposed. The dates in c fit dd/MM/yyyy and MM/dd/yyyy; write a transform with '
                                       'the right one.')
