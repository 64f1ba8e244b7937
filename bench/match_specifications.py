"""Reads the match specifications of the benchmark, whose weights were learnt on other data."""
from __future__ import annotations

import json
from pathlib import Path

from lake_etl.config.match_specification import Level
from lake_etl.syntax.records import Findings, parse_record

FOLDER = Path(__file__).parent / 'match_specifications'


def path_of(name: str) -> Path:
    """Return the file of the level of that name."""
    return FOLDER / f'{name}.json'


def load_level(name: str) -> Level:
    """Return the level of that name; raises ValueError with every problem."""
    path = path_of(name)
    findings = Findings(path.name)
    level = parse_record(Level, json.loads(path.read_text(encoding='utf-8')), '', findings)
    if level is None:
        raise ValueError('\n'.join(map(str, findings.problems)))
    return level
