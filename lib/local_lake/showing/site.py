"""Writes the pages of a lake as one folder that opens from disk, without network."""
from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from lake_etl.errors import LakeError

SITE_FILES = Path(__file__).parent / 'site_files'
DATA = 'lake-data.js'


def write_site(folder: Path, summary: Mapping[str, object]) -> Path:
    """Write the pages and their data; return the path of the first page.

    Raises LakeError for a folder that holds anything else, which stays as it is.
    """
    own = {path.name for path in SITE_FILES.iterdir()} | {DATA}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted(path.name for path in folder.iterdir() if path.name not in own)
        if others:
            raise LakeError(f'{folder} holds other files, such as {others[0]}. Nothing was written. Choose an empty '
                            'folder with --out.')
        for path in SITE_FILES.iterdir():
            shutil.copyfile(path, folder / path.name)
        (folder / DATA).write_text(data_script(summary), encoding='utf-8')
    except OSError as error:
        raise LakeError(f'The pages cannot be written to {folder}: {error.strerror}. Choose another folder '
                        'with --out.') from error
    return folder / 'index.html'


def data_script(summary: Mapping[str, object]) -> str:
    """Return a script that holds the data: a page that is opened from disk may load scripts, but no JSON."""
    text = json.dumps(summary, ensure_ascii=True, separators=(',', ':'))
    # JSON in a text is parsed faster than an object of JavaScript; "</" would end the script of a page.
    return f'window.LAKE = JSON.parse({json.dumps(text.replace("</", "<" + chr(92) + "/"))});\n'
