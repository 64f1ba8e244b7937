"""Reads, writes and searches JSON texts as Athena does."""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lake_etl.adapters.local.athena import values
from lake_etl.adapters.local.athena.athena_types import INTEGERS, Type
from lake_etl.adapters.local.athena.not_computed import NotComputedError

PATH_STEP = re.compile(r'\.([A-Za-z_][\w]*)|\[(\d+)\]|\["((?:[^"\\])*)"\]|\[\'((?:[^\'\\])*)\'\]')
ESCAPES = {'"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t'}
JSON_TYPES = frozenset({*INTEGERS, 'boolean', 'double', 'decimal', 'varchar', 'json', 'array', 'map', 'row'})
MISSING = object()


def canonical(text: str) -> str:
    """Return a JSON text with sorted keys and without blanks, as json_parse does."""
    return written(parsed(text))


def parsed(text: str) -> Any:
    """Return the value of a JSON text; raises ValueError."""
    return json.loads(text, parse_constant=_no_constant)


def written(value: Any, in_order: bool = True) -> str:
    """Return the value as JSON text, with sorted keys unless they must stay as they are."""
    if isinstance(value, dict):
        keys = sorted(value, key=_java_order) if in_order else list(value)
        return f'{{{",".join(f"{_quoted(key)}:{written(value[key], in_order)}" for key in keys)}}}'
    if isinstance(value, list):
        return f'[{",".join(written(item, in_order) for item in value)}]'
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool) or value is None:
        return {True: 'true', False: 'false', None: 'null'}[value]
    return values.java_double(value) if isinstance(value, float) else str(value)


def extract(text: str, path: str) -> str | None:
    """Return what json_extract gives; null for a text that is not JSON."""
    found = _found(text, path)
    return None if found is MISSING else written(found, in_order=False)


def extract_scalar(text: str, path: str) -> str | None:
    """Return what json_extract_scalar gives: null for arrays, objects and null."""
    found = _found(text, path, keep_numbers=True)
    if found is MISSING or found is None or isinstance(found, (dict, list)):
        return None
    return str(found) if isinstance(found, str) else written(found)


def size(text: str, path: str) -> int | None:
    """Return what json_size gives: the number of members, 0 for a scalar."""
    found = _found(text, path)
    if found is MISSING:
        return None
    return len(found) if isinstance(found, (dict, list)) else 0


def array_length(text: str) -> int | None:
    """Return the length of a JSON array, or None for anything else."""
    value = lenient(text)
    return len(value) if isinstance(value, list) else None


def array_contains(text: str, wanted: Any) -> bool | None:
    """Tell whether a JSON array has a member of that value and kind."""
    value = lenient(text)
    if not isinstance(value, list):
        return None
    return any(type(item) is type(wanted) and item == wanted for item in value)


def is_scalar(text: str) -> bool:
    """Tell whether a JSON text is a number, text, boolean or null."""
    return not isinstance(parsed(text), (dict, list))


def converts_with_json(kind: Type) -> bool:
    """Tell whether values of the type can be cast to JSON and back on the laptop."""
    return kind.name in JSON_TYPES and all(map(converts_with_json, kind.parts))


def to_json(kind: Type) -> Callable[[Any], str]:
    """Return the function that makes CAST(value AS json) of values of a type."""
    def value_to_json(value: Any) -> str:
        return _json_text(value, kind)
    return value_to_json


def from_json(kind: Type) -> Callable[[str], Any]:
    """Return the function that makes CAST(json AS type)."""
    def value_from_json(text: str) -> Any:
        return _from(parsed(text), kind)
    return value_from_json


def _json_text(value: Any, kind: Type) -> str:
    if value is None:
        return 'null'
    if kind.name == 'array':
        return f'[{",".join(_json_text(item, kind.parts[0]) for item in value)}]'
    if kind.name == 'map':
        pairs = sorted(((_key(key), item) for key, item in value.items()), key=lambda pair: _java_order(pair[0]))
        return f'{{{",".join(f"{_quoted(key)}:{_json_text(item, kind.parts[1])}" for key, item in pairs)}}}'
    if kind.name == 'row':
        items = (f'{_quoted(label or "")}:{_json_text(value[name], part)}' for label, name, part
                 in zip(kind.labels, kind.members, kind.parts, strict=True))
        return f'{{{",".join(items)}}}'
    return _json_scalar(value, kind)


def _json_scalar(value: Any, kind: Type) -> str:
    if kind.name == 'double':
        text = values.java_double(value)
        return text if value == value and abs(value) != float('inf') else f'"{text}"'
    if kind.name == 'decimal':
        return f'{value:f}'
    if kind.name == 'json':
        return str(value)
    if kind.name == 'boolean' or kind.name in INTEGERS:
        return str(value).lower()
    if kind.name == 'date':
        return f'"{value}"'
    if kind.name == 'timestamp':
        return f'"{timestamp_text(value, kind.arguments[0])}"'
    if kind.name == 'varchar':
        return _quoted(value)
    raise ValueError(f'{kind} cannot be cast to json on the laptop')


