"""Premium transforms: equal to a plain Python oracle on thousands of policies, and exact where rows must add up."""
from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import and_

import pytest
from policy_oracle import (
    cents, earned_by_day, earned_by_month, end_date, fractional_months, normalized_months, policy_months, premium_of)
from pyspark.sql import functions as F

from datatransform_premium import (
    add_columns, transform_addcolumns, transform_earnedpremium, transform_enddate, transform_expandpolicymonths,
    transform_flipsign, transform_multiplycolumns, transform_policymonths)
from lake_etl.errors import DataError

ARGS = {'source_key': 'Gen/Policy'}
POLICY = {'policy_effective_date': 'effective', 'policy_expiration_date': 'expiration'}
PERIOD = {'period_start_date': 'period_start', 'period_end_date': 'period_end'}
EARNED = {**POLICY, **PERIOD, 'written_premium_list': ['first', 'second', 'third']}
EXPANDED = {**POLICY, 'policy_month_start_field': 'period_start', 'policy_month_end_field': 'period_end',
            'policy_month_index': 'month'}
COLUMNS = ('id int, effective date, expiration date, period_start date, period_end date, term int, '
           'first int, second double, third decimal(12,4)')
MONEY_COLUMNS = COLUMNS.replace('second double, third decimal(12,4)', 'second decimal(16,2), third decimal(9,1)')
# Columns of money are added up in another way than those of any type; some of their sums are too large for it.
PREMIUMS = pytest.mark.parametrize('money', [False, True], ids=['premiums of any type', 'money'])


def random_day(source: random.Random) -> date:
    """Return a day; every third one is at a month's end or beginning, or around a leap day."""
    day = date(source.randint(2015, 2028), source.randint(1, 12), source.randint(1, 28))
    shift = source.choice([0, 0, 0, 0, 1, 2])
    if shift == 1:
        return day.replace(day=1) - timedelta(days=source.randint(0, 2))
    return date(source.choice([2016, 2020, 2024]), 2, 28) + timedelta(days=source.randint(0, 2)) if shift else day


def random_term(source: random.Random) -> tuple[date, date]:
    """Return effective and expiration date: a year or so, within a month, one day, many years, or reversed."""
    effective = random_day(source)
    days = source.choice([364, 365, 366, 730, 0, source.randint(1, 27), source.randint(28, 62),
                          source.randint(63, 2000), -source.randint(1, 90)])
    return effective, effective + timedelta(days=days)


def random_policies(count: int, seed: int, money: bool = False) -> list[tuple]:
    """Return rows of COLUMNS, or of MONEY_COLUMNS; one in twenty of the dates and premiums is null."""
    source = random.Random(seed)

    def sometimes_null(value):
        return None if source.random() < 0.05 else value

    def policy(number: int) -> tuple:
        effective, expiration = random_term(source)
        start = effective + timedelta(days=source.randint(-45, 400))
        if source.random() < 0.7:
            start = start.replace(day=1)
            end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        else:
            end = start + timedelta(days=source.randint(-3, 120))
        return (number, *map(sometimes_null, (effective, expiration, start, end, source.randint(-24, 60),
                                              source.randint(-5000, 99_999_999), *amounts())))

    def amounts() -> tuple:
        if money:
            cents = source.choice([source.randint(-10**7, 10**9), source.randint(-10**7, 10**9),
                                   source.randint(-10**12 - 200, -10**12), source.randint(10**11, 10**13)])
            return Decimal(cents).scaleb(-2), Decimal(source.randint(-10**8, 10**8)).scaleb(-1)
        return source.randint(-10**7, 10**9) / 100, Decimal(source.randint(-10**9, 10**11)).scaleb(-4)
    return [policy(number) for number in range(count)]


