"""Measures each transform alone, as a ratio to passing the same rows through unchanged.

    python3 -m bench.transforms --rows 1000000 --only date currency

Both read the same Parquet file of a policy table of 24 columns and hand every column of every row to a sink that drops
it. So the ratio tells what a step adds to a pass that reads its rows anyway, not what it costs beside nothing.
Untouched and transformed runs take turns, and the ratio is the median of neighbouring pairs. A transform that
multiplies rows is measured for each row that comes out. What a transform does on the side, such as storing tokens,
counts as well.
"""
from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from bench.measure import interleave
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.spark.session import configure
from lake_etl.transform.discovery import all_transforms
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.laptop_session import start_session

COLUMNS = {
    'PolicyNumber': "concat('P-', lpad(id, 9, '0'))",
    'TaxId': "concat(lpad(id % 50000, 2, '1'), '-', lpad(id % 50000, 7, '0'))",
    'Insured': "concat('the insured company ', id % 5000, ' inc')",
    'Email': "concat('contact', id % 20000, '@example', id % 50, '.com')",
    'LineCode': "element_at(array('01', '02', '03', '04', '05'), cast(id % 5 + 1 as int))",
    'State': "element_at(array('NY', 'CA', 'TX', 'FL', 'OH', 'IL'), cast(id % 6 + 1 as int))",
    'Agent': "CASE WHEN id % 3 = 0 THEN concat('agent ', id % 300) END",
    'EffectiveText': "date_format(date_add(date '2021-01-01', cast(id % 1500 as int)), 'M/d/yy')",
    'GeneratedText': "date_format(date_add(date '2021-01-01', cast(id % 1500 as int)), 'yyyy-MM-dd 10:15:30.123')",
    'PremiumText': "concat('$', format_number(id % 99999 + 0.25, 2))",
    'PlainText': "cast(cast(id % 99999 + 0.25 as decimal(16,2)) as string)",
    'Digits': "lpad(id % 999999, 9, '0')",
    'Premium': 'cast(id % 99999 + 0.25 as decimal(16,2))',
    'Fee': 'cast(id % 99 + 0.10 as decimal(16,2))',
    'Ceded': 'cast(id % 999 + 0.35 as decimal(16,2))',
    'Share': 'cast(id % 100 as double) / 100',
    'Term': 'cast(id % 24 as int)',
    'Effective': "date_add(date '2021-01-01', cast(id % 1500 as int))",
    'Expiration': "add_months(date_add(date '2021-01-01', cast(id % 1500 as int)), 12)",
    'MonthStart': "trunc(date_add(date '2021-01-01', cast(id % 1500 as int)), 'month')",
    'MonthEnd': "last_day(date_add(date '2021-01-01', cast(id % 1500 as int)))",
    'Coverages': "array('fire', 'theft', concat('flood', id % 9))",
    'Address': "named_struct('City', concat('city ', id % 300), 'Zip', lpad(id % 99999, 5, '0'))",
    'Json': """concat('{"kind":"house","rooms":', id % 12, '}')""",
}
# Java compiles the code of a transform during its first runs, which makes these up to a third slower.
WARM_UP = 5
TERM = {'policy_effective_date': 'Effective', 'policy_expiration_date': 'Expiration'}
MONTHS = {'policy_month_start_field': 'MonthStart', 'policy_month_end_field': 'MonthEnd'}
EARNED = {'field': 'Earned', 'written_premium_list': ['Premium', 'Fee'], **TERM, 'period_start_date': 'MonthStart',
          'period_end_date': 'MonthEnd'}


@dataclass(frozen=True)
class Case:
    """Steps to measure, and the ratio that they are to stay below; None where none is set."""

    steps: Mapping[str, Any]
    target: float | None = 1.3


