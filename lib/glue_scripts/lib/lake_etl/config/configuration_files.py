"""Finds configuration files by their names in any letter case, and tells how the files themselves spell a workflow."""
from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lake_etl.errors import ConfigurationError, LakeError, Problem

SPEC = 'transformation-spec'
SQL = 'transformation-sql'
RULES = 'dq-rules'
ENDINGS = ('.json', '.csv', '-dependent.json')
Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class FileNames:
    """The configuration files of a workflow below the folder of all of them; any letter case finds them."""

    spec: str
    mapping: str
    dependencies: str
    quality: str
    spark_sql: str
    athena_sql: str
    redshift_sql: str


def file_names(database: str, table: str) -> FileNames:
    """Return the names of a workflow's files."""
    name = f'{database}-{table}'
    return FileNames(
        spec=f'{SPEC}/{name}.json', mapping=f'{SPEC}/{name}.csv', dependencies=f'{SPEC}/{name}-dependent.json',
        quality=f'{RULES}/dq-{name}.json', spark_sql=f'{SQL}/spark-{name}.sql', athena_sql=f'{SQL}/athena-{name}.sql',
        redshift_sql=f'{SQL}/redshift-{name}.sql')


def entity_match_file(database: str) -> str:
    """Return the name of the entity match specification, whose presence has a database's entities matched."""
    return f'{SPEC}/{database}-entitymatch.json'


def folded(name: str) -> str:
    """Return what names are compared by: letter case does not count, nor how an accent is stored."""
    return unicodedata.normalize('NFC', unicodedata.normalize('NFC', name).casefold())


class ConfigurationFiles:
    """The configuration files of a lake as they are at the first look into each folder; calling it reads a file.

    addresses_in  gives name and address of each file in a folder such as `transformation-spec`
    read          gives the content at an address, or None when there is no such file
    """

    def __init__(self, addresses_in: Callable[[str], Mapping[str, str]], read: Read):
        self._addresses_in = addresses_in
        self._read = read
        self._folders: dict[str, dict[str, dict[str, str]]] = {}

    def __call__(self, name: str) -> bytes | None:
        """Return the content of a file such as `transformation-spec/Gen-Policy.json`, or None when there is none.

        Raises ConfigurationError when two files differ by letter case alone, LakeError for a file that cannot be read.
        """
        own = self.own_name(name)
        if own is None:
            return None
        folder, _, file = own.rpartition('/')
        content = self._read(self._files(folder)[folded(file)][file])
        if content is None:
            raise LakeError(f'{own} was there a moment ago and is gone now. Start again when nobody changes the '
                            'configuration files.')
        return content

    def own_name(self, name: str) -> str | None:
        """Return the name of a file as the file spells it, or None when there is none.

        Raises ConfigurationError when two files differ by letter case alone.
        """
        folder, _, file = name.rpartition('/')
        found = sorted(self._files(folder).get(folded(file), {}))
        if len(found) > 1:
            raise ConfigurationError([Problem(
                found[0], '', f'differs from {" and ".join(found[1:])} by letter case alone, and names of '
                'configuration files are compared without case', f'keep one of them in {folder}')])
        return f'{folder}/{found[0]}' if found else None

    def _files(self, folder: str) -> dict[str, dict[str, str]]:
        """Return the addresses of a folder's files by name, under what the names are compared by."""
        if folder not in self._folders:
            files: dict[str, dict[str, str]] = {}
            for name, address in self._addresses_in(folder).items():
                files.setdefault(folded(name), {})[name] = address
            self._folders[folder] = files
        return self._folders[folder]


def own_name(read: Read, name: str) -> str | None:
    """Return the name of a file as the file spells it; the name as it is where `read` knows files by exact name only.

    None: there is no such file. Raises ConfigurationError when two files differ by letter case alone.
    """
    return read.own_name(name) if isinstance(read, ConfigurationFiles) else name


def configured_name(database: str, table: str, read: Read) -> tuple[str, str]:
    """Return database and table of a workflow as its files in `transformation-spec` spell them, else as given.

    Raises ConfigurationError when two files differ by letter case alone.
    """
    names = file_names(database, table)
    return spelled(database, table, [own_name(read, name) for name in (names.spec, names.mapping, names.dependencies)])


def spelled(database: str, table: str, own_names: Iterable[str | None]) -> tuple[str, str]:
    """Return database and table as the first file spells them that is there, else as given.

    own_names  of the specification, the mapping and the dependencies, as the files spell them; None for one not there
    """
    for own, ending in zip(own_names, ENDINGS, strict=True):
        if own is not None:
            # A hyphen stays one in any letter case, so counting them finds the end of the database.
            parts = own.rpartition('/')[2][:-len(ending)].split('-')
            end = database.count('-') + 1
            return '-'.join(parts[:end]), '-'.join(parts[end:])
    return database, table