@PREMIUMS
def test_every_policy_gets_what_the_definitions_say(spark, money):
    policies = random_policies(6000, 20240229, money)
    expected = []
    for number, effective, expiration, start, end, term, *premiums in policies:
        dates = (effective, expiration, start, end)
        premium = premium_of(premiums)
        expected.append((number, end_date(effective, term), fractional_months(effective, expiration),
                         normalized_months(effective, expiration), earned_by_day(premium, *dates),
                         earned_by_month(premium, *dates)))
    df = spark.createDataFrame(policies, MONEY_COLUMNS if money else COLUMNS)
    df = transform_enddate(df, [{'field': 'got_end', 'start_date': 'effective', 'num_months': 'term'}], ARGS, None)
    df = transform_policymonths(df, [{'field': 'got_months', **POLICY},
                                     {'field': 'got_normalized', 'normalized': True, **POLICY}], ARGS, None)
    df = transform_earnedpremium(df, [{'field': 'got_by_day', 'byday': True, **EARNED},
                                      {'field': 'got_by_month', **EARNED}], ARGS, None)
    oracle = spark.createDataFrame(expected, 'id int, end date, months decimal(16,2), normalized int, '
                                             'by_day decimal(16,2), by_month decimal(16,2)')
    fields = oracle.columns[1:]
    assert [df.schema[f'got_{name}'].dataType for name in fields] == [oracle.schema[name].dataType for name in fields]
    equal = [F.col(f'got_{name}').eqNullSafe(F.col(name)) for name in fields]
    compared = df.join(oracle, 'id').select('id', *fields, *(f'got_{name}' for name in fields),
                                            reduce(and_, equal).alias('all_equal')).collect()
    assert len(compared) == len(policies)
    assert [row for row in compared if not row.all_equal] == []
    assert all(sum(row[position] is not None for row in expected) > 1500 for position in range(1, 6))


# Start, months, and the end date.
FAR_ENDS = [
    (date(9999, 11, 30), 1, date(9999, 12, 30)), (date(9999, 11, 30), 2, None), (date(9000, 1, 1), 12_000, None),
    (date(1, 2, 28), -1, date(1, 1, 28)), (date(1, 1, 31), -1, None), (date(1, 3, 31), -119_988, None),
    (date(9999, 12, 31), -119_987, date(1, 1, 31)), (date(2024, 1, 1), 2**31 - 1, None)]


@pytest.fixture(scope='module')
def far_ends(spark):
    """The end date of each case, as text."""
    df = spark.createDataFrame([row[:2] for row in FAR_ENDS], 'start date, term int')
    df = transform_enddate(df, [{'field': 'end', 'start_date': 'start', 'num_months': 'term'}], ARGS, None)
    found = df.selectExpr("date_format(start, 'yyyy-MM-dd') AS start", 'term', "date_format(end, 'yyyy-MM-dd') AS end")
    return {(row.start, row.term): row.end for row in found.collect()}


@pytest.mark.parametrize(('start', 'term', 'end'), FAR_ENDS)
def test_an_end_date_out_of_the_years_1_to_9999_is_null(far_ends, start, term, end):
    assert far_ends[start.isoformat(), term] == (end and end.isoformat())


def test_every_policy_expands_to_the_months_that_the_definition_lists(spark):
    policies = random_policies(2000, seed=7)
    expected = [(row[0], *month) for row in policies for month in policy_months(row[1], row[2])]
    df = transform_expandpolicymonths(spark.createDataFrame(policies, COLUMNS), EXPANDED, ARGS, None)
    assert df.columns == ['id', 'effective', 'expiration', 'period_start', 'period_end', 'term', 'first', 'second',
                          'third', 'month']
    got = [tuple(row) for row in df.select('id', 'month', 'period_start', 'period_end').collect()]
    assert sorted(got, key=str) == sorted(expected, key=str)


