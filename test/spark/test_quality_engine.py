"""The quality engine: how many Spark jobs it starts, what wrong rules become, what rules look at beside the rows."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pyspark.sql import Observation
from pyspark.sql import functions as F

from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.syntax_tree import Analyzer, Parameter
from lake_etl.errors import DataError
from lake_etl.quality.evaluation.evaluate import evaluate, observe_rules
from lake_etl.quality.evaluation.outcomes import EvaluationContext
from lake_etl.syntax.records import Findings

NOW = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)
CONTEXT = EvaluationContext(NOW)
AMOUNTS = ('RowCount > 0', 'IsComplete "id"', 'ColumnValues "amount" >= {}', 'Mean "amount" > {}',
           'ColumnLength "name" <= 1{}', 'Completeness "name" > 0.{}')


def rules_of(*texts: str) -> list:
    findings = Findings('rules')
    rules = [parse_rule(text, findings) for text in texts]
    assert findings.problems == []
    return rules


@pytest.fixture(scope='module')
def claims(spark):
    """A few claims with nulls, a repeated key, a list and an odd name."""
    df = spark.sql("SELECT * FROM VALUES (1, 'a', 10.5BD, array(1), 1D), (2, 'b', -1.0BD, array(2), 1D), "
                   "(2, NULL, NULL, NULL, 1D) t(id, name, amount, parts, `odd ``name.x`)").repartition(2).cache()
    assert df.count() == 3
    yield df
    df.unpersist()


def outcome(df, text, context=CONTEXT):
    return evaluate(df, rules_of(text), context)[0]


def failing_ids(df, text, context=CONTEXT) -> list[int]:
    prepared = observe_rules(df, rules_of(text), context, [0])
    rows = prepared.rows.where(f'size({prepared.failed_column}) > 0').collect()
    return sorted(row.id for row in rows)


@pytest.mark.parametrize('count', [1, 20, 100])
def test_all_metrics_take_the_same_jobs_however_many_rules_there_are(claims, spark_jobs, count):
    rules = rules_of(*(AMOUNTS[index % len(AMOUNTS)].format(index) for index in range(count)))
    with spark_jobs() as jobs:
        evaluate(claims, rules, CONTEXT)
        assert jobs() == 1, 'partial sums of each task and their total are stages of it'


@pytest.mark.parametrize('count', [1, 20])
def test_a_frame_that_is_written_anyway_takes_no_job_more(claims, spark_jobs, count):
    rules = rules_of(*(AMOUNTS[index % len(AMOUNTS)].format(index) for index in range(count)))
    wanted = [index for index, rule in enumerate(rules) if rule.type not in ('RowCount', 'Mean')]
    with spark_jobs() as jobs:
        prepared = observe_rules(claims, rules, CONTEXT, wanted)
        assert jobs() == 0
        prepared.rows.write.format('noop').mode('overwrite').save()
        assert len(prepared.outcomes()) == count and prepared.counts().rows == 3
        assert jobs() == 1


def test_all_keys_are_counted_in_one_job(claims, spark_jobs):
    rules = rules_of('IsUnique "id"', 'Uniqueness "id" > 0', 'Entropy "id" > 0', 'IsUnique "id" where "amount > 0"',
                     'IsPrimaryKey "name"', 'DistinctValuesCount "name" > 1', 'IsUnique "id" "name"',
                     'IsUnique "name" "id"', 'InterquartileRange "amount" > 0', 'DuplicateRowCount = 0')
    with spark_jobs() as jobs:
        observe_rules(claims.drop('parts'), rules, CONTEXT)
        assert jobs() == 1


def distinct_rules(*names: str) -> list:
    return rules_of(*(f'DistinctValuesCount "{name}" > 0' for name in names), 'RowCount > 0')


def test_all_keys_come_from_one_reading_of_the_rows(claims, spark):
    read = spark.sparkContext.accumulator(0)

    def count(batches):
        for batch in batches:
            read.add(batch.num_rows)
            yield batch
    df = claims.select('id', 'name', 'amount').mapInArrow(count, 'id int, name string, amount decimal(3,1)')
    found = evaluate(df, distinct_rules('id', 'name', 'amount'), CONTEXT)
    assert [list(outcome.metrics.values()) for outcome in found] == [[2.0], [3.0], [3.0], [3.0]]
    assert read.value == 2 * 3, 'all groups once, and all other metrics once'


def test_keys_of_very_many_columns_are_counted_in_several_readings_of_an_observed_frame(spark):
    names = [f'c{index}' for index in range(70)]
    df = spark.range(5).selectExpr(*(f'id % {index + 1} AS {name}' for index, name in enumerate(names)))
    observed = df.observe(Observation(), F.count(F.lit(1)).alias('rows'))
    found = evaluate(observed, [*distinct_rules(*names), *rules_of('DuplicateRowCount = 0')], CONTEXT)
    expected = [min(index + 1, 5) for index, _ in enumerate(names)]
    assert [list(outcome.metrics.values()) for outcome in found] == [[float(number)] for number in (*expected, 5, 0)]


def test_a_column_that_is_the_same_in_all_rows_or_never_there_is_a_key_like_others(spark):
    df = spark.range(3).withColumns({'year': F.lit('2026'), 'nothing': F.lit(None).cast('string')})
    rules = [*distinct_rules('id', 'year', 'nothing'), *rules_of(
        'Uniqueness "id" = 1', 'Uniqueness "year" = 0', 'IsUnique "id" "year"', 'IsUnique "year" where "id > 1"',
        'DistinctValuesCount "id" = 1 where "id > 1"', 'UniqueValueRatio "nothing" = 0', 'IsUnique "nothing"')]
    found = evaluate(df, rules, CONTEXT)
    assert [list(outcome.metrics.values()) for outcome in found[:4]] == [[3.0], [1.0], [1.0], [3.0]]
    assert [outcome.passed for outcome in found[4:]] == [True, True, True, True, True, False, True]


def test_what_is_cached_stays_cached(claims):
    selected = claims.select('id', 'name').cache()
    evaluate(selected, distinct_rules('id', 'name'), CONTEXT)
    assert selected.storageLevel.useMemory
    selected.unpersist()


def test_keys_are_joined_only_when_one_is_repeated(claims):
    def joins(text):
        rows = observe_rules(claims, rules_of(text), CONTEXT, [0]).rows
        return rows._jdf.queryExecution().optimizedPlan().toString().count('Join')
    assert (joins('IsUnique "name"'), joins('IsUnique "id"')) == (0, 1)


# A rule that cannot be checked, and what its reason has to name.
UNCHECKABLE = {
    'missing column': ('IsComplete "nix"', ["Column 'nix'", 'id, name, amount']),
    'number rule on text': ('Mean "name" > 1', ["Column 'name'", 'string', 'a number']),
    'number condition on text': ('ColumnValues "name" > 1', ["Column 'name'", 'string', 'a number']),
    'date condition on a number': ('ColumnValues "amount" > "2026-01-01"', ["'amount'", 'decimal', 'a date']),
    'text condition on a list': ('ColumnValues "parts" = "x"', ["Column 'parts'", 'array<int>']),
    'age of a number': ('DataFreshness "amount" < 3 days', ["Column 'amount'"]),
    'one of several keys missing': ('IsPrimaryKey "id" "nix"', ["Column 'nix'"]),
    'where on a missing column': ('IsComplete "id" where "nix > 1"', ['nix > 1', '`nix`']),
    'where that is no condition': ('IsComplete "id" where "id + 1"', ['id + 1', 'int', 'a condition']),
    'where with an aggregate': ('IsComplete "id" where "sum(id) > 1"', ['sum(id) > 1']),
    'statement on a missing column': ('CustomSql "SELECT nix FROM primary" > 1', ['`nix`']),
    'statement without a number': ('CustomSql "SELECT max(name) FROM primary" = 1', ['string', 'a number']),
    'statement with many rows': ('CustomSql "SELECT id FROM primary" = 1', ['more than one row']),
    'statement that fails on the data': ('CustomSql "SELECT raise_error(name) FROM primary" = 1', ['on the data']),
    'table that is not there': ('RowCountMatch "lake.nix" = 1', ["'lake.nix'"]),
    'file in a check without files': ('FileSize > 1 KB', ['landed file']),
}


@pytest.mark.parametrize('case', UNCHECKABLE)
def test_a_rule_that_cannot_be_checked_fails_with_a_reason_and_stops_nothing(claims, case):
    text, named = UNCHECKABLE[case]
    first, found, last = evaluate(claims, rules_of('RowCount = 3', text, 'IsComplete "id"'), CONTEXT)
    assert (first.passed, found.passed, last.passed) == (True, False, True)
    assert [part for part in named if part not in found.reason] == []
    assert '\n' not in found.reason and 'Exception' not in found.reason


def test_rows_of_a_rule_on_a_missing_column_neither_pass_nor_fail(claims):
    assert failing_ids(claims, 'IsComplete "nix"') == []


@pytest.mark.parametrize('statement', ['SELECT nix FROM primary', 'SELECT 1 AS other FROM primary', 'SELECT FROM',
                                       'SELECT id FROM primary WHERE raise_error(name) IS NULL'])
def test_every_row_fails_a_statement_that_cannot_be_run(claims, statement):
    rules = [replace(rules_of('CustomSql "SELECT id FROM primary"')[0], parameters=(Parameter(statement),))]
    prepared = observe_rules(claims, rules, CONTEXT, [0])
    assert [row.failed_rules for row in prepared.rows.collect()] == [[0]] * 3
    assert not prepared.outcomes()[0].passed


def test_a_statement_that_returns_rows_twice_or_rows_that_are_not_there_multiplies_nothing(claims):
    text = 'CustomSql "SELECT id FROM primary UNION ALL SELECT id FROM primary UNION ALL SELECT 99 WHERE true"'
    assert failing_ids(claims, text) == [] and outcome(claims, text).metrics == {'Dataset.*.CustomSQL.Compliance': 1.0}
    assert failing_ids(claims, 'CustomSql "SELECT name, amount FROM primary WHERE id = 2"') == [1]


def test_a_statement_on_no_rows_fails(claims):
    assert not outcome(claims.where('id > 9'), 'CustomSql "SELECT id FROM primary"').passed


def test_names_with_dots_quotes_and_capitals_are_columns_like_others(claims):
    assert outcome(claims, 'IsComplete "odd `name.x"').passed
    assert outcome(claims, 'Mean "AMOUNT" = 4.75').passed
    assert not outcome(claims, 'ColumnExists "AMOUNT"').passed


TRICKY = "it's \\d+ of ${1} {0} -- ü\n`"


def test_texts_and_names_with_quotes_backslashes_and_braces_are_taken_as_they_are(spark):
    name = "share `{0}` of 'it'"
    df = spark.createDataFrame([(TRICKY, 1.5, 3.0), ('plain', 2.5, 5.0)], ['text', name, '{}'])
    text = '"' + TRICKY.replace('\\', '\\\\') + '"'
    assert failing_texts(df, f'ColumnValues "text" in [{text}]') == ['plain']
    assert failing_texts(df, f'ColumnValues "text" not in [{text}]') == [TRICKY]
    assert failing_texts(df, f'ColumnValues "{name}" < 2 where "text != \'x\'"') == ['plain']
    assert outcome(df, f'ColumnCorrelation "{name}" "{{}}" > 0.99').passed
    assert outcome(df, f'Range "{name}" = 1').passed


@pytest.mark.parametrize(('operator', 'failing'), [('in', ['other']), ('not in', ['v7'])])
def test_a_list_of_thousands_of_texts_is_one_set(spark, operator, failing):
    df = spark.createDataFrame([('v7',), ('other',)], ['text'])
    listed = ', '.join(f'"v{number}"' for number in range(3000))
    rule = f'ColumnValues "text" {operator} [{listed}]'
    assert failing_texts(df, rule) == failing
    plan = observe_rules(df, rules_of(rule), CONTEXT, [0]).rows._jdf.queryExecution().optimizedPlan().toString()
    assert 'INSET' in plan and '= v7' not in plan


def failing_texts(df, text: str) -> list[str]:
    prepared = observe_rules(df, rules_of(text), CONTEXT, [0])
    return [row.text for row in prepared.rows.where(f'size({prepared.failed_column}) > 0').collect()]


def test_helper_columns_make_way_for_columns_of_the_same_name(spark):
    df = spark.sql("SELECT 1 AS id, 2 AS test_0, 'x' AS failed_rules, true AS scope_0, 3 AS looked_up_0, 4 AS key_0 "
                   "UNION ALL SELECT 1, 2, 'x', true, 3, 4")
    rules = rules_of('IsUnique "key_0" where "scope_0"', 'ColumnValues "test_0" > 5', 'IsUnique "looked_up_0"')
    prepared = observe_rules(df, rules, CONTEXT, [0, 1, 2])
    assert [row[prepared.failed_column] for row in prepared.rows.collect()] == [[0, 1, 2]] * 2
    assert prepared.rows.columns[:-1] == df.columns


# Rows that all pass one part of a rule with `or`, judged for the data set, as AWS Glue does, and row by row.
@pytest.mark.parametrize(('method', 'passed'), [('column', False), ('row', True)])
def test_composites_are_judged_for_the_data_set_or_row_by_row(claims, method, passed):
    text = '(ColumnValues "amount" > 0) or (ColumnValues "amount" = NULL) or (ColumnValues "id" = 2)'
    found = outcome(claims, text, replace(CONTEXT, composites=method))
    assert found.passed is passed and failing_ids(claims, text) == []
    assert found.metrics['Column.amount.ColumnValues.Compliance'] == pytest.approx(1 / 3)


def test_parts_that_rules_share_are_measured_once_and_all_reasons_of_a_failure_are_told(claims):
    found = outcome(claims, '((IsComplete "name") and (RowCount > 5)) or (Mean "amount" > 99)')
    assert not found.passed and found.reason.count('\n') == 2


# Earlier values, newest first, and operands that stand for 4 with them.
HISTORY = [5.0, 3.0, 4.0, 4.0]
OPERANDS = ['avg(last(4))', 'average(last(10))', 'median(last(4))', 'index(last(4), 3)', 'sum(last(4)) / 4',
            'max(last(10)) - 1', 'min(last(10)) + 1', 'percentile(last(4), 0.5)', 'last(1) - 1',
            'abs(0 - avg(last(4)))', 'std(last(2)) + 3', '1 + 1 * 2']


@pytest.fixture(scope='module')
def with_history(claims):
    """The outcome of a rule on the number of rows for each operand, from one evaluation."""
    context = replace(CONTEXT, history=lambda metric, count: {'Dataset.*.RowCount': HISTORY}[metric][:count])
    rows = claims.limit(0).union(claims).union(claims.limit(1))
    found = evaluate(rows, rules_of(*(f'RowCount = {operand}' for operand in OPERANDS)), context)
    return dict(zip(OPERANDS, found, strict=True))


@pytest.mark.parametrize('operand', OPERANDS)
def test_operands_are_worked_out_from_earlier_values(with_history, operand):
    assert with_history[operand].passed


def test_bounds_of_values_look_at_earlier_minimums_and_maximums(claims):
    values = {'Column.amount.Minimum': [-2.0], 'Column.amount.Maximum': [20.0]}
    context = replace(CONTEXT, history=lambda metric, count: values[metric])
    assert outcome(claims.where('amount IS NOT NULL'), 'ColumnValues "amount" between last(1) and last(1)',
                   context).passed
    assert failing_ids(claims, 'ColumnValues "amount" > last(1) + 5', context) == [2, 2]


def test_without_earlier_values_a_rule_passes_with_a_note(claims):
    for text in ('RowCount > avg(last(3))', 'ColumnValues "amount" > min(last(3))', 'DetectAnomalies "RowCount"'):
        found = outcome(claims, text)
        assert found.passed and 'earlier values' in found.note and not found.reason
    assert failing_ids(claims, 'ColumnValues "amount" > min(last(3))') == []


@pytest.mark.parametrize(('history', 'passed'), [([3.0] * 5, True), ([9.0, 10.0, 11.0], False), ([3.0, 4.0], True)])
def test_an_anomaly_lies_beyond_three_standard_deviations(claims, history, passed):
    found = outcome(claims, 'DetectAnomalies "RowCount"', replace(CONTEXT, history=lambda *_: history))
    assert found.passed is passed and ('expected between' in found.reason) is not passed


def test_an_analyzer_reports_metrics_and_is_no_rule_that_fails(claims):
    analyzers = [Analyzer('AllStatistics', (Parameter('amount'),)), Analyzer('ColumnLength', (Parameter('name'),)),
                 Analyzer('ColumnValues', (Parameter('id'),))]
    statistics, lengths, values = (found.metrics for found in evaluate(claims, analyzers, CONTEXT))
    assert statistics['Column.amount.Mean'] == 4.75 and statistics['Column.amount.Completeness'] == pytest.approx(2 / 3)
    assert lengths == {'Column.name.MinimumLength': 0.0, 'Column.name.MaximumLength': 1.0}
    assert values == {'Column.id.Minimum': 1.0, 'Column.id.Maximum': 2.0}


def test_metrics_are_finite_numbers(spark):
    df = spark.sql("SELECT double('NaN') AS x, double('Infinity') AS y")
    found = evaluate(df, rules_of('Mean "x" > 1', 'Sum "y" > 1', 'ColumnValues "x" > 0'), CONTEXT)
    assert [item.passed for item in found] == [False, True, False]
    assert all(math.isfinite(number) for item in found for number in item.metrics.values())


@pytest.mark.parametrize('text', ['Skewness "x" > 0', 'Kurtosis "x" > 0', 'ColumnCorrelation "x" "y" > 0'])
def test_a_statistic_without_spread_is_undefined_and_fails(spark, text):
    assert 'undefined' in outcome(spark.sql('SELECT 1 AS x, 2 AS y UNION ALL SELECT 1, 3'), text).reason


def test_sums_beyond_the_range_of_their_type_overflow_nowhere(spark):
    df = spark.sql(f"SELECT 9223372036854775807L AS n, cast('{'9' * 38}' AS decimal(38,0)) AS m FROM range(20)")
    found = evaluate(df, rules_of('Sum "n" > 1e18'.replace('1e18', '1' + '0' * 18), 'Sum "m" > 0', 'Mean "m" > 0',
                                  'Range "m" = 0', 'ColumnValues "m" > 0.5', 'ColumnValues "n" > 0.123456789012'),
                     CONTEXT)
    assert [str(item.rule) for item in found if not item.passed] == []


ZONED = {'"9:00 AM" with timeZone = "America/New_York"': '2026-03-15', '"23:30" with timeZone = "-05:00"': '2026-03-16',
         '"23:30" with timeZone = "+02:00"': '2026-03-15'}


@pytest.mark.parametrize('operand', ZONED)
def test_a_time_is_that_of_today_in_its_zone_and_its_day_is_compared_in_utc(spark, operand):
    df = spark.sql(f"SELECT timestamp '{ZONED[operand]} 12:00:00' AS loaded")
    assert outcome(df, f'ColumnValues "loaded" = {operand}').passed


FORMATS = {
    'dd/MM/yyyy': ('29/02/2024', '2024-02-29'), 'MM-yyyy': ('02-2024', '13-2024'), 'yyyy/MM': ('2024/12', '2024/1/1'),
    'dd-MM': ('29-02', '30-02'), 'MM/dd': ('12/31', '31/12'), 'yyyy-MM-dd': ('2024-02-29', '2023-02-29'),
}


@pytest.mark.parametrize('pattern', FORMATS)
def test_a_date_of_a_format_is_read_strictly_and_missing_parts_are_filled(spark, pattern):
    right, wrong = FORMATS[pattern]
    df = spark.createDataFrame([(1, right), (2, wrong), (3, None)], 'id int, day string')
    assert failing_ids(df, f'ColumnDataType "day" = "Date" with format = "{pattern}"') == [2, 3]


def in_folder(tmp_path, **texts: str) -> Callable[..., EvaluationContext]:
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return replace(CONTEXT, now=datetime.now(UTC), files=FolderFiles(), landed_file=str(tmp_path / 'a'))


@pytest.mark.parametrize(('text', 'passed'), [
    ('FileSize = 3', True), ('FileSize "{}" <= 3', False), ('FileSize "{}" <= 3 with threshold > 0.6', True),
    ('FileUniqueness "{}" > 0.3', True), ('FileUniqueness "{}" > 0.4', False), ('FileMatch "{}/a" "{}/b"', True),
    ('FileMatch "{}/a" "{}/c"', False), ('FileFreshness > (now() - 5 minutes)', True), ('FileSize "{}/nix" > 1', False),
    ('FileMatch in ["a9993e364706816aba3e25717850c26c9cd0d89d"] with hashAlgorithm = "SHA-1"', True),
    ('FileMatch "{}" not in ["a9993e364706816aba3e25717850c26c9cd0d89d"] with hashAlgorithm = "SHA-1"', False),
])
def test_files_are_judged_by_size_age_and_content(claims, tmp_path, text, passed):
    context = in_folder(tmp_path, a='abc', b='abc', c='abcd')
    found = outcome(claims, text.replace('{}', str(tmp_path)), context)
    assert found.passed is passed, found.reason
    assert passed or str(tmp_path) in found.reason or 'FileUniqueness' in found.reason


def test_keys_of_different_kinds_are_compared_by_their_text(claims, spark):
    other = spark.sql("SELECT '1' AS id UNION ALL SELECT '1' UNION ALL SELECT 'x'")

    def table(name):
        if name == 'lake.other':
            return other
        raise DataError(f"There is no table '{name}'.")
    assert failing_ids(claims, 'ReferentialIntegrity "id" "lake.other.id" = 1', replace(CONTEXT, table=table)) == [2, 2]
