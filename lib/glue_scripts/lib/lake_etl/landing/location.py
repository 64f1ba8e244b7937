"""Tells from a file's place in the Collect folder which table and partition it belongs to."""
from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from lake_etl.errors import LakeError

DATE_PARTS = (('year', 4, range(1, 10000)), ('month', 2, range(1, 13)), ('day', 2, range(1, 32)))
EXECUTIONS = uuid.UUID('5f8b6f0e-3c1c-4a52-9d0e-7f3f3a1a6b11')


@dataclass(frozen=True)
class Landing:
    """A file in the Collect folder.

    key             its path below the Collect folder, with `/`
    database, table the first two folders, upper and lower case kept
    partition       year, month and day: from the folders after them where those are numbers, else of the landing
    """

    key: str
    database: str
    table: str
    partition: tuple[int, int, int]

    @property
    def workflow(self) -> str:
        """Return `<database>/<table>`, by which other workflows depend on this one."""
        return f'{self.database}/{self.table}'

    @property
    def source_path(self) -> str:
        """Return the folder of the file below the Collect folder."""
        return self.key.rpartition('/')[0]

    @property
    def base_file_name(self) -> str:
        """Return the file's name."""
        return self.key.rpartition('/')[2]


def read_key(key: str, landed: datetime) -> Landing:
    """Return what a key says; raises LakeError when the file does not lie in `<database>/<table>/`.

    Folders three to five are year, month and day as long as they are numbers, plain or as `year=2026`; each is
    optional. Any other folder there, such as `archive`, is part of the path and nothing more.
    """
    *folders, name = key.split('/')
    if len(folders) < 2 or not name or not all(folders[:2]):
        raise LakeError(f"'{key}' lies too high in the Collect folder: expected DATABASE/TABLE/FILE, for example "
                        'SyntheticGeneralData/PolicyData/policies.csv. Nothing was started.')
    values = [landed.year, landed.month, landed.day]
    for position, folder in enumerate(folders[2:5]):
        number = _date_part(folder, position, key)
        if number is None:
            break
        values[position] = number
    return Landing(key, folders[0], folders[1], (values[0], values[1], values[2]))


def execution_id(key: str, version: str) -> str:
    """Return the id of the execution for one version of a file: the same version never runs under two ids."""
    return str(uuid.uuid5(EXECUTIONS, f'{key}\n{version}'))


def _date_part(folder: str, position: int, key: str) -> int | None:
    name, width, allowed = DATE_PARTS[position]
    text = folder.removeprefix(f'{name}=')
    if not (text.isascii() and text.isdigit()) or len(text) > width:
        return None
    if int(text) not in allowed:
        raise LakeError(f"'{key}': folder '{folder}' stands where the {name} is expected, but is no possible {name}. "
                        'Nothing was started.')
    return int(text)
