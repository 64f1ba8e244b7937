"""What Spark says about a failure becomes one line of our own, without the value it stumbled over."""
from __future__ import annotations

import pytest
from pyspark.sql import functions as F

from lake_etl.reasons.failure import reason_of


def written(tmp_path):
    """Return an action that makes tasks compute all rows, so that a failure comes from a task."""
    return lambda df: df.write.parquet(str(tmp_path / 'out'))


@pytest.mark.parametrize(('query', 'part'), [
    ("SELECT cast(v AS int) FROM VALUES ('Jane Doe 123-45') t(v)",
     'CAST_INVALID_INPUT: a value of type "STRING" cannot be cast to "INT", in cast(v AS int).'),
    ("SELECT cast(v AS date) FROM VALUES ('Jane Doe 123-45') t(v)", 'type "STRING" cannot be cast to "DATE"'),
    ("SELECT to_timestamp(v, 'yyyy-MM-dd') FROM VALUES ('Jane Doe 123-45') t(v)", 'a text is not a date or time'),
    ('SELECT cast(v AS decimal(4,2)) FROM VALUES (12345.678) t(v)', 'a number does not fit the digits of its type'),
    ('SELECT cast(v AS tinyint) FROM VALUES (12345) t(v)', 'a value of type "INT" is out of the range of "TINYINT"'),
    ('SELECT nobody FROM VALUES (12345) t(v)', 'there is no column `nobody` (proposal `v`), line 1, position 7.'),
    ('SELCT 1', "the SQL cannot be read (near 'SELCT'), line 1, position 0."),
    ("SELECT to_number(v, '999') FROM VALUES ('Jane 12345') t(v)", 'INVALID_FORMAT'),
    ("SELECT to_binary(v, 'hex') FROM VALUES ('Jane 12345') t(v)", 'CONVERSION_INVALID_INPUT'),
    ("SELECT from_csv(v, 'x int', map('mode', 'FAILFAST')) FROM VALUES ('Jane 12345') t(v)", 'MALFORMED_RECORD'),
    ("SELECT from_utc_timestamp(now(), v) FROM VALUES ('Jane 12345') t(v)", ''),
    ("SELECT cast(v AS interval day) FROM VALUES ('Jane 12345') t(v)", ''),
    ("SELECT concat(raise_error(v), '') FROM VALUES ('Jane 12345') t(v)", ''),
])
def test_a_failed_query_is_told_in_one_line_without_values(spark, tmp_path, query, part):
    for act in (lambda df: df.collect(), written(tmp_path)):
        with pytest.raises(Exception) as failed:
            act(spark.sql(query))
        reason = reason_of(failed.value)
        assert part in reason and reason.startswith('Spark ')
        assert '\n' not in reason and 'called o' not in reason
        assert 'Jane' not in reason and '12345' not in reason


def test_a_failed_task_is_told_by_the_cause_and_not_by_the_job_that_was_aborted(spark, tmp_path):
    df = spark.range(3).repartition(2).selectExpr("cast(concat('Jane', id) AS int) AS number")
    with pytest.raises(Exception) as failed:
        written(tmp_path)(df)
    reason = reason_of(failed.value)
    assert 'a value of type "STRING" cannot be cast to "INT", in cast(concat(…, id) AS int).' in reason
    assert 'aborted' not in reason and 'Jane' not in reason


@pytest.mark.parametrize('said', ['bad {}', 'bad {}\nJaneError: {}', '\nTraceback (most recent call last):\n{}: x'])
def test_an_error_of_python_code_is_told_by_class_and_line(spark, tmp_path, said):
    @F.udf('string')
    def failing(value):
        raise ValueError(said.replace('{}', value))
    for act in (lambda df: df.collect(), written(tmp_path)):
        with pytest.raises(Exception) as failed:
            act(spark.sql("SELECT 'Jane' AS v").select(failing('v').alias('w')))
        reason = reason_of(failed.value)
        assert reason.startswith('Python code that Spark ran raised ValueError in test_spark_reasons.py, line ')
        assert 'Jane' not in reason and '\n' not in reason
