"""Fetches the Java libraries of the real ground from Maven Central, each pinned by version and SHA-256.

    python test/real/jars.py FOLDER
"""
from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == '__main__':
    # It starts without an activated environment too.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from lib.packaging.script_environment import FOR_REAL_TESTS, use_environment
    use_environment(('pyspark',), FOR_REAL_TESTS, '.venv-glue-5.1')

import pyspark

SECONDS = 300


@dataclass(frozen=True)
class Jar:
    """A library of Maven Central: group, artifact, version, and the SHA-256 of its archive."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return f'{self.artifact}-{self.version}.jar'


# The versions of Iceberg that AWS Glue 5.1 and 6.0 have.
ICEBERG = {
    '3.5': (
        Jar('org.apache.iceberg', 'iceberg-spark-runtime-3.5_2.12', '1.10.0',
            '70f9471870b2d456167d703c829f098a446b86bb1379eee338c0efa03a341026'),
        Jar('org.apache.iceberg', 'iceberg-aws-bundle', '1.10.0',
            '172370cfc32a5f1ae5399b210e86fc04a366dc29a112d97ac8ffc74df7525596')),
    '4.1': (
        Jar('org.apache.iceberg', 'iceberg-spark-runtime-4.1_2.13', '1.11.0',
            'd6ea6c5d099288daeb7d5a92061bd3d7d8f296492632b42378e5f2f0e3066242'),
        Jar('org.apache.iceberg', 'iceberg-aws-bundle', '1.11.0',
            '38f01da7e96850cdd05e6616d758b77b43314b712a8808e3f9a824d56976162f'))}
WILDFLY = Jar('org.wildfly.openssl', 'wildfly-openssl', '1.0.7.Final',
              '9f7058778978ec2ad90c7224401a4b0013d93e0dd3fa0f72b25244ffa3507ca8')
# By version of Spark: hadoop-aws of the Hadoop client in it, the bundle of AWS clients that this was built with, what
# binds Spark's Parquet writer to the committers of S3A, its reader of Avro, and Iceberg.
JARS_FOR_SPARK = {
    '3.5': (
        Jar('org.apache.hadoop', 'hadoop-aws', '3.3.4',
            '53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a'),
        Jar('com.amazonaws', 'aws-java-sdk-bundle', '1.12.262',
            '873fe7cf495126619997bec21c44de5d992544aea7e632fdc77adb1a0915bae5'),
        # 3.5.6 is not everywhere.
        Jar('org.apache.spark', 'spark-hadoop-cloud_2.12', '3.5.5',
            '7984bfbd83e8dff0d7ee0aed79e6cb916e651ba28b4ecce8a43b97cb669fbe28'),
        Jar('org.apache.spark', 'spark-avro_2.12', '3.5.6',
            '933ab859ec96aca9b4628b26e1b9ac4e67156f38f6936fb495d7df1486f6ee24'),
        WILDFLY, *ICEBERG['3.5']),
    '4.1': (
        Jar('org.apache.hadoop', 'hadoop-aws', '3.4.2',
            'd2d24e6b715b5656b9d238bf13b6682a07e2004dd36aad74a73aeb854319f4d9'),
        Jar('software.amazon.awssdk', 'bundle', '2.29.52',
            '62638f33045690c6bc5e496b54b0b2e89a9ad38cbedacdf6e017fea6bc85f55c'),
        Jar('software.amazon.s3.analyticsaccelerator', 'analyticsaccelerator-s3', '1.2.1',
            '11029552e37408e41e689b20150f4b372e0b4f232de321ccafd0fcf443cdfb5a'),
        Jar('org.apache.spark', 'spark-hadoop-cloud_2.13', '4.1.1',
            'e5b41b43d481510afd0cdc372b593770ddee5a0a348d0744cef6c6cd77a27943'),
        Jar('org.apache.spark', 'spark-avro_2.13', '4.1.1',
            '6a19d90bc3b6e88d8db0fa36a19273aa10fea2dbd7a62bb60e4cedd73051b32d'),
        # Iceberg's own bundle has clients of AWS too, of another version.
        WILDFLY, ICEBERG['4.1'][0])}
SPARK = pyspark.__version__.rpartition('.')[0]
JARS = JARS_FOR_SPARK[SPARK]


def fetch(jars: tuple[Jar, ...], folder: Path) -> list[str]:
    """Bring the jars into the folder, which may have some already; return a sentence for each that is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return [problem for jar in jars if (problem := _fetch(jar, folder / jar.file))]


def _fetch(jar: Jar, file: Path) -> str:
    if file.exists() and _sha256(file) == jar.sha256:
        return ''
    print(f'Fetching {jar.file} from Maven Central …', file=sys.stderr, flush=True)
    # On the disk of the cache, so that a whole file is put there at one instant.
    with TemporaryDirectory(dir=file.parent) as place:
        fetched = Path(place) / jar.file
        try:
            done = subprocess.run(_ivy(jar, Path(place)), capture_output=True, text=True, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f'{jar.file} could not be fetched from Maven Central: {type(error).__name__}.'
        if done.returncode or not fetched.exists():
            return f'{jar.file} could not be fetched from Maven Central: the client ended with {done.returncode}.'
        if (found := _sha256(fetched)) != jar.sha256:
            return f'{jar.file} from Maven Central has the SHA-256 {found}, expected {jar.sha256}. It was not kept.'
        fetched.replace(file)
    return ''


def _ivy(jar: Jar, place: Path) -> list[str]:
    """Return the command of Ivy, the client of Maven repositories that Spark brings."""
    home = os.environ.get('JAVA_HOME')
    java = str(Path(home) / 'bin' / 'java') if home else 'java'
    return [java, '-cp', str(Path(pyspark.__file__).parent / 'jars' / '*'), 'org.apache.ivy.Main', '-notransitive',
            '-dependency', jar.group, jar.artifact, jar.version, '-confs', 'default', '-types', 'jar',
            '-cache', str(place / 'cache'), '-retrieve', str(place / '[artifact]-[revision].[ext]')]


def _sha256(file: Path) -> str:
    with file.open('rb') as content:
        return hashlib.file_digest(content, 'sha256').hexdigest()


if __name__ == '__main__':
    missing = fetch(tuple(dict.fromkeys((*JARS, *ICEBERG[SPARK], *ICEBERG['4.1']))), Path(sys.argv[1]))
    print(*missing, sep='\n', file=sys.stderr)
    sys.exit(1 if missing else 0)