@PREMIUMS
def test_reconciled_months_of_a_policy_add_up_to_its_premium_and_stray_by_a_cent_at_most(spark, money):
    policies = [row for row in random_policies(4000, 11, money) if None not in row[1:3] and row[1] <= row[2]]
    frame = spark.createDataFrame(policies, MONEY_COLUMNS if money else COLUMNS)
    df = transform_expandpolicymonths(frame, EXPANDED, ARGS, None)
    df = transform_earnedpremium(df, [
        {'field': 'by_day', 'byday': True, 'reconcile': True, **EARNED},
        {'field': 'by_month', 'reconcile': True, **EARNED},
        {'field': 'rounded_by_day', 'byday': True, **EARNED},
        {'field': 'rounded_by_month', **EARNED}], ARGS, None)
    rows = df.groupBy('id').agg(
        F.sum('by_day').alias('by_day'), F.sum('by_month').alias('by_month'),
        F.max(F.abs(F.col('by_day') - F.col('rounded_by_day'))).alias('day_error'),
        F.max(F.abs(F.col('by_month') - F.col('rounded_by_month'))).alias('month_error'),
        F.max((F.col('by_month').isNull() != F.col('rounded_by_month').isNull())).alias('differs_in_null')).collect()
    terms = {row[0]: (row[1], row[2]) for row in policies}
    premiums = {row[0]: cents(premium_of(row[6:])) for row in policies}
    assert len(rows) == len(policies) > 3000
    for row in rows:
        effective, expiration = terms[row.id]
        crosses = effective.month != expiration.month and normalized_months(effective, expiration) == 2 \
            and len(policy_months(effective, expiration)) == 2
        assert (row.by_day, row.by_month) == (premiums[row.id], premiums[row.id])
        assert row.day_error <= Decimal('0.01') and not row.differs_in_null
        assert crosses or row.month_error <= Decimal('0.01')


def test_reconciled_periods_of_any_length_add_up_when_they_tile_the_term(spark):
    source = random.Random(3)
    rows, premiums = [], {}
    for number in range(1500):
        effective, expiration = sorted(random_term(source))
        premium = Decimal(source.randint(-10**6, 10**8)).scaleb(-2)
        premiums[number] = premium
        start = effective
        while start <= expiration:
            end = min(start + timedelta(days=source.choice([0, 6, 29, 30, 90, 400])), expiration)
            rows.append((number, effective, expiration, start, end, None, None, None, premium))
            start = end + timedelta(days=1)
    df = transform_earnedpremium(spark.createDataFrame(rows, COLUMNS), [
        {'field': 'by_day', 'byday': True, 'reconcile': True, **EARNED},
        {'field': 'by_month', 'reconcile': True, **EARNED}], ARGS, None)
    sums = df.groupBy('id').agg(F.sum('by_day'), F.sum('by_month')).collect()
    assert {row[0]: (row[1], row[2]) for row in sums} == {key: (value, value) for key, value in premiums.items()}


# Type of three premiums, their values, and what is earned in a whole term.
KINDS = [
    ('int', [1, None, 2], Decimal('3.00')),
    ('smallint', [1, 2, 3], Decimal('6.00')),
    ('bigint', [10**12, None, 1], Decimal('1000000000001.00')),
    ('float', [0.5, 0.25, None], Decimal('0.75')),
    ('double', [0.1, 0.2, None], Decimal('0.30')),
    ('decimal(30,10)', [Decimal('0.0049999'), None, None], Decimal('0.00')),
    ('decimal(4,2)', [Decimal('99.99'), Decimal('99.99'), Decimal('99.99')], Decimal('299.97')),
    ('string', ['1.50', None, ' 2 '], Decimal('3.50')),
    ('string', ['1.50', 'n/a', None], None),
    ('double', [float('nan'), 1.0, None], None),
    ('double', [1e14, None, None], None),
    ('double', [None, None, None], Decimal('0.00')),
]


@pytest.fixture(scope='module')
def earned(spark):
    """What is earned of the premiums of each case, from one row with three columns for each."""
    day = date(2024, 5, 3)
    columns = [f'{name}{number} {kind}' for number, (kind, *_) in enumerate(KINDS) for name in 'abc']
    row = [value for _, values, _ in KINDS for value in values]
    df = spark.createDataFrame([(day, day, *row)], f'd date, e date, {", ".join(columns)}')
    spec = {'policy_effective_date': 'd', 'policy_expiration_date': 'e', 'period_start_date': 'd',
            'period_end_date': 'e', 'byday': True}
    return transform_earnedpremium(df, [
        {'field': f'earned{number}', 'written_premium_list': [f'{name}{number}' for name in 'abc'], **spec}
        for number, _ in enumerate(KINDS)], ARGS, None).first()


@pytest.mark.parametrize('number', range(len(KINDS)), ids=[f'{kind} {values}' for kind, values, _ in KINDS])
def test_premium_of_any_numeric_type_is_added(earned, number):
    assert earned[f'earned{number}'] == KINDS[number][2]


