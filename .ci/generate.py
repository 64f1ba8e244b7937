"""Writes the locks: each requirements file that pip installs, from its source in `requirements`, with hashes.

    python3 .ci/generate.py locks                          after a change of a source
    python3 .ci/generate.py locks --upgrade-package boto3  a newer version of what no source pins

It needs Python and the package index. Further arguments go to `uv pip compile`.
"""
from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = REPOSITORY / 'requirements'
TOOLS = 'requirements/tools.txt'
EVERYWHERE = ('--universal', '--python-version', '3.11')
# The job argument --additional-python-modules takes no markers, so this lock is for the machines of AWS Glue.
ON_GLUE = ('--python-platform', 'x86_64-manylinux_2_28', '--python-version', '3.11')
SHARED = ('requirements-lake-test.txt',)


@dataclass(frozen=True)
class Lock:
    """A requirements file with every package that its source pulls in.

    file         what pip installs, a path from the repository
    source       the names that people write, a file in `requirements`
    constraints  files whose versions it shares, because one environment holds both
    options      for which machines uv resolves
    """

    file: str
    source: str
    constraints: tuple[str, ...] = SHARED
    options: tuple[str, ...] = EVERYWHERE


# In the order in which they are written: constraints come first.
LOCKS = (
    Lock('requirements-lake-test.txt', 'lake-test.in', ('requirements/lake.in', 'requirements/spark-3.5.in')),
    Lock('requirements.txt', 'deployment.in'),
    Lock('requirements-dev.txt', 'dev.in'),
    Lock('requirements-glue.txt', 'glue.in', options=ON_GLUE),
    Lock('requirements-spark-3.5.txt', 'spark-3.5.in'),
    Lock('requirements-spark-4.1.txt', 'spark-4.1.in'),
    Lock('requirements-glue-5.1.txt', 'glue-5.1.in', ()),
    Lock('requirements/java.txt', 'java.in'),
    Lock(TOOLS, 'tools.in'),
    Lock('bench/requirements.txt', 'bench.in', (*SHARED, 'requirements-spark-3.5.txt')),
)


def main(arguments: Sequence[str]) -> int:
    """Write every lock with the locked version of uv, in an environment that is removed afterwards."""
    if arguments[:1] != ['locks']:
        print(f'generate: expected one of the commands below.\n{__doc__}', file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix='generate-') as folder:
        python = f'{folder}/bin/python'
        subprocess.run([sys.executable, '-m', 'venv', folder], check=True)
        subprocess.run([python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', TOOLS],
                       cwd=REPOSITORY, check=True)
        for lock in LOCKS:
            write_lock(lock, [f'{folder}/bin/uv', 'pip', 'compile', '--quiet', *arguments[1:]])
            print(f'{lock.file} is locked.', flush=True)
    return 0


def write_lock(lock: Lock, uv: Sequence[str]) -> None:
    """Write one lock; versions that it has stay unless the source rules them out."""
    constraints = [word for file in lock.constraints for word in ('--constraints', file)]
    subprocess.run([*uv, *lock.options, *constraints, '--generate-hashes', '--no-header', '--no-emit-index-url',
                    '--no-emit-find-links', '--annotation-style', 'line', '--output-file', lock.file,
                    f'requirements/{lock.source}'], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    file = REPOSITORY / lock.file
    pins = re.sub(r', -c [^\s,]+', '', file.read_text(encoding='utf-8'))
    file.write_text(header(lock) + pins, encoding='utf-8')


def header(lock: Lock) -> str:
    """Return the first lines of a lock: its purpose, where to change it, and the checksum of what it was made from."""
    purpose = (SOURCES / lock.source).read_text(encoding='utf-8').splitlines()[0]
    return (f'{purpose}\n# Locked from requirements/{lock.source} by: python3 .ci/generate.py locks\n'
            f'# SHA-256 of the source: {checksum(lock)}\n')


def checksum(lock: Lock) -> str:
    """Return the checksum of a source, the sources that it includes, and the constraints."""
    files = [*with_included(SOURCES / lock.source), *(REPOSITORY / name for name in lock.constraints)]
    return hashlib.sha256(b'\0'.join(file.read_bytes() for file in files)).hexdigest()


def with_included(source: Path) -> Iterator[Path]:
    """Yield a source and the sources that it includes."""
    yield source
    for name in re.findall(r'^-r +(\S+)', source.read_text(encoding='utf-8'), re.MULTILINE):
        yield from with_included(source.with_name(name))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
