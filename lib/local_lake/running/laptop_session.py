"""Starts Spark on this machine, tuned for a laptop: no web page, few partitions, a quick start for small data."""
from __future__ import annotations

import os
import sys
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from lake_etl.reasons.own_words import SHOWS_SPARK_LOG
from lake_etl.spark.session import COMPILES_HUGE_METHODS
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.java import use_environment_java
from lib.local_lake.running.java_classes import class_archive_options
from lib.local_lake.running.stopping import take_interrupt_back

LOG_SETTINGS = Path(__file__).with_name('log4j2.properties')
# The code that Spark generates for wide tables has methods that Java would otherwise not compile.
JAVA_OPTIONS = f'-XX:+UseParallelGC {COMPILES_HUGE_METHODS} -Xss4m'
# Small data do not repay the work of Java's second compiler: with it a demo takes twice as long.
ONE_COMPILER = '-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m'
# Nor do they repay generated code, more than one task, or a long optimization of the plan.
SMALL_DATA = {
    'spark.sql.codegen.wholeStage': 'false',
    'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
    'spark.sql.adaptive.enabled': 'false',
    'spark.sql.constraintPropagation.enabled': 'false',
    'spark.sql.shuffle.partitions': '1',
}
# Python workers keep memory that they free, up to 64 MiB, for what they need next: asking Linux for it anew, page by
# page, takes longer than scanning the lines of a file that is read into it.
WORKER_MEMORY = {
    'spark.executorEnv.MALLOC_MMAP_THRESHOLD_': str(32 * 1024 * 1024),
    'spark.executorEnv.MALLOC_TRIM_THRESHOLD_': str(64 * 1024 * 1024),
}
# At 16 MiB of delimited text both ways of starting take equally long. Parquet holds far more rows in a byte.
MIB = 1024 * 1024
SMALL_LANDED_BYTES, SMALL_TABLE_BYTES = 16 * MIB, 4 * MIB
SHARED_MODULES = Path(__file__).resolve().parents[2] / 'glue_scripts' / 'lib'

# A load generates up to 25 classes, a check of rules as many again. With Spark's default of 100 a session with
# several loads, such as `watch`, would generate and compile them again each time.
REMEMBERED_CLASSES = 500
JAVA_ENDED = ('The Java process of Spark ended during the load, most likely because memory ran out. Free memory or '
              'split the file, then load it again with ./lake retry.')
PARALLELISM = 'spark.default.parallelism'


def start_session(folder: Path, cores: str = '*', memory: str = '2g', small_data: bool = False,
                  one_compiler: bool = False) -> SparkSession:
    """Start the Spark session of this process, or return the running one; scratch files go below `folder`.

    small_data    whether it will only read some megabytes, so that a quick start counts most
    one_compiler  whether Java uses its first compiler only: a quick start, and the same behaviour of Spark
    """
    running = SparkSession.getActiveSession()
    if running:
        return running
    os.environ['PYSPARK_PYTHON'] = os.environ['PYSPARK_DRIVER_PYTHON'] = sys.executable
    use_environment_java()
    _put_shared_modules_on_worker_path()
    builder = SparkSession.builder.master(f'local[{cores}]').appName('lake')
    java_options = ' '.join((JAVA_OPTIONS, ONE_COMPILER if small_data or one_compiler else '', class_archive_options()))
    for key, value in {**_settings(folder, memory, java_options), **(SMALL_DATA if small_data else {})}.items():
        builder = builder.config(key, value)
    with doing('Starting Spark'):
        session = _with_parallelism(builder.getOrCreate())
    if not os.environ.get(SHOWS_SPARK_LOG):
        # When Java ends, the server that counts for Spark would print where in the library it noticed.
        server: Any = session.sparkContext._accumulatorServer
        server.handle_error = _say_nothing
    take_interrupt_back()
    return session


def _say_nothing(*details: object) -> None:
    """Take the place of what prints an error of another thread."""


def _with_parallelism(spark: SparkSession) -> SparkSession:
    """Set what AWS Glue sets: users' transforms ask for the number of tasks that run at once."""
    cores = str(spark.sparkContext.defaultParallelism)
    spark.sparkContext._conf.set(PARALLELISM, cores)
    # The session refuses it as a setting of its own, but takes it from a builder.
    return SparkSession.builder.config(PARALLELISM, cores).getOrCreate()


def forget_ended_session() -> bool:
    """Tell whether Java has ended under the session of this process; the next start makes a new session then."""
    context = SparkContext._active_spark_context
    if context is None or _is_alive(context):
        return False
    # This is what `stop` does as well, but `stop` needs Java for it.
    SparkSession._instantiatedSession = SparkSession._activeSession = None
    SparkContext._active_spark_context = None
    SparkContext._gateway = SparkContext._jvm = None
    return True


def _is_alive(context: SparkContext) -> bool:
    """Tell whether Spark can run another job; when memory runs out it stops its context and then ends Java."""
    try:
        return not context._jsc.sc().isStopped()
    except Exception:
        return False  # The connection to Java is broken.


def is_small(folders: LakeFolders, landed_bytes: int) -> bool:
    """Return whether the landed files and the tables of the lake are so small that a quick start of Spark pays."""
    if landed_bytes >= SMALL_LANDED_BYTES:
        return False
    files = chain.from_iterable(folder.rglob('*.parquet') for folder in (folders.cleanse, folders.consume))
    return not any(total >= SMALL_TABLE_BYTES for total in accumulate(file.lstat().st_size for file in files))


def _put_shared_modules_on_worker_path() -> None:
    """Let Python workers import the shared modules, as --extra-py-files does on AWS Glue."""
    present = os.environ.get('PYTHONPATH', '').split(os.pathsep)
    if str(SHARED_MODULES) not in present:
        os.environ['PYTHONPATH'] = os.pathsep.join([str(SHARED_MODULES), *filter(None, present)])


def _settings(folder: Path, memory: str, java_options: str) -> dict[str, str]:
    return {
        'spark.driver.memory': memory,
        'spark.driver.host': '127.0.0.1',
        'spark.driver.bindAddress': '127.0.0.1',
        'spark.driver.extraJavaOptions': f'{java_options} -Dlog4j2.configurationFile=file:{LOG_SETTINGS}',
        'spark.python.daemon.module': 'lake_etl.adapters.local.worker_daemon',
        'spark.jars': ','.join(map(str, sorted(SHARED_MODULES.glob('*.jar')))),
        'spark.ui.enabled': 'false',
        'spark.ui.showConsoleProgress': 'false',
        'spark.sql.catalogImplementation': 'in-memory',
        'spark.sql.warehouse.dir': str(folder / 'spark-warehouse'),
        'spark.local.dir': str(folder / 'spark-scratch'),
        'spark.sql.shuffle.partitions': '4',
        'spark.sql.files.maxPartitionBytes': '32m',
        **WORKER_MEMORY,
        'spark.sql.codegen.cache.maxEntries': str(REMEMBERED_CLASSES),
        'spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version': '2',
        'spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs': 'false',
    }
