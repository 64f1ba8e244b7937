"""The settings of a session: Java compiles all that Spark generates, or Spark generates only what Java compiles."""
from __future__ import annotations

import pytest

from lake_etl.spark.session import code_settings


def test_java_on_a_laptop_compiles_methods_of_any_size(spark):
    beans = spark._jvm.java.lang.management.ManagementFactory
    kind = spark._jvm.java.lang.Class.forName('com.sun.management.HotSpotDiagnosticMXBean')
    assert beans.getPlatformMXBean(kind).getVMOption('DontCompileHugeMethods').getValue() == 'false'
    assert int(spark.conf.get('spark.sql.codegen.hugeMethodLimit')) == 65535


def test_the_end_of_java_prints_nothing_of_the_library(spark, capsys):
    """The server that counts for Spark notices it in a thread of its own, where nobody else takes the error."""
    try:
        raise EOFError
    except EOFError:
        spark.sparkContext._accumulatorServer.handle_error(None, ('127.0.0.1', 0))
    assert capsys.readouterr() == ('', '')


@pytest.mark.parametrize('options', ['', '-Xss4m -XX:+UseParallelGC', '-XX:+DontCompileHugeMethods'])
def test_elsewhere_methods_are_kept_below_the_size_that_java_compiles(options):
    assert code_settings(options) == {'spark.sql.codegen.hugeMethodLimit': '8000'}
