"""Turns JSON objects into frozen dataclasses and collects everything that does not fit."""
from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

from lake_etl.errors import Problem

Record = TypeVar('Record')
LIKENESS_OF_A_MISSPELLING = 0.75
LONGEST_TEXT = 1000
KIND_NAMES: dict[Any, str] = {
    str: 'a text', int: 'a whole number', float: 'a number', bool: 'true or false', dict: 'an object'}


class Findings:
    """Collects the problems and warnings of one configuration file, and the places of keys that it gives twice."""

    def __init__(self, file: str):
        self.file = file
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.repeated: list[str] = []

    def problem(self, place: str, message: str, hint: str = '') -> None:
        """Record a mistake that keeps the workflow from running."""
        self.problems.append(_printable(self.file, place, message, hint))

    def warning(self, place: str, message: str, hint: str = '') -> None:
        """Record an oddity that existing configurations carry without harm."""
        self.warnings.append(_printable(self.file, place, message, hint))


def _printable(file: str, *texts: str) -> Problem:
    """Return a problem that fits one line of a log, whatever names and values the file holds."""
    plain = (''.join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text) for text in texts)
    return Problem(file, *(text if len(text) <= LONGEST_TEXT else f'{text[:LONGEST_TEXT - 3]}...' for text in plain))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that this one is probably a misspelling of, or None when none is similar."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, 1, LIKENESS_OF_A_MISSPELLING)
    return by_lower[near[0]] if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the most similar known word, or an empty text when none is similar."""
    near = nearest(word, known)
    return f"did you mean '{near}'?" if near else ''


def check_unknown_keys(found: Iterable[str], known: Iterable[str], place: str, findings: Findings) -> None:
    """Report keys that look like misspelt known ones as problems, all other unknown keys as warnings."""
    known = tuple(known)
    for key in found:
        if key in known or key == 'description':
            continue
        at = f'{place}.{key}' if place else key
        hint = suggestion(key, known)
        if hint:
            findings.problem(at, 'unknown key', hint)
        else:
            findings.warning(at, 'unknown key, ignored', f'known keys: {", ".join(sorted(known))}')


def parse_record(record_type: type[Record], raw: object, place: str, findings: Findings) -> Record | None:
    """Build `record_type` from a JSON object, or record every reason why not and return None.

    A record type is a frozen dataclass; lists become tuples, nested dataclasses are built too, also as values of an
    object. Its method `check`, if any, yields one message for each rule that types cannot express; `warnings` yields
    what is allowed, but probably not meant.
    """
    if not isinstance(raw, dict):
        findings.problem(place, f'expected an object, got {describe(raw)}')
        return None
    hints, known = _shape(record_type)
    before = len(findings.problems)
    check_unknown_keys(raw, known, place, findings)
    values: dict[str, Any] = {}
    for name, definition in known.items():
        if name in raw:
            at = f'{place}.{name}' if place else name
            values[name] = _convert_shown(raw[name], hints[name], definition.repr, at, findings)
        elif _is_required(definition):
            findings.problem(place, f"missing required key '{name}'")
    if len(findings.problems) > before:
        return None
    made = record_type(**values)
    check: Callable[[], Iterable[str]] = getattr(made, 'check', tuple)
    for message in check():
        findings.problem(place, message)
    warnings: Callable[[], Iterable[str]] = getattr(made, 'warnings', tuple)
    if len(findings.problems) > before:
        return None
    for message in warnings():
        findings.warning(place, message)
    return made


def _convert_shown(value: object, hint: Any, shown: bool, place: str, findings: Findings) -> Any:
    """Convert a value; one that must not be shown is not part of the problem either."""
    if shown:
        return _convert(value, hint, place, findings)
    trial = Findings(findings.file)
    converted = _convert(value, hint, place, trial)
    if trial.problems:
        findings.problem(place, f'expected {_name(hint)}; what was found is not shown')
    return converted


def _shape(record_type: type[Any]) -> tuple[dict[str, Any], dict[str, Field[Any]]]:
    return typing.get_type_hints(record_type), {item.name: item for item in fields(record_type)}


def describe(value: object) -> str:
    """Name a JSON value for an error message: its kind, and the value itself when it is short and simple."""
    if value is None:
        return 'null'
    if isinstance(value, dict):
        return 'an object'
    if isinstance(value, (list, tuple)):
        return 'a list'
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'


def _is_required(definition: Field[Any]) -> bool:
    return definition.default is MISSING and definition.default_factory is MISSING


def _convert(value: object, hint: Any, place: str, findings: Findings) -> Any:
    """Return the value as the hinted type, or record a problem; the caller discards the result then."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _convert_union(value, arguments, place, findings)
    if origin is tuple:
        return _convert_list(value, arguments[0], place, findings)
    if hasattr(hint, '__dataclass_fields__'):
        return parse_record(hint, value, place, findings)
    if origin is dict and isinstance(value, dict) and hasattr(arguments[1], '__dataclass_fields__'):
        return {key: parse_record(arguments[1], item, f'{place}.{key}', findings) for key, item in value.items()
                if key != 'description' or not isinstance(item, str)}
    if origin is typing.Literal:
        _check_choice(value, arguments, place, findings)
    elif not _is_instance(value, origin or hint):
        findings.problem(place, f'expected {_name(origin or hint)}, got {describe(value)}')
    return value


def _convert_list(value: object, member: Any, place: str, findings: Findings) -> Any:
    if isinstance(value, list):
        return tuple(_convert(item, member, f'{place}[{index}]', findings) for index, item in enumerate(value))
    findings.problem(place, f'expected a list, got {describe(value)}')
    return ()


def _check_choice(value: object, choices: tuple[Any, ...], place: str, findings: Findings) -> None:
    if value not in choices:
        allowed = ', '.join(repr(item) for item in choices)
        findings.problem(place, f'expected one of {allowed}, got {describe(value)}',
                         suggestion(str(value), map(str, choices)))


def _convert_union(value: object, arguments: tuple[Any, ...], place: str, findings: Findings) -> Any:
    if value is None and type(None) in arguments:
        return None
    choices = [item for item in arguments if item is not type(None)]
    records = [item for item in choices if hasattr(item, '__dataclass_fields__')]
    if isinstance(value, dict) and len(records) == 1:
        choices = records
    if len(choices) == 1:
        return _convert(value, choices[0], place, findings)
    for choice in choices:
        trial = Findings(findings.file)
        converted = _convert(value, choice, place, trial)
        if not trial.problems:
            return converted
        if isinstance(value, list) and typing.get_origin(choice) is tuple:
            findings.problems += trial.problems
            return value
    findings.problem(place, f'expected {_name(typing.Union[arguments])}, got {describe(value)}')
    return value


def _is_instance(value: object, hint: Any) -> bool:
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, (int, float))
    return isinstance(value, hint)


def _name(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return 'a list'
    if origin is typing.Literal:
        return ' or '.join(map(repr, arguments))
    if origin in (typing.Union, types.UnionType):
        return ' or '.join(_name(item) for item in arguments
                           if item is not type(None) and not (item is int and float in arguments))
    if hasattr(hint, '__dataclass_fields__') or origin is dict:
        return KIND_NAMES[dict]
    return KIND_NAMES.get(hint, getattr(hint, '__name__', str(hint)))