def test_policies_that_earned_nothing_by_the_old_definition_earn_their_premium(spark):
    rows = [
        # within one month; a whole calendar month; one day
        (1, date(2024, 2, 3), date(2024, 2, 20), date(2024, 2, 1), date(2024, 2, 29), None, 100, None, None),
        (2, date(2024, 2, 1), date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29), None, 100, None, None),
        (3, date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29), None, 100, None, None),
        # 26 days over a month's end: the definition stands, half a premium
        (4, date(2024, 1, 10), date(2024, 2, 5), date(2024, 1, 1), date(2024, 1, 31), None, 100, None, None),
        # reversed within one month: no policy
        (5, date(2024, 2, 20), date(2024, 2, 3), date(2024, 2, 1), date(2024, 2, 29), None, 100, None, None),
    ]
    df = transform_earnedpremium(spark.createDataFrame(rows, COLUMNS), [
        {'field': 'earned', **EARNED}, {'field': 'reconciled', 'reconcile': True, **EARNED}], ARGS, None)
    got = {row.id: (row.earned, row.reconciled) for row in df.collect()}
    whole, half = Decimal('100.00'), Decimal('50.00')
    assert got == {1: (whole, whole), 2: (whole, whole), 3: (whole, whole), 4: (half, whole), 5: (None, None)}


def test_sums_and_products_keep_the_type_and_read_text(spark):
    df = spark.createDataFrame(
        [(1, None, Decimal('2.50'), None, '1.5', 7)],
        'a int, b int, c decimal(16,2), d decimal(4,2), `text no.` string, s smallint')
    df = transform_addcolumns(df, [
        {'field': 'ints', 'source_columns': ['a', 'b']},
        {'field': 'decimals', 'source_columns': ['c', 'd']},
        {'field': 'mixed', 'source_columns': ['a', 'text no.']},
        {'field': 'one', 'source_columns': ['d']}], ARGS, None)
    df = transform_multiplycolumns(df, [
        {'field': 'product', 'source_columns': ['c', 'd']},
        {'field': 'emptied', 'source_columns': ['a', 'b'], 'empty_value': 0},
        {'field': 'half', 'source_columns': ['c', 'd'], 'empty_value': 0.5},
        {'field': 'half_int', 'source_columns': ['a', 'b'], 'empty_value': 0.5},
        {'field': 'text', 'source_columns': ['text no.', 'a']}], ARGS, None)
    df = transform_flipsign(df, [{'field': 'flipped', 'source': 'c'}, {'field': 's'}, {'field': 'text no.'}],
                            ARGS, None)
    df = df.withColumn('public', add_columns('a', 'b', 'c', 'd'))
    row = df.first()
    assert (row.ints, row.decimals, row.mixed, row.one) == (1, Decimal('2.50'), 2.5, Decimal('0.00'))
    assert (row['product'], row.emptied, row.half, row.half_int, row.text) == (
        Decimal('2.5000'), 0, Decimal('1.2500'), Decimal('0.5'), 1.5)
    assert (row.flipped, row.s, row['text no.'], row.public) == (Decimal('-2.50'), -7, -1.5, Decimal('3.50'))
    kinds = {field.name: field.dataType.simpleString() for field in df.schema}
    assert [kinds[name] for name in ('ints', 'decimals', 'one', 'product', 's', 'mixed')] == [
        'int', 'decimal(17,2)', 'decimal(4,2)', 'decimal(21,4)', 'smallint', 'double']


def test_dates_may_be_timestamps_or_text_and_months_any_number(spark):
    df = spark.createDataFrame(
        [(datetime(2024, 1, 31, 13, 5), '2025-01-31', '1', 13.0, Decimal('1.9'), 10**12, 'x')],
        'effective timestamp, expiration string, a string, b double, c decimal(4,1), d bigint, e string')
    df = transform_enddate(df, [{'field': f'end_{name}', 'start_date': 'effective', 'num_months': name}
                                for name in 'abcde'], ARGS, None)
    df = transform_policymonths(df, [{'field': 'months', **POLICY}], ARGS, None)
    row = df.first()
    assert [row[f'end_{name}'] for name in 'abcde'] == [
        date(2024, 2, 29), date(2025, 2, 28), date(2024, 2, 29), None, None]
    assert row.months == Decimal('12.00')


