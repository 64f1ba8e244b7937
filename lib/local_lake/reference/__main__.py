"""Writes the reference page and the schemas: `python -m lib.local_lake.reference`."""
from __future__ import annotations

from lib.packaging.script_environment import FOR_LAKE, REPOSITORY, use_environment

if __name__ == '__main__':
    use_environment(('pyspark', 'sqlglot'), FOR_LAKE)
    from lib.local_lake.reference.reference_files import reference_files
    for path, text in reference_files().items():
        (REPOSITORY / path).write_text(text, encoding='utf-8')
        print(f'Wrote {path}.')
