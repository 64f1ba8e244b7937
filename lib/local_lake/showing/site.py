"""Writes the pages of a lake as a folder that opens from disk without network, or as one page."""
from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from lake_etl.errors import LakeError

SITE_FILES = Path(__file__).parent / 'site_files'
DATA = 'lake-data.js'
STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
SCRIPT = re.compile(r'<script src="([^"]+)"></script>')
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="[^"]*">')


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


def single_page(summary: Mapping[str, object]) -> str:
    """Return all pages as one HTML document that loads nothing; it runs only the scripts that are in it."""
    page = (SITE_FILES / 'index.html').read_text(encoding='utf-8')
    contents = {path.name: path.read_text(encoding='utf-8') for path in SITE_FILES.iterdir()} | {
        DATA: data_script(summary)}
    allowed = {'script': [_digest(contents[name]) for name in SCRIPT.findall(page)],
               'style': [_digest(contents[name]) for name in STYLE.findall(page)]}
    policy = (f"default-src 'none'; script-src {' '.join(allowed['script'])}; style-src {' '.join(allowed['style'])}; "
              'img-src data:')
    page = POLICY.sub(f'<meta http-equiv="Content-Security-Policy" content="{policy}">', page)
    # A function, because the contents have backslashes.
    page = STYLE.sub(lambda found: f'<style>{contents[found[1]]}</style>', page)
    return SCRIPT.sub(lambda found: f'<script>{contents[found[1]]}</script>', page)


def _digest(content: str) -> str:
    """Return what a content security policy allows a script or style by."""
    return f"'sha256-{b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode()}'"


def data_script(summary: Mapping[str, object]) -> str:
    """Return a script that holds the data: a page that is opened from disk may load scripts, but no JSON."""
    text = json.dumps(summary, ensure_ascii=True, separators=(',', ':'))
    # JSON in a text is parsed faster than an object of JavaScript; "<" could end or open a script of a page.
    return f'window.LAKE = JSON.parse({json.dumps(text).replace("<", chr(92) + "u003c")});\n'
