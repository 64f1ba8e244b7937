"""Audits count rows and add up amounts exactly, alone in one pass or on the way to where a frame is written."""
from __future__ import annotations

import math
from decimal import Decimal

import pytest

from lake_etl.publish.audit import Audit, attach_audit, take_audit

# A query, and the audit of its rows.
AUDITS = {
    'amounts of every kind': (
        "SELECT * FROM VALUES ('x', 1, 1.10BD, 1.5D, float(0.5)), ('y', 2, 2.25BD, -0.5D, float(2)) t(a, b, c, d, e)",
        Audit(2, 5, {'c': Decimal('3.35'), 'd': 1.0, 'e': 2.5})),
    'nulls among amounts': (
        'SELECT * FROM VALUES (1.10BD, cast(NULL AS double)), (NULL, NULL) t(c, d)',
        Audit(2, 2, {'c': Decimal('1.10'), 'd': None})),
    'no amounts': ("SELECT 'x' AS a, 1 AS b, true AS c", Audit(1, 3, {})),
    'no rows': ('SELECT 1.5BD AS a WHERE false', Audit(0, 1, {'a': None})),
    'odd names': ('SELECT 1.5BD AS `a.b`, 2.5BD AS `c``d e`, 1.0BD AS rows, 2.0BD AS total_0',
                  Audit(1, 4, {'a.b': Decimal('1.5'), 'c`d e': Decimal('2.5'), 'rows': Decimal('1.0'),
                               'total_0': Decimal('2.0')})),
    'members of structs are no amounts': ('SELECT struct(1.5BD AS x) AS a', Audit(1, 1, {})),
    'exact to the cent': ('SELECT cast(0.1 AS decimal(16,2)) AS a FROM range(1000)',
                          Audit(1000, 1, {'a': Decimal('100.00')})),
    'sums beyond the precision of the amounts': (
        "SELECT cast('99999999999999.99' AS decimal(16,2)) AS a FROM range(100)",
        Audit(100, 1, {'a': Decimal('9999999999999999.00')})),
}


@pytest.mark.parametrize('case', AUDITS)
def test_rows_are_counted_and_amounts_added_up(spark, case):
    query, expected = AUDITS[case]
    assert take_audit(spark.sql(query)) == expected


@pytest.mark.timeout(120)  # An audit that never came would be waited for.
@pytest.mark.parametrize('case', AUDITS)
def test_the_audit_on_the_way_is_the_same(spark, tmp_path, case):
    query, expected = AUDITS[case]
    df = spark.sql(query).repartition(2)
    observed, pending = attach_audit(df)
    assert observed.schema == df.schema
    observed.write.format('noop').mode('overwrite').save()
    assert pending.result() == expected


def test_the_widest_decimals_never_overflow(spark):
    audit = take_audit(spark.sql(f"SELECT cast('{'9' * 38}' AS decimal(38,0)) AS a FROM range(100)"))
    assert audit.totals['a'] == pytest.approx(1e40)


def test_what_is_no_number_is_told_as_such(spark):
    audit = take_audit(spark.sql("SELECT double('NaN') AS a, double('-Infinity') AS b"))
    assert math.isnan(audit.totals['a']) and audit.totals['b'] == -math.inf


@pytest.mark.parametrize('columns', [1, 60])
def test_an_audit_costs_one_pass_whatever_the_number_of_columns(spark, spark_jobs, columns):
    df = spark.range(10).selectExpr(*[f'id * 1.5 AS a{number}' for number in range(columns)])
    with spark_jobs() as jobs:
        take_audit(df)
        assert jobs() == 2, 'Spark counts a shuffle and what follows it as two jobs'


@pytest.mark.parametrize('columns', [1, 60])
def test_an_audit_on_the_way_adds_no_job_at_all(spark, spark_jobs, columns):
    df = spark.range(10).selectExpr(*[f'id * 1.5 AS a{number}' for number in range(columns)])
    with spark_jobs() as jobs:
        observed, pending = attach_audit(df)
        observed.write.format('noop').mode('overwrite').save()
        assert pending.result().rows == 10 and jobs() == 1
