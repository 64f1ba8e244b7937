"""Writes proposed configuration files, never over one that is there."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lake_etl.errors import LakeError


def write_proposals(texts: Mapping[Path, str]) -> None:
    """Write each text to its file and say so; raises LakeError, and writes none, when one of the files exists."""
    for path in texts:
        if path.exists():
            raise LakeError(f'{path} is there already and was left as it is; move it away to get a new proposal.')
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        print(f'Wrote {path}.')
