"""Reads a workflow's configuration files from the scripts bucket of a job."""
from __future__ import annotations

from collections.abc import Callable

from lake_etl import runtime


def configuration_reader(scripts_folder: str, known_prefix: str) -> Callable[[str], bytes | None]:
    """Return a function that reads `transformation-spec/<name>` and the like, or gives None when there is no such file.

    `known_prefix` is where one kind of files lies below the scripts folder, such as `/etl/transformation-spec/`; the
    folders of the other kinds lie beside it.
    """
    parent = known_prefix.strip('/').rpartition('/')[0]
    root = f'{scripts_folder}/{parent}' if parent else scripts_folder

    def read(name: str) -> bytes | None:
        uri = f'{root}/{name}'
        return runtime.files(uri).read(uri)
    return read
