"""What Spark itself says about a failure becomes one line without the value it stumbled over."""
from __future__ import annotations

import pytest

from lib.local_lake.reasons import reason_of


def written(tmp_path):
    """Return an action that makes tasks compute all rows, so that a failure comes from a task."""
    return lambda df: df.write.parquet(str(tmp_path / 'out'))


@pytest.mark.parametrize(('query', 'part'), [
    ("SELECT cast(v AS int) FROM VALUES ('Jane Doe 123-45') t(v)", 'A value of the type "STRING" cannot be cast'),
    ("SELECT cast(v AS date) FROM VALUES ('Jane Doe 123-45') t(v)", 'A value of the type "STRING" cannot be cast'),
    ("SELECT to_timestamp(v, 'yyyy-MM-dd') FROM VALUES ('Jane Doe 123-45') t(v)", 'A text could not be parsed'),
    ('SELECT cast(v AS decimal(4,2)) FROM VALUES (12345.678) t(v)', 'A value cannot be represented as Decimal(4, 2)'),
    ('SELECT cast(v AS tinyint) FROM VALUES (12345) t(v)', 'A value of the type "INT" cannot be cast to "TINYINT"'),
    ('SELECT nobody FROM VALUES (12345) t(v)', 'name `nobody` cannot be resolved'),
])
def test_a_failed_query_is_told_in_one_line_without_values(spark, tmp_path, query, part):
    for act in (lambda df: df.collect(), written(tmp_path)):
        with pytest.raises(Exception) as failed:
            act(spark.sql(query))
        reason = reason_of(failed.value)
        assert part in reason
        assert '\n' not in reason
        assert 'Jane' not in reason and '12345' not in reason


def test_a_failed_task_is_told_by_the_cause_and_not_by_the_job_that_was_aborted(spark, tmp_path):
    df = spark.range(3).repartition(2).selectExpr("cast(concat('Jane', id) AS int) AS number")
    with pytest.raises(Exception) as failed:
        written(tmp_path)(df)
    reason = reason_of(failed.value)
    assert '[CAST_INVALID_INPUT] A value of the type "STRING" cannot be cast to "INT"' in reason
    assert 'aborted' not in reason and 'Jane' not in reason
