"""The worked example of the developer guide: its declared transform and its plain function do what it says."""
from __future__ import annotations

import re
import sys
from datetime import date
from decimal import Decimal
from importlib import util
from pathlib import Path

import pytest

from lake_etl.errors import ConfigurationError, DataError
from lake_etl.transform.registry import REGISTRY

EXAMPLE = Path(__file__).resolve().parents[2] / 'docs' / 'examples' / 'datatransform_example.py'
ARGS = {'source_key': 'Claims/Payment'}
SPEC = {'field': 'LossRatio', 'incurred_amount': 'incurred', 'earned_premium': 'earned'}
CASES = [
    ('30.00', '120.00', Decimal('0.2500')),
    ('10.00', '30.00', Decimal('0.3333')),
    ('-5.00', '10.00', Decimal('-0.5000')),
    ('10.00', '0.00', None),
    (None, '10.00', None),
    ('10.00', None, None),
]


@pytest.fixture(scope='module')
def example():
    """The module as the lake would import it; what it registers is gone again afterwards."""
    before = dict(REGISTRY)
    spec = util.spec_from_file_location('datatransform_example', EXAMPLE)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]
    REGISTRY.clear()
    REGISTRY.update(before)


def test_the_declared_transform_divides_and_gives_null_without_premium(spark, example):
    rows = [(number, incurred and Decimal(incurred), earned and Decimal(earned))
            for number, (incurred, earned, _) in enumerate(CASES)]
    df = spark.createDataFrame(rows, 'number int, incurred decimal(16,2), earned decimal(16,2)')
    result = example.transform_lossratio(df, [SPEC], ARGS, None)
    assert dict(result.dtypes)['LossRatio'] == 'decimal(14,4)'
    assert [row['LossRatio'] for row in result.orderBy('number').collect()] == [ratio for *_, ratio in CASES]


@pytest.mark.parametrize('wrong, message', [
    ({'scale': 9}, "'scale' must be a whole number from 1 to 6, got 9"),
    ({'incured_amount': 'incurred'}, "did you mean 'incurred_amount'?"),
])
def test_the_declared_transform_refuses_a_wrong_specification(spark, example, wrong, message):
    df = spark.createDataFrame([(date(2026, 1, 31),)], 'paid date')
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        example.transform_lossratio(df, [{**SPEC, **wrong}], ARGS, None)


def test_the_declared_transform_names_a_column_that_is_missing(spark, example):
    df = spark.createDataFrame([(Decimal('1.00'),)], 'incurred decimal(16,2)')
    with pytest.raises(DataError, match="Column 'earned' is not there"):
        example.transform_lossratio(df, [SPEC], ARGS, None)


def test_the_plain_function_leaves_columns_out(spark, example):
    df = spark.createDataFrame([(1, 2, 3)], 'a int, b int, c int')
    assert example.transform_dropcolumns(df, ['b', 'absent'], ARGS, None).columns == ['a', 'c']
