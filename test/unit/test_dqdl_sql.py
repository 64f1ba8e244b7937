"""Numbers and days as Spark SQL has them."""
from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest

from lake_etl.quality.evaluation.sql_expressions import date_literal, number_literal


@pytest.mark.parametrize(('value', 'expected'), [
    (Decimal('5'), '(5BD)'), (Decimal('-0.50'), '(-0.50BD)'), (Decimal('1E+3'), '(1000BD)'),
    (Decimal('1E-10'), '(0.0000000001BD)'), (1.5, '(1.5D)'), (-1e-7, '(-1e-07D)'), (1e300, '(1e+300D)'),
    (math.inf, "CAST('inf' AS double)")])
def test_numbers_keep_their_digits_and_their_type(value, expected):
    assert number_literal(value) == expected


def test_a_day_is_a_date():
    assert date_literal(date(987, 3, 15)) == "DATE '0987-03-15'"
