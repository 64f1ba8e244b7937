"""Remembers in lake.db with which configuration each file was loaded; the run's record names it by a digest."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake_etl.adapters.local.catalog_file import reading, writing
from lake_etl.adapters.local.locked_folders import locked_folder, temporary_place
from lake_etl.config.configuration_files import SPEC, entity_match_file, file_names, folded
from lake_etl.config.reader import configuration_below
from lake_etl.errors import LakeError
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings
from lib.local_lake.folders import KINDS, LakeFolders

# The attribute of the run's record.
CONFIGURATION = 'configuration'


@dataclass(frozen=True)
class LoadedConfiguration:
    """The configuration of a workflow at one of its loads.

    files  content by name, such as `transformation-spec/Gen-Policy.json`
    code   digest of the code of each transform of the user's own
    """

    files: Mapping[str, str]
    code: Mapping[str, str]


def remember_configuration(folders: LakeFolders, workflow: str, code: Mapping[str, str]) -> str:
    """Store the configuration files of a workflow as they are now, unless they are stored; return their digest.

    Returns an empty text if they cannot be read: the load tells why.
    """
    try:
        files = workflow_files(folders.configuration, workflow)
    except (LakeError, OSError):
        return ''
    text = json.dumps({'files': files, 'code': dict(code)}, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if read_setting(folders, f'{CONFIGURATION} {digest}') is None:
        write_setting(folders, f'{CONFIGURATION} {digest}', text)
    return digest


def recall_configuration(folders: LakeFolders, digest: str) -> LoadedConfiguration | None:
    """Return the configuration of that digest; None if the lake does not have it."""
    text = read_setting(folders, f'{CONFIGURATION} {digest}')
    if text is None:
        return None
    content = json.loads(text)
    return LoadedConfiguration(content['files'], content['code'])


def read_setting(folders: LakeFolders, name: str) -> str | None:
    """Return a text that lake.db holds under a name; None if it holds none."""
    if not folders.database_file.exists():
        return None
    with reading(folders.catalog) as connection:
        found = connection.execute('SELECT value FROM catalog_settings WHERE name = ?', (name,)).fetchone()
    return str(found[0]) if found else None


def write_setting(folders: LakeFolders, name: str, value: str) -> None:
    """Store a text in lake.db under a name; an empty text removes it."""
    with writing(folders.catalog) as connection:
        if value:
            connection.execute('INSERT OR REPLACE INTO catalog_settings VALUES (?, ?)', (name, value))
        else:
            connection.execute('DELETE FROM catalog_settings WHERE name = ?', (name,))


def workflow_files(configuration: Path, workflow: str) -> dict[str, str]:
    """Return the configuration files of a workflow by their stored names, as text.

    workflow  `<database>/<table>` in any letter case

    Bytes that are not UTF-8 stay recognizable. Raises LakeError when two files differ by letter case alone.
    """
    read, possible = configuration_below(str(configuration)), _possible_files(workflow)
    spec = _input_spec(read(read.stored_name(possible[0]) or possible[0]))
    database = workflow.partition('/')[0]
    possible += [file for table in _further_tables(spec) for file in _possible_files(f'{database}/{table}')]
    found = {stored: content for name in possible if (stored := read.stored_name(name)) is not None
             and (content := read(stored)) is not None}
    copybook = _part(spec, 'cobol').get('copybook')
    if isinstance(copybook, str):
        found[f'{SPEC}/{copybook}'] = read(f'{SPEC}/{copybook}') or b''
    return {name: content.decode(errors='surrogateescape') for name, content in sorted(found.items())}


def _possible_files(workflow: str) -> list[str]:
    database, _, table = workflow.partition('/')
    return [*vars(file_names(database, table)).values(), entity_match_file(database)]


def _input_spec(spec: bytes | None) -> dict[str, Any]:
    """Return the input_spec of a specification; nothing if there is none."""
    return {} if spec is None else _part(parse_json_object(spec, Findings(SPEC)) or {}, 'input_spec')


def _part(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = content.get(key)
    return part if isinstance(part, dict) else {}


def _further_tables(spec: Mapping[str, Any]) -> list[str]:
    """Return the tables that an input_spec names for its record types and sheets."""
    types = _part(_part(spec, 'records'), 'types').values()
    named = [item.get('table') for item in types if isinstance(item, dict)]
    return [name for name in (*named, *_part(_part(spec, 'excel'), 'tables').values()) if isinstance(name, str)]


@contextmanager
def configuration_with(configuration: Path, workflows: Mapping[str, LoadedConfiguration]) -> Iterator[Path]:
    """Give a copy of a configuration folder in which some workflows have the files of an earlier load.

    workflows  the earlier configuration by `<database>/<table>`
    """
    with locked_folder(temporary_place()) as target:
        for kind in KINDS:
            for path in sorted((configuration / kind).glob('[!.]*.*')):
                if path.is_file():
                    _write(target / kind / path.name, path.read_bytes())
        replaced = {folded(name) for workflow, loaded in workflows.items() for name in (
            *_possible_files(workflow), *workflow_files(configuration, workflow), *loaded.files)}
        for path in sorted(target.glob('*/*')):
            if folded(f'{path.parent.name}/{path.name}') in replaced:
                path.unlink()
        for loaded in workflows.values():
            for file, text in loaded.files.items():
                _write(target / file, text.encode(errors='surrogateescape'))
        yield target


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