def test_months_that_lead_nowhere_or_are_no_number_give_no_end_date(spark):
    df = spark.createDataFrame([(date(2024, 1, 31), -2**31, '12d', '1e-2147483647', float('nan'), '119989')],
                               'effective date, a int, b string, c string, d double, e string')
    df = transform_enddate(df, [{'field': f'end_{name}', 'start_date': 'effective', 'num_months': name}
                                for name in 'abcde'], ARGS, None)
    assert [df.first()[f'end_{name}'] for name in 'abcde'] == [None] * 5


@pytest.mark.parametrize('transform, spec, message', [
    (transform_flipsign, [{'field': 'flag'}], "Column 'flag' has type boolean, but a number was expected"),
    (transform_addcolumns, [{'field': 'x', 'source_columns': ['missing']}], "Column 'missing' is not there"),
    (transform_policymonths, [{'field': 'x', 'policy_effective_date': 'flag', 'policy_expiration_date': 'flag'}],
     "Column 'flag' has type boolean, but a date was expected"),
    (transform_enddate, [{'field': 'x', 'start_date': 'day', 'num_months': 'flag'}],
     "Column 'flag' has type boolean, but a number was expected"),
])
def test_column_of_the_wrong_kind_is_named(spark, transform, spec, message):
    df = spark.createDataFrame([(True, date(2024, 1, 1))], 'flag boolean, day date')
    with pytest.raises(DataError, match=message):
        transform(df, spec, ARGS, None)


def test_unique_id_is_one_per_policy_and_the_same_however_often_the_frame_is_computed(spark):
    rows = [('same', date(2024, 1, 1), date(2024, 12, 31))] * 50 + [('no dates', None, None)] * 2
    df = spark.createDataFrame(rows, 'name string, effective date, expiration date').repartition(3)
    df = transform_expandpolicymonths(df, {**EXPANDED, 'uniqueid': 'policy_id'}, ARGS, None)
    first, second = df.collect(), df.where("month = 1 or month is null").select('policy_id').collect()
    assert len(first) == 50 * 12 + 2
    by_policy: dict[str, int] = {}
    for row in first:
        by_policy[row.policy_id] = by_policy.get(row.policy_id, 0) + 1
    assert sorted(by_policy.values()) == [1, 1] + [12] * 50
    assert {row.policy_id for row in second} == set(by_policy)


def test_expanding_needs_no_index_and_overwrites_columns_in_place(spark):
    df = spark.createDataFrame([(date(2024, 1, 31), 'x', date(2024, 2, 1))],
                               'effective date, start string, expiration date')
    spec = {**POLICY, 'policy_month_start_field': 'START', 'policy_month_end_field': 'end', 'uniqueid_field': 'id'}
    got = transform_expandpolicymonths(df, spec, ARGS, None)
    assert [name.lower() for name in got.columns] == ['effective', 'start', 'expiration', 'id', 'end']
    assert [(row[1], row[4]) for row in got.collect()] == [
        (date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 2, 1), date(2024, 2, 29))]


def test_helpers_of_a_premium_take_no_name_that_a_column_has(spark):
    days = date(2026, 1, 1), date(2027, 1, 1), date(2026, 1, 1), date(2026, 1, 31)
    df = spark.createDataFrame([(*days, Decimal('120.00'), 'a', 'b', 'c')],
                               'effective date, expiration date, period_start date, period_end date, '
                               'first decimal(16,2), premium_0 string, PARTS_0 string, parts_2 string')
    spec = {**POLICY, **PERIOD, 'written_premium_list': ['first']}
    after = transform_earnedpremium(df, [{'field': 'one', **spec}, {'field': 'other', 'byday': True, **spec}], ARGS,
                                    None)
    assert after.columns == [*df.columns, 'one', 'other']
    assert tuple(after.collect()[0])[5:] == ('a', 'b', 'c', Decimal('10.00'), Decimal('10.16'))
