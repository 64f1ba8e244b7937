"""Writes the reference page and the schemas: `python -m lib.local_lake.reference`."""
from __future__ import annotations

from lib.local_lake.folders import REPOSITORY
from lib.local_lake.reference.reference_files import reference_files

if __name__ == '__main__':
    for path, text in reference_files().items():
        (REPOSITORY / path).write_text(text, encoding='utf-8')
        print(f'Wrote {path}.')
