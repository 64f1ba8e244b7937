"""Reads a workflow's configuration files from the scripts bucket of a job, or the configuration folder of a laptop."""
from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from lake_etl import runtime
from lake_etl.config.configuration_files import ConfigurationFiles


def configuration_reader(scripts_folder: str, known_prefix: str) -> ConfigurationFiles:
    """Return what reads `transformation-spec/<name>` and the like, in any letter case.

    `known_prefix` is where one kind of files lies below the scripts folder, such as `/etl/transformation-spec/`; the
    folders of the other kinds lie beside it.
    """
    parent = known_prefix.strip('/').rpartition('/')[0]
    return configuration_below(f'{scripts_folder}/{parent}' if parent else scripts_folder)


def configuration_below(root: str) -> ConfigurationFiles:
    """Return what reads the configuration files below an address; each folder is listed once, at the first look."""
    files = runtime.files(root)

    def addresses_in(folder: str) -> Mapping[str, str]:
        address = f'{root}/{folder}'
        below = {entry.uri.removeprefix(f'{address}/'): entry.uri for entry in files.list(address)}
        # In an address that begins with file: names are encoded.
        return {unquote(name) if root.startswith('file:') else name: uri
                for name, uri in below.items() if '/' not in name}
    return ConfigurationFiles(addresses_in, files.read)
