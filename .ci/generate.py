"""Writes the locks, which are the requirements files that pip installs, and the scripts that complete `./lake`.

    python3 .ci/generate.py completion                     after a change of commands or options
    python3 .ci/generate.py locks                          after a change in the folder requirements
    python3 .ci/generate.py locks --upgrade-package boto3  a newer version of what no source pins

It needs Python and the package index. Arguments after `locks` go to `uv pip compile`.
"""
from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = REPOSITORY / 'requirements'
COMPLETION = REPOSITORY / 'lib' / 'local_lake' / 'completion'
SHELLS = ('bash', 'zsh')
TOOLS = 'requirements/tools.txt'
EVERYWHERE = ('--universal', '--python-version', '3.11')
# AWS Glue's own library for its version 6.0 is for that Python alone.
ON_PYTHON_3_13 = ('--universal', '--python-version', '3.13')
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
    Lock('requirements-glue-6.0.txt', 'glue-6.0.in', (), ON_PYTHON_3_13),
    Lock('requirements/java.txt', 'java.in'),
    Lock(TOOLS, 'tools.in'),
    Lock('bench/requirements.txt', 'bench.in', (*SHARED, 'requirements-spark-3.5.txt')),
)


def main(arguments: Sequence[str]) -> int:
    """Write locks or scripts with the locked tools, in an environment that is removed afterwards."""
    if arguments[:1] not in (['locks'], ['completion']):
        print(f'generate: expected one of the commands below.\n{__doc__}', file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix='generate-') as folder:
        subprocess.run([sys.executable, '-m', 'venv', folder], check=True)
        subprocess.run([f'{folder}/bin/python', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check',
                        '-r', TOOLS], cwd=REPOSITORY, check=True)
        if arguments[0] == 'completion':
            sys.path[:0] = map(str, Path(folder).glob('lib/python*/site-packages'))
            write_completion()
            return 0
        for lock in LOCKS:
            write_lock(lock, [f'{folder}/bin/uv', 'pip', 'compile', '--quiet', *arguments[1:]])
            print(f'{lock.file} is locked.', flush=True)
    return 0


def write_completion() -> None:
    """Write the completion script of each shell from the parser of the command line."""
    shtab: Any = import_module('shtab')    # Only the environment of this script has it.
    parser = command_line()
    note = f'# Written by: python3 .ci/generate.py completion\n# SHA-256 of the commands: {commands_checksum(parser)}\n'
    for action in (action for found in parsers(parser) for action in found._actions):
        if str(action.metavar).startswith(('FILE', 'DIR')):
            setattr(action, 'complete', shtab.FILE if str(action.metavar).startswith('FILE') else shtab.DIRECTORY)
    for shell in SHELLS:
        first, _, rest = shtab.complete(parser, shell=shell).partition('\n')
        (COMPLETION / f'lake.{shell}').write_text(f'{first}\n{note}{rest.rstrip()}\n', encoding='utf-8')


def command_line() -> ArgumentParser:
    """Return the parser of `./lake`."""
    sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib')]
    from lib.local_lake.cli import build_parser
    parser = build_parser()
    parser.prog = 'lake'
    return parser


def parsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """Yield a parser and those of its commands."""
    yield parser
    for action in parser._actions:
        for choice in action.choices.values() if isinstance(action.choices, dict) else ():
            yield from parsers(choice)


def commands_checksum(parser: ArgumentParser) -> str:
    """Return the checksum of all that a completion script says about commands and options."""
    said = [(found.prog, found.description, [
        (action.option_strings, str(action.metavar), action.help, str(action.nargs), [*map(str, action.choices or ())])
        for action in found._actions]) for found in parsers(parser)]
    return hashlib.sha256(repr(said).encode()).hexdigest()


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
