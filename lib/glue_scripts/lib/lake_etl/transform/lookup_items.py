r"""Builds the items of the lookup tables from files, loads them, and reads their keys.

A key of the multi-lookup table is several values joined by a hyphen. A hyphen inside a value is escaped as `\-` and a
backslash as `\\`, so that A-B with C and A with B-C are two keys: `A\-B-C` and `A-B\-C`. Keys of tables that were
loaded without escapes are read, too.
"""
from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake_etl import runtime
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings, describe, suggestion
from lake_etl.syntax.text import decode_text

SEPARATOR = '-'
TO_ESCAPE = r'([\\-])'
ESCAPED = r'\\\1'
ESCAPED_KEY = re.compile(r'(?:[^\\]|\\[\\-])*', re.DOTALL)
LETTER = re.compile(r'\\?.', re.DOTALL)
GROUP_KEY, ITEM_KEY = 'lookup_group', 'lookup_item'
Item = dict[str, str]
LOG = logging.getLogger(__name__)


def join_key(values: Iterable[str], escape: bool = True) -> str:
    """Return the values joined to one key; hyphens inside a value are escaped unless `escape` is false."""
    return SEPARATOR.join(re.sub(TO_ESCAPE, ESCAPED, value) if escape else value for value in values)


def split_key(key: str) -> tuple[str, ...] | None:
    """Return the values of an escaped key, or None if a backslash in it escapes nothing."""
    if not ESCAPED_KEY.fullmatch(key):
        return None
    values = ['']
    for letter in LETTER.findall(key):
        if letter == SEPARATOR:
            values.append('')
        else:
            values[-1] += letter[-1]
    return tuple(values)


@dataclass(frozen=True)
class KeyedItems:
    """The items of a lookup group by key.

    certain    items whose key splits into values in one way, by escaped key
    ambiguous  items loaded without escapes, whose hyphens may separate or belong to values, by key as loaded
    """

    certain: Mapping[str, Mapping[str, Any]]
    ambiguous: Mapping[str, Mapping[str, Any]]


def keyed_items(items: Iterable[tuple[str, Mapping[str, Any]]], columns: int) -> KeyedItems:
    """Group (key, item) pairs by whether their key is certain or ambiguous for this number of match columns.

    A key with too few values matches nothing and is omitted. An ambiguous key is omitted if a certain key without its
    escapes is the same: the group was loaded again, and the ambiguous item is left over from the earlier load.
    """
    certain: dict[str, Mapping[str, Any]] = {}
    escaped: dict[str, Mapping[str, Any]] = {}
    ambiguous: dict[str, Mapping[str, Any]] = {}
    settled: set[str] = set()
    for key, item in items:
        values = split_key(key) if '\\' in key else None
        plain = key.split(SEPARATOR) if columns > 1 else [key]
        if values is not None and len(values) == columns:
            escaped[join_key(values)] = item
            settled.add(join_key(values, escape=False))
        elif len(plain) == columns:
            certain[join_key(plain)] = item
        elif len(plain) > columns:
            ambiguous[key] = item
    return KeyedItems({**certain, **escaped}, {key: item for key, item in ambiguous.items() if key not in settled})


def load_file(table: str, file: Path, items_of: Callable[[bytes, str], list[Item]]) -> int:
    """Put the items of a file into an item table, log the result, and return the exit status of a command.

    items_of  returns the items of a file from its content and name
    """
    try:
        count = runtime.items(table).put_all(table, items_of(file.read_bytes(), file.name))
    except (LakeError, OSError) as error:
        LOG.error('%s', error)
        return 1
    LOG.info('Loaded %d items of %s into %s.', count, file.name, table)
    return 0


def lookup_items(source_system: str, content: bytes, file: str = 'lookup file') -> list[Item]:
    """Return one value-lookup item for each lookup of a JSON file `{lookup: {value: looked-up value}}`.

    Raises ConfigurationError naming `file` and every lookup that is not an object of values.
    """
    findings = Findings(file)
    lookups = parse_json_object(content, findings) or {}
    for name, values in lookups.items():
        if not isinstance(values, dict) or not values:
            found = 'an empty object' if values == {} else describe(values)
            findings.problem(name, f'expected an object of values and what they stand for, got {found}')
    if not lookups and not findings.problems:
        findings.problem('', 'the file holds no lookup', 'write {"lookup": {"value": "what it stands for"}}')
    _refuse(findings)
    return [{'source_system': source_system, 'column_name': name, 'lookup_data': json.dumps(values, ensure_ascii=False)}
            for name, values in lookups.items()]


def multilookup_items(lookup_group: str, match_columns: Sequence[str], content: bytes,
                      file: str = 'lookup file') -> list[Item]:
    """Return one multi-lookup item for each row of a CSV file with a header.

    The values of the match columns, with hyphens escaped, form the key of the item; every other column with a value in
    the row becomes an attribute. Raises ConfigurationError naming `file` and every invalid row.
    """
    findings = Findings(file)
    text = decode_text(content, findings)
    _refuse(findings)
    rows = list(_records(text or '', findings))
    header = [name.strip() for name in rows[0][1]] if rows else []
    _check_header(header, match_columns, findings)
    _refuse(findings)
    items: dict[str, Item] = {}
    for line, cells in rows[1:]:
        item = _item(lookup_group, match_columns, header, cells, f'row {line}', findings)
        if items.setdefault(item[ITEM_KEY], item) is not item:
            findings.problem(f'row {line}', 'has the match values of an earlier row', 'keep one of the two')
    if not items:
        findings.problem('', 'the file has no row below its header')
    _refuse(findings)
    return list(items.values())


def _records(text: str, findings: Findings) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of each line that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=''), strict=True)
    records = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((reader.line_num, cells))
    except csv.Error:
        findings.problem(f'row {reader.line_num}', 'cannot be read as CSV', 'is a double quote never closed?')
    return records


def _check_header(header: Sequence[str], match_columns: Sequence[str], findings: Findings) -> None:
    for name, count in Counter(header).items():
        if not name:
            findings.problem('header', 'a column has no name')
        elif count > 1:
            findings.problem('header', f"column '{name}' is there {count} times")
        elif name in (GROUP_KEY, ITEM_KEY):
            findings.problem('header', f"column '{name}' has the name of the table's own key", 'rename it in the file')
    for name in match_columns:
        if name not in header:
            findings.problem('header', f"has no match column '{name}'",
                             suggestion(name, header) or f'columns: {", ".join(header)}')
    if header and not set(header) - set(match_columns):
        findings.problem('header', 'has no column besides the match columns, so there is nothing to look up')


def _item(lookup_group: str, match_columns: Sequence[str], header: Sequence[str], cells: Sequence[str], place: str,
          findings: Findings) -> Item:
    """Return the item of a row; its problems go to `findings`."""
    if len(cells) != len(header):
        findings.problem(place, f'has {len(cells)} cells, the header has {len(header)}',
                         'put double quotes around a value that holds a comma')
    row = dict(zip(header, cells))
    matched = [row.get(name, '') for name in match_columns]
    if not any(matched):
        findings.problem(place, 'has no value in any match column')
    attributes = {name: value for name, value in row.items() if value and name not in match_columns}
    return {GROUP_KEY: lookup_group, ITEM_KEY: join_key(matched), **attributes}


def _refuse(findings: Findings) -> None:
    if findings.problems:
        raise ConfigurationError(findings.problems)
