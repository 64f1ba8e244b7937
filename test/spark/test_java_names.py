"""Java is asked once for a class or a static method of Spark, and still finds classes that come later."""
from __future__ import annotations

from contextlib import contextmanager

import pytest
from py4j.java_gateway import JavaPackage
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from lake_etl.spark.java_names import remember_java_names


@contextmanager
def requests_to_java(spark, monkeypatch):
    """Give the list of the questions about names that py4j asks Java inside."""
    client, asked = spark.sparkContext._gateway._gateway_client, []
    send = client.send_command
    with monkeypatch.context() as patch:
        patch.setattr(client, 'send_command', lambda command, *rest, **more: (
            asked.append(command) if command.startswith('r\n') else None, send(command, *rest, **more))[1])
        yield asked


def test_functions_of_columns_are_looked_up_once(spark, monkeypatch):
    remember_java_names(spark)
    F.upper(F.col('a'))
    with requests_to_java(spark, monkeypatch) as asked:
        F.upper(F.col('a'))
        F.upper(F.col('b')).alias('c')
    assert asked == []


def test_a_class_that_java_does_not_know_yet_is_asked_for_again(spark, monkeypatch):
    remember_java_names(spark)
    jvm = spark.sparkContext._jvm
    with requests_to_java(spark, monkeypatch) as asked:
        assert isinstance(jvm.org.apache.NotThereYet, JavaPackage)
        assert isinstance(jvm.org.apache.NotThereYet, JavaPackage)
    assert len([command for command in asked if 'NotThereYet' in command]) == 2


def test_spark_answers_and_fails_as_before(spark):
    remember_java_names(spark)
    jvm = spark.sparkContext._jvm
    assert jvm.org.apache.spark.sql.types.DataType.fromDDL('a int').catalogString() == 'struct<a:int>'
    assert spark.range(1).select(F.upper(F.lit('x')).alias('x')).collect() == [('X',)]
    with pytest.raises(AnalysisException):
        spark.sql('SELECT nothing FROM nowhere')
