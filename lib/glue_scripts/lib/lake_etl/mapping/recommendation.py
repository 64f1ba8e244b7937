"""Proposes a schema mapping and a transformation specification for a file that has none."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lake_etl.config.input_formats import FORMATS
from lake_etl.mapping.date_patterns import DatePatterns

AMOUNT = 'decimal(16,2)'


def recommended_spec(columns: Iterable[tuple[str, str]], extension: str) -> dict[str, Any]:
    """Return `{input_spec, transform_spec}` for a file with these (name, type) columns and this extension.

    The inferred types are fixed, so that the next file cannot change them by accident; amounts become decimals.
    """
    extension = f".{extension.lower().lstrip('.')}"
    input_spec = next((found.extensions[extension] for found in FORMATS if extension in found.extensions), {})
    fixed = {name: AMOUNT if kind == 'double' else kind for name, kind in columns
             if kind != 'string' and '<' not in kind}
    return {
        'description': 'Proposed from the first file. Read it, correct it, and put it with the transformation specs.',
        'input_spec': dict(input_spec),
        'transform_spec': {'changetype': fixed} if fixed else {},
    }


def with_dates(spec: Mapping[str, Any], found: Mapping[str, DatePatterns]) -> dict[str, Any]:
    """Return a proposed specification with a transform for each column of dates whose pattern its values decide.

    The description names the columns whose values fit several patterns.
    """
    transforms: dict[str, Any] = {}
    for name, dates in found.items():
        if len(dates.patterns) == 1:
            transforms.setdefault(dates.transform, []).append({'field': name, 'format': dates.patterns[0]})
    unclear = [f'The dates in {name} fit {" and ".join(dates.patterns)}; write a transform with the right one.'
               for name, dates in found.items() if len(dates.patterns) > 1]
    return {**spec, 'description': ' '.join([spec['description'], *unclear]),
            'transform_spec': {**transforms, **spec['transform_spec']}}


def recommended_mapping(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a schema mapping file for rows `{sourcename, destname}`, its header first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['SourceName', 'DestName'])
    writer.writerows((row['sourcename'], row['destname']) for row in rows)
    return text.getvalue()
