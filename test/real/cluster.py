"""Starts a Spark standalone cluster whose processes share no folder but the environment, and runs jobs on it.

Each process has a mount namespace of its own, in which the repository's sources and the folders of the other processes
are empty.
"""
from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

REPOSITORY = Path(__file__).resolve().parents[2]
SPARK_HOME = Path(pyspark.__file__).parent
WORKERS, DRIVERS = ('worker-1', 'worker-2'), 'drivers'
SOURCES = ('lib', 'test', 'resources', 'bench', 'docs', '.ci')
SCALA = '2.12'   # That of Spark 3.5.6 from the Python index, where Spark itself cannot tell.
START_SECONDS = 60
# Without root a user namespace gives the right to mount.
NAMESPACES = (('unshare', '--mount', '--propagation', 'private'),
              ('unshare', '--user', '--map-root-user', '--mount', '--propagation', 'private'))


class GroundMissing(Exception):
    """The machine lacks what the cluster needs; the message names it."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    address  of the master, as Spark takes it
    root     folder below which each process has its own
    workers  process ids of the workers, whose children are the executors
    """

    address: str
    root: Path
    namespace: tuple[str, ...]
    workers: tuple[int, ...]

    def driver(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start a process beside the workers, in a folder of its own, and return it; its output goes to `log`."""
        folder = self.folder(name)
        with (folder / 'log').open('w') as log:
            return subprocess.Popen(
                _hidden(self.namespace, command, _hidden_from(self.root, name)), cwd=folder,
                env=_environment(folder) | environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                text=True)

    def folder(self, name: str) -> Path:
        """Return the folder of a driver, made when it is missing."""
        return _own_folder(self.root / DRIVERS, name)

    def executors(self) -> list[int]:
        """Return the process ids of all executors."""
        found = subprocess.run(['pgrep', '-P', ','.join(map(str, self.workers))], capture_output=True, text=True,
                               check=False)
        return [int(line) for line in found.stdout.split()]


@contextmanager
def cluster(root: Path, cores: int = 2, memory: str = '3g', environment: Mapping[str, str] | None = None
            ) -> Iterator[Cluster]:
    """Start a master and two workers and stop them at the end.

    environment  variables of the workers, beside those that every process has; none of this process come along
    """
    namespace = own_mounts()
    port = _free_port()
    address = f'spark://127.0.0.1:{port}'
    with ExitStack() as processes:
        master = ['org.apache.spark.deploy.master.Master', '--host', '127.0.0.1', '--port', str(port),
                  '--webui-port', '0']
        processes.enter_context(_process(namespace, root, 'master', master, environment or {}))
        _wait_for_log(root / 'master' / 'log', 'I have been elected leader')
        workers = []
        for name in WORKERS:
            worker = ['org.apache.spark.deploy.worker.Worker', '--host', '127.0.0.1', '--cores', str(cores),
                      '--memory', memory, '--work-dir', str(root / name / 'work'), '--webui-port', '0', address]
            workers.append(processes.enter_context(_process(namespace, root, name, worker, environment or {})))
        for name in WORKERS:
            _wait_for_log(root / name / 'log', 'Successfully registered with master')
        yield Cluster(address, root, namespace, tuple(workers))


def own_mounts() -> tuple[str, ...]:
    """Return the command that gives a process mounts of its own; raises GroundMissing where none is allowed."""
    for command in NAMESPACES:
        trial = [*command, 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']
        if shutil.which('unshare') and subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            return command
    raise GroundMissing('This machine allows no mount namespaces (unshare --mount), so the processes of a cluster '
                        'cannot be kept from seeing each other\'s folders.')


def java() -> str:
    """Return the program that runs Java."""
    home = os.environ.get('JAVA_HOME')
    return str(Path(home) / 'bin' / 'java') if home else 'java'


@contextmanager
def _process(namespace: tuple[str, ...], root: Path, name: str, arguments: Sequence[str],
             environment: Mapping[str, str]) -> Iterator[int]:
    folder = _own_folder(root, name)
    hidden = [*_hidden_from(root, name), root / DRIVERS]
    command = [java(), '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', '-cp', f'{SPARK_HOME}/jars/*',
               *arguments]
    for place in hidden:
        place.mkdir(parents=True, exist_ok=True)
    with (folder / 'log').open('w') as log:
        process = subprocess.Popen(_hidden(namespace, command, hidden), cwd=folder, stdout=log,
                                   stderr=subprocess.STDOUT, env=_environment(folder) | environment,
                                   start_new_session=True)
    try:
        yield process.pid
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _hidden_from(root: Path, name: str) -> list[Path]:
    """Return the folders that are empty to a process: the sources, and those of the workers but its own."""
    return [*(REPOSITORY / source for source in SOURCES), *(root / other for other in WORKERS if other != name)]


def _hidden(namespace: Sequence[str], command: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return a command that runs another one to which these folders are empty."""
    mount = 'mount -t tmpfs -o size=64k,mode=755 tmpfs'
    mounts = [f'{mount} {shlex.quote(str(place))}' for place in places]
    return [*namespace, 'sh', '-c', ' && '.join([*mounts, 'exec "$@"']), 'sh', *command]


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of a process; nothing of this process but where its programs are."""
    own = {name: os.environ[name] for name in ('PATH', 'JAVA_HOME', 'LANG') if name in os.environ}
    return own | {'SPARK_HOME': str(SPARK_HOME), 'SPARK_SCALA_VERSION': SCALA, 'HOME': str(folder),
                  'TMPDIR': str(folder / 'tmp'),
                  'SPARK_LOCAL_DIRS': str(folder / 'local'), 'PYSPARK_PYTHON': sys.executable,
                  'PYSPARK_DRIVER_PYTHON': sys.executable, 'SPARK_LOCAL_IP': '127.0.0.1',
                  '_JAVA_OPTIONS': f'-Djava.io.tmpdir={folder / "tmp"}'}


def _own_folder(root: Path, name: str) -> Path:
    folder = root / name
    for place in ('tmp', 'local', 'work'):
        (folder / place).mkdir(parents=True, exist_ok=True)
    return folder


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(('127.0.0.1', 0))
        return int(found.getsockname()[1])


def _wait_for_log(file: Path, text: str) -> None:
    limit = time.monotonic() + START_SECONDS
    while text not in file.read_text(errors='replace'):
        if time.monotonic() > limit:
            raise TimeoutError(f'"{text}" did not come in {START_SECONDS} s. {file}:\n{file.read_text()[-3000:]}')
        time.sleep(0.1)
