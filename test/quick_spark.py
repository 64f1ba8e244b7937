"""Settings with which a process that a test starts brings up Spark in half the time."""
from __future__ import annotations

from lib.local_lake.running.java_classes import class_archive_options
from lib.local_lake.running.laptop_session import JAVA_OPTIONS, ONE_COMPILER

# One core, no web page, one compiler of Java, and no generated code, which does not pay for a few rows.
SUBMIT = ('--master local[1] --conf spark.ui.enabled=false --conf spark.sql.codegen.wholeStage=false '
          '--conf spark.sql.shuffle.partitions=1 --conf spark.driver.extraJavaOptions="{options}" pyspark-shell')


def quick_start() -> dict[str, str]:
    """Return the variables for a program that starts Spark without the settings of `./lake`."""
    options = ' '.join((JAVA_OPTIONS, ONE_COMPILER, class_archive_options()))
    return {'PYSPARK_SUBMIT_ARGS': SUBMIT.format(options=options)}
