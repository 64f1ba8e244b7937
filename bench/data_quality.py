"""Benchmark of quality rules: 20 rules on cached policy data, as a ratio to one scan of all its columns.

    PYTHONPATH=.:lib/glue_scripts/lib .venv/bin/python -m bench.data_quality --rows 1000000 5000000

The floor is `df.write.format('noop')`, which makes Spark produce every row with all its columns and throw it away.
Compared with it are the engine of the lake; the same rules one by one, a job for each metric, as with PyDeequ's
separate checks; and cuallee 0.15.4, a Python library that computes its checks with Spark. cuallee is needed by nothing
else and is left out unless it is installed: `pip install cuallee==0.15.4`.
"""
from __future__ import annotations

import argparse
import importlib.util
import logging
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.measure import counted_jobs, interleave
from lake_etl.dqdl.evaluate import evaluate, prepare
from lake_etl.dqdl.model import AnyRule
from lake_etl.dqdl.outcomes import EvaluationContext
from lake_etl.dqdl.parser import parse_rule
from lake_etl.session import configure
from lake_etl.spec.records import Findings
from lib.local_lake.session import start_session
from resources.sample_data import write_sample

DATA_SET = 'SyntheticGeneralData-PolicyData'
TYPES = {
    'int': ('InsuredNumberOfEmployees', 'PolicyInForce', 'ExpiringPolicy', 'WrittenPolicy'),
    'decimal(16,2)': ('InsuredAnnualRevenue', 'AccidentYearTotalIncurredAmount', 'ExpiringPremiumAmount',
                      'WrittenPremiumAmount', 'EarnedPremium'),
}
DATES = ('StartDate', 'EffDate', 'ExpirationDate')
STATES, LINES = '[A-Z]{2}', ('CA', 'CP', 'GL', 'WC', 'PR', 'UM')
# A rule of ours, and the same for cuallee; its checks of means and the like compare by =, which costs the same.
RULES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ('IsComplete "PolicyNumber"', lambda check: check.is_complete('PolicyNumber')),
    ('IsComplete "EffDate"', lambda check: check.is_complete('EffDate')),
    ('IsComplete "LineOfBusinessCode"', lambda check: check.is_complete('LineOfBusinessCode')),
    ('IsComplete "InsuredStateCode"', lambda check: check.is_complete('InsuredStateCode')),
    ('IsComplete "WrittenPremiumAmount"', lambda check: check.is_complete('WrittenPremiumAmount')),
    ('Completeness "InsuredContactEmail" > 0.5', lambda check: check.is_complete('InsuredContactEmail', 0.5)),
    ('IsUnique "PolicyNumber" "StartDate"', lambda check: check.is_composite_key(('PolicyNumber', 'StartDate'))),
    ('ColumnValues "InsuredStateCode" matches "[A-Z]{2}"', lambda check: check.has_pattern('InsuredStateCode',
                                                                                           '^[A-Z]{2}$')),
    ('ColumnValues "PolicyNumber" matches "[A-Z]{2}[0-9]{7}"', lambda check: check.has_pattern(
        'PolicyNumber', '^[A-Z]{2}[0-9]{7}$')),
    ('ColumnValues "NewOrRenewal" in ["New", "Renewal"]', lambda check: check.is_contained_in(
        'NewOrRenewal', ('New', 'Renewal'))),
    ('ColumnValues "PolicyInForce" in [0, 1]', lambda check: check.is_contained_in('PolicyInForce', (0, 1))),
    ('ColumnValues "WrittenPremiumAmount" >= 0', lambda check: check.is_greater_or_equal_than(
        'WrittenPremiumAmount', 0)),
    ('ColumnValues "EarnedPremium" >= 0', lambda check: check.is_greater_or_equal_than('EarnedPremium', 0)),
    ('ColumnValues "InsuredAnnualRevenue" > 0', lambda check: check.is_positive('InsuredAnnualRevenue')),
    ('ColumnValues "InsuredNumberOfEmployees" between 0 and 1000000', lambda check: check.is_between(
        'InsuredNumberOfEmployees', (0, 1000000))),
    ('Mean "WrittenPremiumAmount" > 0', lambda check: check.has_mean('WrittenPremiumAmount', 0)),
    ('Sum "EarnedPremium" > 0', lambda check: check.has_sum('EarnedPremium', 0)),
    ('StandardDeviation "WrittenPremiumAmount" > 0', lambda check: check.has_std('WrittenPremiumAmount', 0)),
    ('DistinctValuesCount "LineOfBusinessCode" > 1', lambda check: check.has_cardinality('LineOfBusinessCode', 6)),
    ('Entropy "InsuredStateCode" > 0', lambda check: check.has_entropy('InsuredStateCode', 1.0)),
)
SCAN, LAKE, WRITE, ONE_BY_ONE, CUALLEE = 'scan', 'lake', 'with write', 'one by one', 'cuallee'


def main() -> None:
    """Measure each size and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rows', type=int, nargs='+', default=[1_000_000])
    parser.add_argument('--runs', type=int, default=5)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        spark = configure(start_session(Path(folder)))
        for rows in options.rows:
            source = Path(folder) / 'policies.csv'
            write_sample(DATA_SET, rows, 1, source)
            df = _policies(spark, source).persist(StorageLevel.MEMORY_AND_DISK)
            print(_measure(spark, df, df.count(), options.runs), flush=True)
            df.unpersist()


def _policies(spark: SparkSession, source: Path) -> DataFrame:
    df = spark.read.csv(str(source), header=True)
    numbers = {name: F.expr(f'try_cast({name} AS {kind})') for kind, names in TYPES.items() for name in names}
    return df.withColumns(numbers | {name: F.to_date(name, 'M/d/yy') for name in DATES})


def _parsed() -> list[AnyRule]:
    findings = Findings('bench')
    rules = [parse_rule(text, findings) for text, _ in RULES]
    return [rule for rule in rules if rule is not None]


def _measure(spark: SparkSession, df: DataFrame, rows: int, runs: int) -> str:
    rules, context = _parsed(), EvaluationContext(datetime.now(UTC))

    def scan() -> None:
        df.write.format('noop').mode('overwrite').save()

    def lake() -> None:
        evaluate(df, rules, context)

    def with_write() -> None:
        prepared = prepare(df, rules, context)
        prepared.rows.write.format('noop').mode('overwrite').save()
        prepared.outcomes()

    def one_by_one() -> None:
        for rule in rules:
            evaluate(df, [rule], context)
    alternatives = {SCAN: scan, LAKE: lake, WRITE: with_write, ONE_BY_ONE: one_by_one}
    if importlib.util.find_spec('cuallee'):
        alternatives[CUALLEE] = lambda: _cuallee(df)
    timings = interleave(alternatives, runs, warm_up=2)
    with counted_jobs(spark) as jobs:
        lake()
        count, _ = jobs()
    medians = ', '.join(f'{name} {timings.median(name):.2f} s ({timings.ratio(name, SCAN):.2f})'
                        for name in alternatives)
    return f'{rows:,d} rows, {len(rules)} rules, {count} Spark jobs: {medians}; in brackets the ratio to the scan'


def _cuallee(df: DataFrame) -> None:
    from cuallee import Check, CheckLevel
    check = Check(CheckLevel.WARNING, 'policies')
    for _, add in RULES:
        add(check)
    check.validate(df).collect()


if __name__ == '__main__':
    main()
