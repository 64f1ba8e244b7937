"""Reads configuration files from the scripts bucket of a job, or from the configuration folder of a laptop."""
from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from lake_etl import runtime
from lake_etl.config.configuration_files import ConfigurationFiles


def configuration_reader(scripts_folder: str, known_prefix: str) -> ConfigurationFiles:
    """Return a reader of configuration files such as `transformation-spec/<name>`, in any letter case.

    known_prefix  folder of one kind of files below the scripts folder, such as `/etl/transformation-spec/`; the other
                  kinds are in folders next to it
    """
    parent = known_prefix.strip('/').rpartition('/')[0]
    return configuration_below(f'{scripts_folder}/{parent}' if parent else scripts_folder)


def configuration_below(root: str) -> ConfigurationFiles:
    """Return a reader of the configuration files below an address; it lists each folder once, at its first use."""
    files = runtime.files(root)

    def addresses_in(folder: str) -> Mapping[str, str]:
        address = f'{root}/{folder}'
        below = {entry.uri.removeprefix(f'{address}/'): entry.uri for entry in files.list(address)}
        # In an address that begins with file: the names are percent-encoded.
        return {unquote(name) if root.startswith('file:') else name: uri
                for name, uri in below.items() if '/' not in name}
    return ConfigurationFiles(addresses_in, files.read)
