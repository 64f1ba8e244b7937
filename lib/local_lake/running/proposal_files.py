"""Writes proposed configuration files, never over one that is there."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lake_etl.config.configuration_files import folded
from lake_etl.errors import LakeError


def write_proposals(texts: Mapping[Path, str]) -> None:
    """Write each text to its file and say so; raises LakeError, and writes none, when one of the files exists.

    A file whose name differs by letter case alone is the same to the lake.
    """
    for path in texts:
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        for found in sorted(other for other in beside if folded(other.name) == folded(path.name)):
            raise LakeError(f'{found} is there already and was left as it is; move it away to get a new proposal.')
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        print(f'Wrote {path}.')
