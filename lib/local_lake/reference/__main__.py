"""`python -m lib.local_lake.reference`: write the reference page and the schemas anew."""
from __future__ import annotations

from lib.local_lake.reference.reference_files import REPOSITORY, reference_files

if __name__ == '__main__':
    for path, text in reference_files().items():
        (REPOSITORY / path).write_text(text, encoding='utf-8')
        print(f'Wrote {path}.')
