"""Names the configuration files of a workflow, and finds them in any letter case."""
from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lake_etl.errors import ConfigurationError, LakeError, Problem

SPEC = 'transformation-spec'
SQL = 'transformation-sql'
RULES = 'dq-rules'
# What follows `<database>-<table>` in the names of the files in `transformation-spec`.
SPEC_ENDING, MAPPING_ENDING, DEPENDENCIES_ENDING = ENDINGS = ('.json', '.csv', '-dependent.json')
COPYBOOK_ENDING = '.cpy'
Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class FileNames:
    """The configuration files of a workflow, relative to the configuration folder; any letter case finds them."""

    spec: str
    mapping: str
    dependencies: str
    copybook: str
    quality: str
    spark_sql: str
    athena_sql: str
    redshift_sql: str


def file_names(database: str, table: str) -> FileNames:
    """Return the names of a workflow's files."""
    name = f'{database}-{table}'
    return FileNames(
        spec=f'{SPEC}/{name}{SPEC_ENDING}', mapping=f'{SPEC}/{name}{MAPPING_ENDING}',
        dependencies=f'{SPEC}/{name}{DEPENDENCIES_ENDING}',
        copybook=f'{SPEC}/{name}{COPYBOOK_ENDING}', quality=f'{RULES}/dq-{name}.json',
        spark_sql=f'{SQL}/spark-{name}.sql', athena_sql=f'{SQL}/athena-{name}.sql',
        redshift_sql=f'{SQL}/redshift-{name}.sql')


def entity_match_file(database: str) -> str:
    """Return the name of the entity match specification; a database that has this file has its entities matched."""
    return f'{SPEC}/{database}-entitymatch.json'


def folded(name: str) -> str:
    """Return the form in which names are compared: without letter case, and with accents stored in one way."""
    return unicodedata.normalize('NFC', unicodedata.normalize('NFC', name).casefold())


class ConfigurationFiles:
    """The configuration files of a lake. Calling it reads a file; each folder is listed once, at its first use.

    addresses_in  returns name and address of each file in a folder such as `transformation-spec`
    read          returns the content at an address, or None when there is no such file
    """

    def __init__(self, addresses_in: Callable[[str], Mapping[str, str]], read: Read):
        self._addresses_in = addresses_in
        self._read = read
        self._folders: dict[str, dict[str, dict[str, str]]] = {}

    def __call__(self, name: str) -> bytes | None:
        """Return the content of a file such as `transformation-spec/Gen-Policy.json`, or None when there is none.

        Raises ConfigurationError when two files differ by letter case alone, and LakeError when a file that was listed
        is gone.
        """
        stored = self.stored_name(name)
        if stored is None:
            return None
        folder, _, file = stored.rpartition('/')
        content = self._read(self._files(folder)[folded(file)][file])
        if content is None:
            raise LakeError(f'{stored} was there a moment ago and is gone now. Start again when nobody changes the '
                            'configuration files.')
        return content

    def stored_name(self, name: str) -> str | None:
        """Return the name of a file in the spelling in which it is stored, or None when there is no such file.

        Raises ConfigurationError when two files differ by letter case alone.
        """
        folder, _, file = name.rpartition('/')
        found = sorted(self._files(folder).get(folded(file), {}))
        if len(found) > 1:
            raise ConfigurationError([Problem(
                found[0], '', f'differs from {" and ".join(found[1:])} by letter case alone, and names of '
                'configuration files are compared without case', f'keep one of them in {folder}')])
        return f'{folder}/{found[0]}' if found else None

    def names_in(self, folder: str) -> list[str]:
        """Return the names of all files in a folder such as `transformation-spec`, in order, as they are stored."""
        self._files(folder)
        return sorted(name for names in self._folders[folder].values() for name in names)

    def _files(self, folder: str) -> dict[str, dict[str, str]]:
        """Return for each folded name in a folder the files with that name, and their addresses."""
        if folder not in self._folders:
            files: dict[str, dict[str, str]] = {}
            for name, address in self._addresses_in(folder).items():
                files.setdefault(folded(name), {})[name] = address
            self._folders[folder] = files
        return self._folders[folder]


def stored_name(read: Read, name: str) -> str | None:
    """Return the name of a file in the spelling in which it is stored, or None when there is no such file.

    Returns the name unchanged when `read` knows files by their exact names only. Raises ConfigurationError when two
    files differ by letter case alone.
    """
    return read.stored_name(name) if isinstance(read, ConfigurationFiles) else name


def configured_name(database: str, table: str, read: Read) -> tuple[str, str]:
    """Return database and table in the spelling of the workflow's files in `transformation-spec`, else as given.

    Raises ConfigurationError when two files differ by letter case alone.
    """
    names = file_names(database, table)
    return stored_workflow_name(database, table, [
        stored_name(read, name) for name in (names.spec, names.mapping, names.dependencies)])


def stored_workflow_name(database: str, table: str, stored_names: Iterable[str | None]) -> tuple[str, str]:
    """Return database and table in the spelling of the first file that exists, else as given.

    stored_names  of the specification, the mapping and the dependencies; None for a file that does not exist
    """
    for name, ending in zip(stored_names, ENDINGS, strict=True):
        if name is not None:
            # Folding never changes a hyphen, so the number of hyphens tells where the database ends.
            parts = name.rpartition('/')[2][:-len(ending)].split('-')
            end = database.count('-') + 1
            return '-'.join(parts[:end]), '-'.join(parts[end:])
    return database, table
