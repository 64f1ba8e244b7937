"""Writes proposed configuration files, and overwrites existing ones only on demand."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lake_etl.config.configuration_files import folded
from lake_etl.errors import LakeError


def write_proposals(texts: Mapping[Path, str], replace: bool | None = None) -> None:
    """Write each text to its file and print its path; raises LakeError, and writes none, when one of the files exists.

    replace  true: existing files are overwritten; false: the error names the option for that

    A file whose name differs only by letter case counts as the same.
    """
    existing = {path: found for path in texts if (found := _existing(path))}
    if existing and not replace:
        found = next(iter(existing.values()))
        advice = 'move it away to get a new proposal' if replace is None else 'give --force to overwrite it'
        raise LakeError(f'{found} exists and was not changed; {advice}.')
    for path, text in texts.items():
        place = existing.get(path, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding='utf-8')
        print(f'Wrote {place}.')


def _existing(path: Path) -> Path | None:
    """Return the file of that name in any letter case, if there is one."""
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    return min((other for other in siblings if folded(other.name) == folded(path.name)), default=None)
