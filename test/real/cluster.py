"""Starts a Spark standalone cluster whose processes share no folder but the environment, and runs jobs on it.

Each process has a mount namespace of its own, in which the repository's sources and the folders of the other processes
are empty. Where none is allowed, permissions keep each process out of the folders of the others.
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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

REPOSITORY = Path(__file__).resolve().parents[2]
SPARK_HOME = Path(pyspark.__file__).parent
WORKERS, DRIVERS = ('worker-1', 'worker-2'), 'drivers'
SOURCES = ('lib', 'test', 'resources', 'bench', 'docs', '.ci')
# That of Spark from the Python index, where Spark itself cannot tell.
SCALA = '2.12' if pyspark.__version__.startswith('3.') else '2.13'
START_SECONDS = 60
# Without root a user namespace gives the right to mount.
NAMESPACES = (('unshare', '--mount', '--propagation', 'private'),
              ('unshare', '--user', '--map-root-user', '--mount', '--propagation', 'private'))
# Root without the right to read everything: permissions hold for it as for any user.
WITHOUT_RIGHTS = ('setpriv', '--bounding-set=-all', '--inh-caps=-all')
FIRST_GROUP, NOBODY = 70_000, 65_534


class GroundMissing(Exception):
    """The machine lacks what the cluster needs; the message names it."""


@dataclass(frozen=True)
class Namespaces:
    """Keeps processes apart by mounts: what a process must not see is an empty folder to it."""

    command: tuple[str, ...]
    hides_sources = True

    def own(self, folder: Path) -> None:
        """Do nothing: the folder is empty to the others."""

    def wrap(self, folder: Path, command: Sequence[str], hidden: Sequence[Path]) -> list[str]:
        """Return a command that runs another one to which these folders are empty."""
        mount = 'mount -t tmpfs -o size=64k,mode=755 tmpfs'
        mounts = [f'{mount} {shlex.quote(str(place))}' for place in hidden]
        return [*self.command, 'sh', '-c', ' && '.join([*mounts, 'exec "$@"']), 'sh', *command]


class Permissions:
    """Keeps processes apart by groups: each is in the group of its own folder only, and has no rights of root."""

    hides_sources = False

    def __init__(self) -> None:
        self._groups: dict[Path, int] = {}

    def own(self, folder: Path) -> None:
        """Let only the group of the folder in."""
        group = self._groups.setdefault(folder, FIRST_GROUP + len(self._groups))
        for place in (*folder.iterdir(), folder):
            if place.is_dir():
                os.chown(place, NOBODY, group)
                place.chmod(0o2770)

    def wrap(self, folder: Path, command: Sequence[str], hidden: Sequence[Path]) -> list[str]:
        """Return a command that runs another one in the group of its folder; `hidden` are folders of others."""
        return [*WITHOUT_RIGHTS, f'--groups={self._groups[folder]}', *command]


class Cluster:
    """A running cluster.

    address     of the master, as Spark takes it
    root        folder below which each process has its own
    separation  what keeps processes from seeing each other's folders
    workers     the running workers by name, whose children are the executors
    """

    def __init__(self, root: Path, separation: Namespaces | Permissions, worker: Sequence[str],
                 environment: Mapping[str, str]):
        self.root, self.separation = root, separation
        self.address = f'spark://127.0.0.1:{_free_port()}'
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self._worker, self._environment = worker, environment

    def start_master(self) -> subprocess.Popen[str]:
        """Start the master and return its process."""
        port = self.address.rpartition(':')[2]
        return self._start_java('master', ['org.apache.spark.deploy.master.Master', '--host', '127.0.0.1', '--port',
                                           port, '--webui-port', '0'], 'I have been elected leader')

    def start_worker(self, name: str) -> None:
        """Start a worker."""
        self.workers[name] = self._start_java(
            name, ['org.apache.spark.deploy.worker.Worker', '--host', '127.0.0.1', '--work-dir',
                   str(self.root / name / 'work'), '--webui-port', '0', *self._worker, self.address],
            'Successfully registered with master')

    def lose_worker(self, name: str) -> None:
        """Kill a worker with its executors, as when its machine is gone."""
        end(self.workers.pop(name))

    def driver(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start a process beside the workers, in a folder of its own, and return it; its output goes to `log`."""
        return self._start(self.folder(name), command, self._hidden_from(name), environment)

    def folder(self, name: str) -> Path:
        """Return the folder of a driver, made when it is missing."""
        return _own_folder(self.root / DRIVERS, name)

    def executors(self) -> list[int]:
        """Return the process ids of all executors."""
        parents = ','.join(str(worker.pid) for worker in self.workers.values())
        found = subprocess.run(['pgrep', '-P', parents], capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def seen_by(self, name: str, place: Path) -> list[str]:
        """Return the names in a folder as a worker of that name sees them; none where it must not look."""
        folder = self.root / name
        command = self.separation.wrap(folder, ['ls', '-A', str(place)], self._hidden(name))
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()

    def _start_java(self, name: str, arguments: Sequence[str], ready: str) -> subprocess.Popen[str]:
        folder, hidden = _own_folder(self.root, name), self._hidden(name)
        for place in hidden:
            place.mkdir(parents=True, exist_ok=True)
        command = [java(), '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', '-cp', f'{SPARK_HOME}/jars/*',
                   *arguments]
        process = self._start(folder, command, hidden, self._environment)
        _wait_for_log(folder / 'log', ready)
        return process

    def _start(self, folder: Path, command: Sequence[str], hidden: Sequence[Path],
               environment: Mapping[str, str]) -> subprocess.Popen[str]:
        self.separation.own(folder)
        with (folder / 'log').open('w') as log:
            return subprocess.Popen(self.separation.wrap(folder, command, hidden), cwd=folder, stdout=log,
                                    stderr=subprocess.STDOUT, env=_environment(folder) | environment,
                                    start_new_session=True, text=True)

    def _hidden_from(self, name: str) -> list[Path]:
        """Return the folders that are empty to a process: the sources, and those of the workers but its own."""
        others = [self.root / other for other in WORKERS if other != name]
        return [*(REPOSITORY / source for source in SOURCES), *others]

    def _hidden(self, name: str) -> list[Path]:
        """Return the folders that are empty to a process of the cluster; drivers are hidden from all of them."""
        return [*self._hidden_from(name), self.root / DRIVERS]


@contextmanager
def cluster(root: Path, cores: int = 2, memory: str = '3g', environment: Mapping[str, str] | None = None
            ) -> Iterator[Cluster]:
    """Start a master and two workers and stop them at the end.

    environment  variables of the workers, beside those that every process has; none of this process come along
    """
    running = Cluster(root, separation(), ['--cores', str(cores), '--memory', memory], environment or {})
    master = running.start_master()
    try:
        for name in WORKERS:
            running.start_worker(name)
        yield running
    finally:
        for process in (*running.workers.values(), master):
            end(process)


def separation() -> Namespaces | Permissions:
    """Return what keeps processes apart on this machine; raises GroundMissing where nothing can."""
    trial = ['sh', '-c', 'mount -t tmpfs tmpfs /mnt']
    for command in NAMESPACES:
        if _works([*command, *trial]):
            return Namespaces(command)
    if os.geteuid() == 0 and _works([*WITHOUT_RIGHTS, f'--groups={FIRST_GROUP}', sys.executable, '--version']):
        return Permissions()
    raise GroundMissing('This machine allows neither mount namespaces (unshare --mount) nor processes of root without '
                        'its rights (setpriv --bounding-set), so the processes of a cluster cannot be kept from seeing '
                        "each other's folders. Allow one of them, for example by running the tests as root.")


def _works(command: Sequence[str]) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def java() -> str:
    """Return the program that runs Java."""
    home = os.environ.get('JAVA_HOME')
    return str(Path(home) / 'bin' / 'java') if home else 'java'


def end(process: subprocess.Popen[str]) -> None:
    """End a process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


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
