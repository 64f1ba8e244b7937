"""Failed conversions are counted exactly, however the rows are read, sorted, looked at or repeated on their way."""
from __future__ import annotations

import pytest
from pyspark.sql import functions as F

from lake_etl.config.transform_steps import parse_transforms
from lake_etl.read.declared_types import with_declared_types_counted
from lake_etl.read.malformed import mark_malformed
from lake_etl.syntax.records import Findings
from lake_etl.transform.apply import apply_steps
from lake_etl.transform.conversion import FailedConversion
from lake_etl.transform.conversion_watch import ConversionWatch
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import TransformContext, UserTransform

ROWS = 400
WRONG = {17, 200, 390}
SEEN = []


def transform_look(df, spec, args, lineage, sc):
    """Look at a few rows, as a user's own module may."""
    SEEN.append((df.columns, df.isEmpty()))
    return df.distinct()


REGISTRY = {**all_transforms(), 'look': UserTransform('look', transform_look)}


@pytest.fixture(scope='module')
def listing(spark, spark_settings, tmp_path_factory):
    """A file of policies that several tasks read, with wrong dates in rows 17, 200 and 390."""
    file = tmp_path_factory.mktemp('listing') / 'listing.csv'
    rows = [f'{number},{"wrong" if number in WRONG else "1/2/24"}' for number in range(1, ROWS + 1)]
    file.write_text('\n'.join(rows))
    with spark_settings({'spark.sql.files.maxPartitionBytes': file.stat().st_size // 5,
                         'spark.sql.files.openCostInBytes': 1}):
        df = spark.read.csv(str(file), schema='no int, start string')
        assert df.rdd.getNumPartitions() >= 4
        yield df


def watched(df, spec):
    """Apply a transform_spec, compute every row, and return what failed with the number of rows that came out."""
    findings = Findings('Gen-Policy.json')
    steps = parse_transforms(spec, REGISTRY, findings, refuse_unknown=True).steps
    assert findings.problems == []
    watch = ConversionWatch()
    context = TransformContext({'source_key': 'Gen/Policy'}, None, df.sparkSession.sparkContext)
    after = watch.end(apply_steps(watch.begin(df), steps, REGISTRY, context, watch))
    assert not [name for name in after.columns if name.startswith('_')]
    after.write.format('noop').mode('overwrite').save()
    return watch.failures(), after.columns


DATE = {'date': [{'field': 'start', 'format': 'M/d/yy'}]}
FAILED = FailedConversion('start', 3, ROWS, "do not match 'M/d/yy'", (17, 390))
SPECS = {
    'a file of several tasks': (DATE, FAILED),
    'a sort looks at its rows beforehand': ({**DATE, 'rownumber': [{'field': 'n', 'sort': 'start'}]}, FAILED),
    'rows move to other tasks': ({'rownumber': [{'field': 'n', 'partition': 'no'}], **DATE}, FAILED),
    'rows are left out': ({'filterrows': [{'condition': 'no > 17'}], **DATE},
                          FailedConversion('start', 2, ROWS - 17, "do not match 'M/d/yy'", (200, 390))),
    'a function looks at a few rows': ({**DATE, 'look': {}}, FAILED),
    'nobody knows the rows behind a function': ({'look': {}, **DATE},
                                                FailedConversion('start', 3, ROWS, "do not match 'M/d/yy'")),
}


@pytest.mark.parametrize('case', SPECS)
def test_failures_are_counted_exactly(listing, case):
    spec, expected = SPECS[case]
    SEEN.clear()
    failures, columns = watched(listing, spec)
    assert failures == (expected,)
    assert columns[:2] == ['no', 'start']
    assert all(names == ['no', 'start'] for names, _ in SEEN)


def test_rows_that_do_not_fit_their_format_are_counted(listing):
    watch = ConversionWatch()
    marked = mark_malformed(listing, F.col('start') == 'wrong')
    after = with_declared_types_counted(marked, {'NO': 'string', 'start': 'date'}, watch)
    assert after.dtypes == [('no', 'string'), ('start', 'date')]
    after.write.format('noop').mode('overwrite').save()
    assert [str(failure) for failure in watch.failures()] == [
        '3 rows did not fit the format, for example in rows 17 and 390',
        'start: 400 of 400 values cannot become date, for example in rows 1 and 400']


@pytest.mark.parametrize('failure, text', [
    (FailedConversion('a', 12, 4574, "do not match 'yyyy'", (17, 4020)),
     "a: 12 of 4,574 values do not match 'yyyy', for example in rows 17 and 4,020"),
    (FailedConversion('a', 1, 2, 'cannot become int', (2,)),
     'a: 1 of 2 values cannot become int, for example in row 2'),
    (FailedConversion('a', 1, 2, 'cannot become int'), 'a: 1 of 2 values cannot become int'),
])
def test_a_failure_is_told_in_one_sentence_with_numbers(failure, text):
    assert str(failure) == text
