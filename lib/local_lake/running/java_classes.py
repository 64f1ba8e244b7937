"""Keeps the Java classes of Spark in a file that Java maps into memory, so that Spark starts in about half the time.

The set-up of the environment writes the file once. Java compares it with its own version and with Spark's libraries,
and starts without it when they differ. Source: JEP 350, "Dynamic CDS Archives".
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pyspark

from lib.local_lake.running.java import use_environment_java

QUIET = '-Xlog:cds*=off -Xlog:class+path=off'
TRAINING_SAMPLE = 'SyntheticGeneralData/PolicyData'


def class_archive_options() -> str:
    """Return the options with which Java uses the archive; an empty text when there is none for this Java and Spark."""
    home = _java_home()
    archive = home and _class_archive(home)
    return f'-XX:SharedArchiveFile={archive} {QUIET}' if archive and archive.is_file() else ''


def write_class_archive() -> Path | None:
    """Load a sample into a lake that is removed afterwards, and write the archive of the classes which that load used.

    Returns the archive, or None when this Java cannot write one.
    """
    use_environment_java()
    home = _java_home()
    if home is None:
        return None
    archive = _class_archive(home)
    if not archive.is_file():
        archive.parent.mkdir(parents=True, exist_ok=True)
        written = archive.with_suffix(f'.{os.getpid()}')
        _write_archive_of_java(home)
        os.environ['SPARK_SUBMIT_OPTS'] = f'-XX:ArchiveClassesAtExit={written} {QUIET}'
        _load_sample()
        if not written.is_file():
            return None
        written.replace(archive)
    return archive


def _java_home() -> Path | None:
    """Return the home of the Java that Spark starts, or None when there is no file that tells its version."""
    program = os.environ.get('JAVA_HOME') or shutil.which('java') or ''
    place = Path(program).resolve()
    return next((home for home in (place, *place.parents) if (home / 'release').is_file()), None)


def _class_archive(home: Path) -> Path:
    version = re.search(r'^JAVA_VERSION="(.+)"$', (home / 'release').read_text(), re.MULTILINE)
    name = f'spark-{pyspark.__version__}-java-{version[1] if version else "unknown"}.jsa'
    return Path(sys.prefix) / 'java-classes' / name


def _write_archive_of_java(home: Path) -> None:
    """Write the archive of Java's own classes, which the one for Spark extends, where Java came without it."""
    if not (home / 'lib' / 'server' / 'classes.jsa').exists():
        subprocess.run([home / 'bin' / 'java', '-Xshare:dump'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)


def _load_sample() -> None:
    """Load one sample with all its jobs and wait until Java has ended, which is when it writes the archive."""
    from pyspark.sql import SparkSession

    from lake_etl.landing.location import read_key
    from lib.local_lake.folders import LakeFolders
    from lib.local_lake.running.orchestration import Orchestrator, land
    from lib.local_lake.running.samples import SAMPLES
    sample = next(sample for sample in SAMPLES if sample.workflow == TRAINING_SAMPLE)
    with tempfile.TemporaryDirectory() as folder:
        folders = LakeFolders.of(folder, None)
        with folders.writing():
            execution = land(folders, sample.key, sample.path.read_bytes())
            Orchestrator(folders, small_data=True).run(read_key(sample.key, datetime.now()), execution)
        session = SparkSession.getActiveSession()
        if session is not None:
            java: Any = session.sparkContext._gateway
            session.stop()
            java.shutdown()
            java.proc.stdin.close()
            java.proc.wait()


if __name__ == '__main__':
    write_class_archive()
