"""Finds the line of a configuration file that a problem's place means."""
from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lake_etl.syntax.records import Findings
from lake_etl.syntax.text import decode_text

NUMBERED = re.compile(r'(?:line|row) (\d+)\b')
TOKEN = re.compile(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
LAST_PART = re.compile(r'(?:\.[^.\[\]]*|\[\d+\])$')
ESCAPE = re.compile(r'\\(.)')


def line_in_file(file: Path, place: str) -> int:
    """Return the line, counted from 1, of a place such as `row 7` or `transform_spec.date[0].format`.

    Returns the line of the nearest object or list around a place that is not in the file, and 1 for the whole file.
    """
    numbered = NUMBERED.match(place)
    if numbered:
        return int(numbered[1])
    if not place or not file.is_file():
        return 1
    text = decode_text(file.read_bytes(), Findings(file.name)) or ''
    return _nearest(json_lines(text), place)


def json_lines(text: str) -> dict[str, int]:
    """Return the line of each member and element of a JSON text with `//` comments, by its place."""
    lines: dict[str, int] = {}
    open_places: list[tuple[str, bool]] = []   # Place of each open object or list, and whether it is a list.
    place, index, key = '', 0, ''
    counts: list[int] = []
    for token in TOKEN.finditer(text):
        word = token[0]
        if word.startswith('//') or word == ':':
            continue
        line = text.count('\n', 0, token.start()) + 1
        parent, in_list = open_places[-1] if open_places else ('', False)
        if word in '}]':
            if open_places:
                open_places.pop()
                index = counts.pop()
            key = ''
        elif word == ',':
            index, key = index + 1, ''
        elif open_places and not in_list and not key:
            key = ESCAPE.sub(r'\1', word.strip('"')) or '""'
            lines.setdefault(_inside(parent, key), line)
        else:
            place = f'{parent}[{index}]' if in_list else _inside(parent, key)
            lines.setdefault(place, line)
            if word in '{[':
                open_places.append((place, word == '['))
                counts.append(index)
                index, key = 0, ''
    lines.pop('', None)
    return lines


def _inside(place: str, key: str) -> str:
    return f'{place}.{key}' if place and key else key or place


def _nearest(lines: Mapping[str, int], place: str) -> int:
    if place not in lines:
        place = place.partition(': ')[0]    # The place of a rule, and then the column in its text.
    while place and place not in lines:
        shorter = LAST_PART.sub('', place)
        place = shorter if shorter != place else ''
    return lines.get(place, 1)