CASES = {
    'currency': Case({'currency': [{'field': 'PremiumText'}]}),
    'currency of plain numbers': Case({'currency': [{'field': 'PlainText'}]}),
    'changetype': Case({'changetype': {'PlainText': 'decimal(16,2)'}}),
    'date': Case({'date': [{'field': 'EffectiveText', 'format': 'M/d/yy'}]}),
    'timestamp': Case({'timestamp': [{'field': 'GeneratedText', 'format': 'yyyy-MM-dd HH:mm:ss.SSS'}]}),
    'implieddecimal': Case({'implieddecimal': [{'field': 'Digits', 'format': '16,2'}]}),
    'titlecase': Case({'titlecase': ['Insured']}),
    'columnfromcolumn': Case({'columnfromcolumn': [{'field': 'Host', 'source': 'Email', 'pattern': '@(.+)$'}]}),
    'columnreplace': Case({'columnreplace': [{'field': 'TaxId', 'pattern': '[^0-9]', 'replacement': ''}]}),
    'combinecolumns': Case({'combinecolumns': [
        {'field': 'Key', 'format': '{}-{}', 'source_columns': ['PolicyNumber', 'State']}]}),
    'combinecolumns with formats': Case({'combinecolumns': [
        {'field': 'Key', 'format': '{:>12}-{:%Y%m}', 'source_columns': ['State', 'Effective']}]}, None),
    'literal': Case({'literal': {'Source': 'bench'}}),
    'filename': Case({'filename': [{'field': 'Part', 'pattern': '([a-z]+)', 'required': True}]}),
    'hash': Case({'hash': ['Email']}),
    'hash with a key': Case({'hash': ['Email']}),
    'redact': Case({'redact': {'Email': '***'}}),
    'tokenize': Case({'tokenize': ['TaxId']}, None),
    'flipsign': Case({'flipsign': [{'field': 'Premium'}]}),
    'addcolumns': Case({'addcolumns': [{'field': 'Sum', 'source_columns': ['Premium', 'Fee', 'Ceded']}]}),
    'multiplycolumns': Case({'multiplycolumns': [{'field': 'Part', 'source_columns': ['Premium', 'Share']}]}),
    'enddate': Case({'enddate': [{'field': 'End', 'start_date': 'Effective', 'num_months': 'Term'}]}),
    'policymonths': Case({'policymonths': [{'field': 'Months', **TERM}]}),
    'policymonths normalized': Case({'policymonths': [{'field': 'Months', **TERM, 'normalized': True}]}),
    'earnedpremium': Case({'earnedpremium': [EARNED]}),
    'earnedpremium by day': Case({'earnedpremium': [{**EARNED, 'byday': True}]}),
    'expandpolicymonths, earnedpremium': Case(
        {'expandpolicymonths': {**TERM, **MONTHS, 'policy_month_index': 'Month'}, 'earnedpremium': [EARNED]}, 2.0),
    'merge': Case({'merge': [{'field': 'Agent', 'source_list': ['Agent', 'Insured'], 'default': 'none'}]}),
    'filterrows': Case({'filterrows': [{'condition': 'Term >= 0'}]}),
    'lookup': Case({'lookup': [{'field': 'Line', 'source': 'LineCode', 'lookup': 'Lines'}]}),
    'multilookup': Case({'multilookup': [
        {'lookup_group': 'Rates', 'match_columns': ['LineCode', 'State'], 'return_attributes': ['Rate', 'Zone']}]}),
    'filldown': Case({'filldown': [{'field': 'Agent'}]}, 3.0),
    'filldown in partitions': Case({'filldown': [{'field': 'Agent', 'partition': 'Insured'}]}, 3.0),
    'rownumber': Case({'rownumber': [{'field': 'Number'}]}, 3.0),
    'flatten': Case({'flatten': [{'field': 'Address'}]}, None),
    'jsonexpandarray': Case({'jsonexpandarray': [{'field': 'Coverages', 'index_field': 'Index'}]}, None),
    'jsonexpandmap': Case({'jsonexpandmap': [{'field': 'Address', 'index_field': 'Index', 'key_field': 'Key'}]}, None),
    'jsonstructured': Case({'jsonstructured': ['Json']}, None),
}


def main() -> None:
    """Measure each transform and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rows', type=int, default=1_000_000)
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--only', nargs='+', choices=CASES, default=list(CASES))
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        folders = LakeFolders.of(folder, None)
        spark = configure(start_session(folders.temporary))
        source = f'{folder}/policies'
        spark.range(options.rows).selectExpr(*(f'{value} AS {name}' for name, value in COLUMNS.items())).write.parquet(
            source)
        args = _arguments(folders, Path(folder))
        print(f'{"transform":35s} untouched s      s  ratio  target')
        for name in options.only:
            print(_measure(spark, source, name, args, options.runs), flush=True)


def _arguments(folders: LakeFolders, folder: Path) -> dict[str, str]:
    """Fill the item tables, and return the arguments with which the transforms find them."""
    items = SqliteItems()
    args = {'source_key': 'Bench/Policy', 'base_file_name': 'policies.csv', 'target_database_name': 'Bench',
            'hash_value_table': folders.items('hash-values'), 'value_lookup_table': folders.items('value-lookup'),
            'multi_lookup_table': folders.items('multi-lookup')}
    items.put(args['value_lookup_table'], {'source_system': 'Bench', 'column_name': 'Lines', 'lookup_data': (
        '{%s}' % ','.join(f'"{number:02d}": "line {number}"' for number in range(60)))})
    items.put_all(args['multi_lookup_table'], [
        {'lookup_group': 'Rates', 'lookup_item': f'{line:02d}-{state}', 'Rate': line * 10, 'Zone': f'zone {state}'}
        for line in range(60) for state in ('NY', 'CA', 'TX', 'FL', 'OH')])
    (folder / 'key').write_text('a key for a benchmark')
    return args | {'key': f'file://{folder}/key'}


def _measure(spark: SparkSession, source: str, name: str, args: Mapping[str, str], runs: int) -> str:
    case = CASES[name]
    keyed = {**args, 'hash_key_secret': args['key']} if name.endswith('with a key') else dict(args)

    def untouched() -> DataFrame:
        return spark.read.parquet(source)

    def transformed() -> DataFrame:
        df = untouched()
        for step, spec in case.steps.items():
            df = all_transforms()[step](df, spec, keyed, None, spark.sparkContext)  # type: ignore[operator]
        return df

    def write(df: DataFrame) -> None:
        df.write.format('noop').mode('overwrite').save()
        spark.catalog.clearCache()
    timings = interleave({'untouched': lambda: write(untouched()), name: lambda: write(transformed())}, runs, WARM_UP)
    spread = transformed().count() / untouched().count()
    spark.catalog.clearCache()
    ratio = timings.ratio(name, 'untouched') / max(spread, 1)
    target = '' if case.target is None else f'{case.target:7.1f}{"" if ratio <= case.target else "  missed"}'
    return f'{name:35s} {timings.median("untouched"):11.2f} {timings.median(name):6.2f} {ratio:6.2f} {target}'


if __name__ == '__main__':
    main()
