"""Runs AWS Glue's own Python library in tests; a few Java classes play the half of it that only AWS Glue has."""
from __future__ import annotations

import sys
from importlib import import_module, metadata
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PACKAGE = 'AWSGlueDataplanePython'
# Each version of AWS Glue has one Spark and one Python, and its library is for these alone.
VERSIONS = {('3.5', (3, 11)): '5.1.0', ('4.1', (3, 13)): '6.0.0'}
SOURCES = Path(__file__).with_name('glue_java')


def wanted_library() -> str:
    """Return the version of AWS Glue's Python library for this Spark and this Python; empty where AWS has none."""
    try:
        spark = metadata.version('pyspark').rpartition('.')[0]
    except metadata.PackageNotFoundError:
        return ''
    return VERSIONS.get((spark, sys.version_info[:2]), '')


def real_library() -> bool:
    """Tell whether that version is installed."""
    try:
        return metadata.version(PACKAGE) == (wanted_library() or None)
    except metadata.PackageNotFoundError:
        return False


def use_real_library() -> None:
    """Import AWS Glue's own library where there is one, so that no stand-in takes its place in this process."""
    if real_library():
        import_module('awsglue.context')


def play_java_half(spark: SparkSession) -> None:
    """Compile the Java classes, by the compiler that Spark brings, and put them where the Python library finds them."""
    jvm: Any = spark._jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    folder = Path(mkdtemp(prefix='glue-java-', dir=spark.conf.get('spark.local.dir')))
    for source in sorted(SOURCES.glob('*.java')):
        compiler = jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(loader)
        compiler.cook(source.read_text(encoding='utf-8'))
        for name, code in compiler.getBytecodes().items():
            file = folder / f'{name.replace(".", "/")}.class'
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes(code))
    loader.addURL(jvm.java.io.File(str(folder)).toURI().toURL())


def begun_run(spark: SparkSession) -> Any:
    """Return the Java class that knows the last run: `name()`, `arguments()` and `committed()`."""
    jvm: Any = spark._jvm
    return jvm.com.amazonaws.services.glue.util.Job


def is_real() -> bool:
    """Tell whether `awsglue` in this process is AWS Glue's own library."""
    module = sys.modules.get('awsglue')
    return module is not None and 'awsglue_stand_in' not in str(module.__file__)