def timestamp_text(value: datetime, digits: int) -> str:
    """Return a timestamp with so many digits of a second."""
    fraction = f'.{value.microsecond:06}'[:digits + 1] if digits else ''
    return f'{value:%Y-%m-%d %H:%M:%S}{fraction}'


def _key(key: Any) -> str:
    if isinstance(key, (float, date)):
        raise NotComputedError('maps with such keys are not cast to json')
    return str(key).lower() if isinstance(key, bool) else str(key)


def _from(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    if kind.name == 'json':
        return written(value)
    if kind.name == 'array':
        return [_from(item, kind.parts[0]) for item in _expect(value, list)]
    if kind.name == 'map':
        pairs = _expect(value, dict)
        return {_from(key, kind.parts[0]): _from(item, kind.parts[1]) for key, item in pairs.items()}
    if kind.name == 'row':
        return _row_from(value, kind)
    if isinstance(value, (dict, list)):
        raise ValueError('Cannot cast JSON to the type')
    return _scalar_from(value, kind)


def _row_from(value: Any, kind: Type) -> dict[str, Any]:
    if isinstance(value, list):
        if len(value) != len(kind.parts):
            raise ValueError('Cannot cast JSON to row: another number of fields')
        return {name: _from(item, part) for name, item, part in zip(kind.members, value, kind.parts, strict=True)}
    fields = _expect(value, dict)
    lower = {key.lower(): item for key, item in fields.items()}
    return {name: _from(fields.get(name, lower.get(name)), part)
            for name, part in zip(kind.members, kind.parts, strict=True)}


def _scalar_from(value: Any, kind: Type) -> Any:
    if kind.name == 'varchar':
        return _text_from(value)
    if kind.name == 'boolean':
        return _boolean_from(value)
    if kind.name in INTEGERS:
        return _integer_from(value, kind)
    if kind.name == 'double':
        return values.double_from_text(value) if isinstance(value, str) else float(value)
    if kind.name == 'decimal':
        number = value if isinstance(value, str) else repr(value)
        return values.decimal_from_text(str(int(value)) if isinstance(value, bool) else number, *kind.arguments)
    raise ValueError(f'JSON cannot be cast to {kind} on the laptop')


def _text_from(value: Any) -> str:
    if isinstance(value, float):
        return values.text_from_double(value)
    return value if isinstance(value, str) else written(value)


def _boolean_from(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() in ('true', 't', '1', 'false', 'f', '0'):
            return value.lower() in ('true', 't', '1')
        raise ValueError('Cannot cast JSON to boolean')
    return bool(value)


def _integer_from(value: Any, kind: Type) -> int:
    if isinstance(value, str):
        if not values.INTEGER_TEXT.fullmatch(value):
            raise ValueError('Cannot cast JSON to a whole number')
        number = int(value)
    else:
        number = int(values.rounded(Decimal(repr(value)) if isinstance(value, float) else Decimal(int(value)), 0))
    bits = {'tinyint': 7, 'smallint': 15, 'integer': 31, 'bigint': 63}[kind.name]
    if not -2 ** bits <= number < 2 ** bits:
        raise ValueError('Out of range')
    return number


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError('Cannot cast JSON: another structure was expected')
    return value


def _found(text: str, path: str, keep_numbers: bool = False) -> Any:
    steps = path_steps(path)
    value = lenient(text, keep_numbers)
    for step in steps:
        if isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        elif isinstance(step, str) and isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return MISSING
    return value


def path_steps(path: str) -> list[int | str]:
    """Return the members and indexes that a path such as $.a.b[0] goes through; raises ValueError."""
    if not path.startswith('$'):
        raise ValueError(f'The laptop reads JSON paths such as $.a.b[0], not {path}')
    steps: list[int | str] = []
    position = 1
    while position < len(path):
        found = PATH_STEP.match(path, position)
        if not found:
            raise ValueError(f'The laptop reads JSON paths such as $.a.b[0], not {path}')
        name, index, double, single = found.groups()
        steps.append(int(index) if index is not None else next(
            part for part in (name, double, single) if part is not None))
        position = found.end()
    return steps


def lenient(text: str, keep_numbers: bool = False) -> Any:
    """Return the value of a JSON text, or MISSING for another text."""
    try:
        if keep_numbers:
            return json.loads(text, parse_constant=_no_constant, parse_float=str)
        return parsed(text)
    except ValueError:
        return MISSING


def _quoted(text: str) -> str:
    return '"' + ''.join(ESCAPES.get(letter) or (letter if ' ' <= letter <= '\uffff' else _escaped(letter))
                         for letter in text) + '"'


def _escaped(letter: str) -> str:
    units = letter.encode('utf-16-be', 'surrogatepass')
    return ''.join(f'\\u{units[place:place + 2].hex().upper()}' for place in range(0, len(units), 2))


def _java_order(text: str) -> bytes:
    return text.encode('utf-16-be', 'surrogatepass')


def _no_constant(name: str) -> Any:
    raise ValueError(f'{name} is not JSON')
