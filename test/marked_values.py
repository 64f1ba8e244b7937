"""Plants recognisable values, and searches every byte that a lake, a log or a screen holds for them."""
from __future__ import annotations

import csv
import io
import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from lake_etl.jobs.logs import TEXT, formatter
from small_lake import SmallLake

# They hold the originals of tokens, which is what it is for.
ORIGINALS = 'hash-values'
OWN_NAMES = ('lake_etl', 'lib', 'datatransform_')


def marker(kind: str, number: int) -> str:
    """Return a text that nothing else holds, not even as part of a longer one."""
    return f'zqx{kind}{number:03}qz'


def found_in(content: bytes, markers: Sequence[str]) -> list[str]:
    """Return the markers that some bytes hold, in any of the encodings that Java and Python keep texts in."""
    folded = content.lower()
    return [text for text in markers if text.encode() in folded or text.encode('utf-16-le') in folded
            or text.encode('utf-16-be') in folded]


def stored(lake: SmallLake) -> Iterator[tuple[str, bytes]]:
    """Yield the place and the content of all that a lake holds, but for collected files and originals of tokens."""
    for path in sorted(lake.folders.root.rglob('*')):
        if not path.is_file() or lake.folders.collect in path.parents or path.name.startswith('lake.db'):
            continue
        yield str(path), path.read_bytes()
        if path.suffix == '.parquet':
            yield f'{path} decoded', repr(pq.ParquetFile(path).read().to_pylist()).encode()
    yield from history(lake)


def history(lake: SmallLake) -> Iterator[tuple[str, bytes]]:
    """Yield what the lake's own database holds, table by table."""
    file = lake.folders.root / 'lake.db'
    with sqlite3.connect(file) as connection:
        names = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if not name.endswith(ORIGINALS):
                yield f'{file} {name}', repr(connection.execute(f'SELECT * FROM "{name}"').fetchall()).encode()


def logged(records: Sequence[logging.LogRecord]) -> bytes:
    """Return the records of the lake as a job logs them, as sentences and as objects."""
    lines = []
    for log_format in (TEXT, 'json'):
        lines_of = formatter({'JOB_NAME': 'job', 'execution_id': 'e', 'log_format': log_format})
        for record in records:
            if record.name.startswith(OWN_NAMES):
                record.exc_text = None
                lines.append(lines_of.format(record))
    return '\n'.join(lines).encode()


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as delimited text."""
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    return text.getvalue()


def marked_document(document: object, kind: str, markers: list[str]) -> object:
    """Return a JSON document with a marker in the place of every text, and put these into the list."""
    if isinstance(document, dict):
        return {name: marked_document(value, kind, markers) for name, value in document.items()}
    if isinstance(document, list):
        return [marked_document(value, kind, markers) for value in document]
    if isinstance(document, str):
        markers.append(marker(kind, len(markers)))
        return markers[-1]
    return document


def protected_columns(configuration: Path, workflow: str) -> set[str]:
    """Return the columns of the source, in lower case, that a workflow hashes, tokenizes or redacts."""
    stem = configuration / 'transformation-spec' / workflow.replace('/', '-')
    steps = json.loads(stem.with_suffix('.json').read_text()).get('transform_spec', {})
    fields = {field.lower() for key, entries in steps.items() for field in entries
              if key.partition(':')[0] in ('hash', 'tokenize', 'redact')}
    if not stem.with_suffix('.csv').is_file():
        return fields
    mapping = csv.DictReader(io.StringIO(stem.with_suffix('.csv').read_text()))
    return {row['SourceName'].lower() for row in mapping if row['DestName'].lower() in fields}
