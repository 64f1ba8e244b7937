"""Changes the configuration files of the sample workflows, one key at a time."""
from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The places that no run reads, by file and place, with the reason.
UNREAD = (
    (r'all-transforms-example\..*', '', 'the file shows all keys, to copy from, and no file fits all its formats'),
    (r'redshift-.*', '', 'Amazon Redshift runs these statements, and a laptop has none'),
    (r'.*-dependent\.json', '', 'these keys decide when a run starts, and not what it gives'),
    (r'.*', r'(.*\.)?description', 'a description is a comment'),
    (r'.*', r'input_spec\.table_description', 'it is a text for readers in the catalog'),
    (r'.*', r'input_spec\.left_unprotected.*', 'it only keeps a warning of ./lake validate from being given'),
    (r'.*\.csv', r'row \d+ (\(dropped\) )?Description', 'it is a text for readers in the catalog'),
    (r'.*\.csv', r'row \d+ \(dropped\) (removed|SourceName)', 'a column without a row is dropped, too'),
    (r'Synthetic(GeneralData-(Claim|Policy)|LifeData-Policy)Data\.json', r'input_spec removed',
     'texts for readers and defaults are all that it holds'),
    (r'.*\.json', r'input_spec\.csv(\.header)? removed', 'the removed value is the default'),
    (r'SyntheticGeneralData-NestedPolicyData\.json', r'input_spec( removed|\.json\.multiline)',
     'documents on one line each are read alike either way, and all else are texts for readers'),
    (r'.*\.json', r'input_spec\.json(\.multiline)? removed', 'the value is detected in the file'),
)
TYPES = {'date': 'string', 'timestamp': 'date', 'int': 'bigint', 'string': 'int', 'json': 'string'}
SCALE = re.compile(r'decimal\((\d+),(\d+)\)')
NUMBER = re.compile(r'(?<![\w.(])\d+(\.\d+)?(?![\w.])')
DATE_PARTS = (('M/d', 'd/M'), ('yyyy/M/d', 'yyyy/d/M'), ('d/M/yyyy', 'M/d/yyyy'), ('MM-dd', 'dd-MM'), ('H:m', 'm:H'),
              ('HH:mm', 'mm:HH'))
# Pairs of SQL and rule words that change what is computed.
WORDS = (('LEFT JOIN', 'JOIN'), ('DESC', 'ASC'), (' max(', ' min('), (' min(', ' max('), (' sum(', ' max('),
         (' count(', ' max('), (' = ', ' <> '), (' AND ', ' OR '), (' >= ', ' < '), (' > ', ' <= '), (' < ', ' >= '),
         (' != ', ' = '), ("date_trunc('month'", "date_trunc('year'"), ('DISTINCT ', ''), (' in [', ' not in ['))


@dataclass(frozen=True)
class Mutant:
    """A configuration file with one change.

    file    path below the configuration folder
    place   of the change, in words
    unread  why no run can notice the change; empty where one should
    """

    file: str
    place: str
    content: str
    unread: str = ''


def mutants_of(configuration: Path) -> list[Mutant]:
    """Return all mutants of the files in a configuration folder, in the order of files and places."""
    found = []
    for folder in ('dq-rules', 'transformation-spec', 'transformation-sql'):
        for path in sorted((configuration / folder).iterdir()):
            text = path.read_text(encoding='utf-8')
            changes = {'.json': _json, '.csv': _mapping, '.sql': _sql}[path.suffix]
            for place, content in ([('', text)] if 'all-transforms' in path.name else changes(text)):
                found.append(Mutant(f'{folder}/{path.name}', place, content, _unread(path.name, place)))
    return found


def _unread(file: str, place: str) -> str:
    return next((reason for pattern, places, reason in UNREAD
                 if re.fullmatch(pattern, file) and (not places or re.fullmatch(places, place))), '')


def _json(text: str) -> Iterator[tuple[str, str]]:
    """Yield the document with each value changed, and with each object, list and member of a list removed."""
    document = json.loads(text)
    for path, value in _paths(document, ()):
        place = ''.join(f'[{key}]' if isinstance(key, int) else f'.{key}' for key in path).lstrip('.')
        if isinstance(value, (dict, list)):
            yield f'{place} removed', _dumped(document, path, None)
        else:
            for number, changed in enumerate(_changed(value, path)):
                yield place if not number else f'{place} ({number + 1})', _dumped(document, path, changed)


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, value
    for key, member in (value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list)
                        else ()):
        yield from _paths(member, (*path, key))


def _dumped(document: Any, path: tuple[Any, ...], changed: Any) -> str:
    """Return the document with another value at a path; None removes it."""
    altered = copy.deepcopy(document)
    parent = altered
    for key in path[:-1]:
        parent = parent[key]
    if changed is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = changed
    return json.dumps(altered, indent=4)


def _changed(value: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    """Yield another value that is as valid as possible, so that runs notice it and not only the check of files."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1 if isinstance(value, int) else value / 2
    elif path[-2:-1] and str(path[-2]).endswith('_rules'):
        yield from _rule(value)
    elif value in TYPES and path[-1] != 'type':
        yield TYPES[value]
    elif scale := SCALE.fullmatch(value):
        yield f'decimal({scale[1]},{int(scale[2]) - 1})'
    else:
        pair = next((pair for pair in DATE_PARTS if pair[0] in value), None) if path[-1] == 'format' else None
        yield value.replace(*pair) if pair else f'{value}x'


def _rule(rule: str) -> Iterator[str]:
    """Yield a rule with each of its parts changed: number, comparison, column."""
    if number := NUMBER.search(rule):
        yield f'{rule[:number.start()]}{float(number[0]) + 1:g}{rule[number.end():]}'
    for word, other in WORDS:
        if word in rule:
            yield rule.replace(word, other, 1)
    yield re.sub(r"'([^']*)'", r"'\1x'", rule, count=1) if "'" in rule else rule.replace('RowCount', 'ColumnCount')


def _mapping(text: str) -> Iterator[tuple[str, str]]:
    """Yield the mapping without each row, and with each cell changed."""
    header, *rows = csv.reader(io.StringIO(text))
    for number, row in enumerate(rows, 1):
        dropped = ' (dropped)' if row[1] == 'Null' else ''
        yield f'row {number}{dropped} removed', _written([header, *rows[:number - 1], *rows[number:]])
        for column, cell in enumerate(row):
            if cell:
                changed = str(int(cell) + 10) if cell.isdigit() else f'{cell}x'
                altered = [*rows[:number - 1], [*row[:column], changed, *row[column + 1:]], *rows[number:]]
                yield f'row {number}{dropped} {header[column]}', _written([header, *altered])


def _written(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator='\n').writerows(rows)
    return out.getvalue()


def _sql(text: str) -> Iterator[tuple[str, str]]:
    """Yield the statement without each column that it selects, and with each word and number changed."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if line.startswith('--') or not line.strip():
            continue

        def altered(changed: str, number: int = number) -> str:
            return ''.join([*lines[:number - 1], changed, *lines[number:]])
        if line.startswith('    ') and line.rstrip().endswith(','):
            yield f'line {number} removed', altered('')
        for word, other in WORDS:
            if word in line:
                yield f'line {number} {word.strip()}', altered(line.replace(word, other, 1))
        if literal := NUMBER.search(line):
            changed = f'{line[:literal.start()]}{int(literal[0]) + 1}{line[literal.end():]}'
            yield f'line {number} number', altered(changed)
        if alias := re.search(r'\bAS (\w+),?$', line.rstrip()):
            yield f'line {number} alias', altered(line.replace(f'AS {alias[1]}', f'AS {alias[1]}x'))
