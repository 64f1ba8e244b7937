"""Measures quality rules: 20 rules on cached policy data, as a ratio to one scan of all its columns.

    python3 -m bench.data_quality --rows 1000000 5000000

The floor is `df.write.format('noop')`, which makes Spark produce every row with all its columns and throw it away.
Compared with it are the engine of the lake; the same rules one by one, a job for each metric, as with PyDeequ's
separate checks; and two Python libraries that compute their checks with Spark, where they are installed
(`pip install -r bench/requirements.txt`): cuallee, and Great Expectations, which has no entropy and so one rule less,
with the result that it gives by itself, counts and samples, and with yes and no alone.
"""
from __future__ import annotations

import argparse
import logging
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.measure import counted_jobs, interleave
from bench.quality_rivals import RULES, rivals
from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.syntax_tree import AnyRule
from lake_etl.quality.evaluation.evaluate import evaluate, observe_rules
from lake_etl.quality.evaluation.outcomes import EvaluationContext
from lake_etl.spark.session import configure
from lake_etl.syntax.records import Findings
from lib.local_lake.running.laptop_session import start_session
from resources.sample_data import write_sample

DATA_SET = 'SyntheticGeneralData-PolicyData'
TYPES = {
    'int': ('InsuredNumberOfEmployees', 'PolicyInForce', 'ExpiringPolicy', 'WrittenPolicy'),
    'decimal(16,2)': ('InsuredAnnualRevenue', 'AccidentYearTotalIncurredAmount', 'ExpiringPremiumAmount',
                      'WrittenPremiumAmount', 'EarnedPremium'),
}
DATES = ('StartDate', 'EffDate', 'ExpirationDate')
SCAN, LAKE, WRITE, ONE_BY_ONE = 'scan', 'lake', 'with write', 'one by one'


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
    rules = [parse_rule(item.text, findings) for item in RULES]
    return [rule for rule in rules if rule is not None]


def _measure(spark: SparkSession, df: DataFrame, rows: int, runs: int) -> str:
    rules, context = _parsed(), EvaluationContext(datetime.now(UTC))

    def scan() -> None:
        df.write.format('noop').mode('overwrite').save()

    def lake() -> None:
        evaluate(df, rules, context)

    def with_write() -> None:
        prepared = observe_rules(df, rules, context)
        prepared.rows.write.format('noop').mode('overwrite').save()
        prepared.outcomes()

    def one_by_one() -> None:
        for rule in rules:
            evaluate(df, [rule], context)
    alternatives = {SCAN: scan, LAKE: lake, WRITE: with_write, ONE_BY_ONE: one_by_one}
    timings = interleave(alternatives | rivals(df), runs, warm_up=2)
    with counted_jobs(spark) as jobs:
        lake()
        count, _ = jobs()
    medians = ', '.join(f'{name} {timings.median(name):.2f} s ({timings.ratio(name, SCAN):.2f})'
                        for name in timings.seconds)
    return f'{rows:,d} rows, {len(rules)} rules, {count} Spark jobs: {medians}; in brackets the ratio to the scan'


if __name__ == '__main__':
    main()
