"""Reads the worked examples of the reference: a specification, rows before and rows after the transform."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lake_etl.errors import ConfigurationError
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings, parse_record

FOLDER = Path(__file__).resolve().parents[3] / 'docs' / 'examples' / 'transforms'
Cells = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example; values are written as text, lists and objects among them as JSON.

    spec             specification of the transform
    columns          names and types of the columns before it
    rows             values before it
    result_columns   names and types of the columns after it
    result_rows      values after it
    file             name of the source file
    lookups          by name, what the value-lookup table holds
    lookup_groups    by name, the items of the multi-lookup table
    """

    spec: Any
    columns: dict[str, str]
    rows: tuple[Cells, ...]
    result_columns: dict[str, str]
    result_rows: tuple[Cells, ...]
    file: str = 'policies.csv'
    lookups: dict[str, dict[str, Any]] = field(default_factory=dict)
    lookup_groups: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def read_examples(folder: Path = FOLDER) -> Mapping[str, Example]:
    """Return the example of each transform; raises ConfigurationError with everything that is wrong with them."""
    findings = [Findings(path.name) for path in sorted(folder.glob('*.json'))]
    examples = {item.file.removesuffix('.json'): parse_record(
        Example, parse_json_object((folder / item.file).read_bytes(), item), '', item) for item in findings}
    if problems := [problem for item in findings for problem in item.problems]:
        raise ConfigurationError(problems)
    return {name: example for name, example in examples.items() if example}
