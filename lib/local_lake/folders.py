"""The folders and files of a lake on this machine, and the addresses that jobs use for them."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lake_etl.adapters.local.locked_folders import locked_folder, remove_abandoned, temporary_place
from lake_etl.config.configuration_files import RULES, SPEC, SQL, folded
from lake_etl.errors import LakeError

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = (SPEC, SQL, RULES)
OWN_CONFIGURATION = REPOSITORY / 'lib' / 'glue_scripts'


@dataclass(frozen=True)
class LakeFolders:
    """A lake folder and the configuration folder its workflows come from, both absolute."""

    root: Path
    configuration: Path

    @classmethod
    def of(cls, lake: str, configuration: str | None) -> LakeFolders:
        """Return the folders for two command line options; raises LakeError when there is no such configuration."""
        config = Path(configuration).resolve() if configuration else OWN_CONFIGURATION
        if not config.is_dir():
            raise LakeError(f'--config {configuration}: there is no such folder. It should hold the folders '
                            'transformation-spec, transformation-sql and dq-rules.')
        for folder in sorted(path for path in config.iterdir() if path.is_dir()):
            wanted = next((kind for kind in KINDS if folded(folder.name) == kind != folder.name), None)
            if wanted:
                raise LakeError(f'{folder} must be named {wanted}, in lower case; otherwise the lake does not find '
                                'its files.')
        return cls(Path(lake).resolve(), config)

    @property
    def collect(self) -> Path:
        """Return the folder that source files are dropped into."""
        return self.root / 'collect'

    @property
    def cleanse(self) -> Path:
        """Return the folder of the Cleanse tables."""
        return self.root / 'cleanse'

    @property
    def consume(self) -> Path:
        """Return the folder of the Consume tables."""
        return self.root / 'consume'

    @property
    def temporary(self) -> Path:
        """Return the folder of recommended files and scratch data."""
        return self.root / 'temp'

    @property
    def lineage_events(self) -> Path:
        """Return the file of OpenLineage events."""
        return self.root / 'lineage' / 'openlineage.jsonl'

    @property
    def database_file(self) -> Path:
        """Return the file that holds the catalog and the item tables."""
        return self.root / 'lake.db'

    @property
    def lock_file(self) -> Path:
        """Return the file that a writing command locks."""
        return self.root / 'writing.lock'

    @property
    def catalog(self) -> str:
        """Return the address of the catalog."""
        return f'sqlite://{self.database_file}'

    def items(self, name: str) -> str:
        """Return the address of an item table."""
        return f'{self.catalog}#{name}'

    def require_lake(self) -> None:
        """Raise LakeError unless there is a lake with its database."""
        from lake_etl.adapters.local.catalog_file import is_lake_database
        with _failures_named(self.root):
            if self.root.exists() and not self.root.is_dir():
                raise LakeError(f'{self.root} is a file. Give the folder of a lake with --lake.')
            if not self.database_file.is_file():
                left = [place.name for place in (self.cleanse, self.consume) if place.is_dir() and any(place.iterdir())]
                lost = f' There are files in {" and ".join(left)}: restore lake.db from a backup.' if left else ''
                raise LakeError(f'There is no lake in {self.root}. Make one with ./lake demo, or load a file with '
                                f'./lake run FILE --workflow DATABASE/TABLE.{lost}')
        if not is_lake_database(self.database_file):
            raise LakeError(f'There is no lake in {self.root}: {self.database_file.name} there is empty or belongs to '
                            'another program. Restore it from a backup, or choose another folder with --lake.')

    @contextmanager
    def working_folder(self) -> Iterator[Path]:
        """Give a new folder for data of one command; the next command removes what a killed one has left.

        It is below the lake, or among the temporary files of the system if there is no lake that can be written.
        """
        if self.root.is_dir():
            with suppress(OSError):
                self.temporary.mkdir(exist_ok=True)
        with locked_folder(temporary_place(self.temporary)) as folder:
            yield folder

    def remove_abandoned_folders(self) -> None:
        """Remove the working folders of killed commands; those of running commands stay."""
        remove_abandoned(self.temporary)
        with suppress(OSError):    # A system whose disks are full has no place for temporary files.
            remove_abandoned(temporary_place())

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Lock the lake for writing; raises LakeError when another command holds the lock. A killed one releases it."""
        import fcntl
        with _failures_named(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = open(self.lock_file, 'a')
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = os.path.samestat(os.fstat(lock.fileno()), os.stat(self.lock_file))
            except OSError:
                held = False    # The lake, with its lock, may have been removed meanwhile.
            if not held:
                raise LakeError(f'Another ./lake command is writing to {self.root}. Wait for it to end, or stop it '
                                '(a running ./lake watch, for example), and try again.')
            yield


@contextmanager
def _failures_named(root: Path) -> Iterator[None]:
    """Turn an error of the file system into a LakeError that names the folder."""
    try:
        yield
    except OSError as error:
        raise LakeError(f'The folder {root} cannot be used for a lake: {error.strerror}. Give a folder that you may '
                        'read and write with --lake.') from error
