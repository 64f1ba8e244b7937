"""Writes proposed configuration files and never overwrites one."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lake_etl.config.configuration_files import folded
from lake_etl.errors import LakeError


def write_proposals(texts: Mapping[Path, str]) -> None:
    """Write each text to its file and print its path; raises LakeError, and writes none, when one of the files exists.

    A file whose name differs only by letter case counts as the same.
    """
    for path in texts:
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        for found in sorted(other for other in siblings if folded(other.name) == folded(path.name)):
            raise LakeError(f'{found} exists and was not changed; move it away to get a new proposal.')
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        print(f'Wrote {path}.')
