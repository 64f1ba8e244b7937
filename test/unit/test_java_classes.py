"""The archive of Java classes is used when it fits the Java and the Spark at hand, and Spark starts from it."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from lib.local_lake.running import java_classes


@pytest.fixture
def java_home(tmp_path, monkeypatch) -> Path:
    """A home of Java 17.0.9 that JAVA_HOME names, and an environment without an archive."""
    home = tmp_path / 'java'
    home.mkdir()
    (home / 'release').write_text('IMPLEMENTOR="Somebody"\nJAVA_VERSION="17.0.9"\n')
    monkeypatch.setenv('JAVA_HOME', str(home))
    monkeypatch.setattr(sys, 'prefix', str(tmp_path / 'environment'))
    return home


def test_without_an_archive_java_gets_no_option(java_home):
    assert java_classes.class_archive_options() == ''


def test_the_archive_of_this_java_and_this_spark_is_used(java_home, tmp_path):
    archive = tmp_path / 'environment' / 'java-classes' / f'spark-{pyspark.__version__}-java-17.0.9.jsa'
    archive.parent.mkdir(parents=True)
    archive.touch()
    assert f'-XX:SharedArchiveFile={archive}' in java_classes.class_archive_options()
    (java_home / 'release').write_text('JAVA_VERSION="17.0.10"\n')
    assert java_classes.class_archive_options() == ''


def test_a_java_without_a_version_gets_no_option(tmp_path, monkeypatch):
    monkeypatch.setenv('JAVA_HOME', str(tmp_path))
    assert java_classes.class_archive_options() == ''


def test_a_broken_archive_does_not_keep_java_from_starting(tmp_path, spark_environment):
    archive = tmp_path / 'broken.jsa'
    archive.write_bytes(b'not an archive')
    java_classes.use_environment_java()
    program = java_classes._java_home() / 'bin' / 'java'
    command = [program, f'-XX:SharedArchiveFile={archive}', *java_classes.QUIET.split(), '-version']
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == '' and 'broken.jsa' not in answer.stderr
