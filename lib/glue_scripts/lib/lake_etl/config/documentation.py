"""Reads the documentation of a specification's dataclass: of the class, and of each of its keys."""
from __future__ import annotations

import inspect
import re
import typing
from dataclasses import MISSING, dataclass, fields
from typing import Any

KEY_LINE = re.compile(r'(?P<keys>\w+(?:, \w+)*) {2,}(?P<text>\S.*)')


@dataclass(frozen=True)
class Key:
    """One key: its type, its default (MISSING for a required key), and its meaning."""

    name: str
    hint: Any
    default: Any
    meaning: str

    @property
    def required(self) -> bool:
        """Tell whether a specification must give the key."""
        return self.default is MISSING


def paragraphs(docstring: str | None) -> list[str]:
    """Return the paragraphs of a docstring, each as one line."""
    return [' '.join(paragraph.split()) for paragraph in inspect.cleandoc(docstring or '').split('\n\n')]


def record_keys(record_type: type[Any]) -> tuple[Key, ...]:
    """Return the keys of a dataclass in order, with their meanings from its fields or its docstring."""
    hints, meanings = typing.get_type_hints(record_type), _meanings(record_type)
    return tuple(Key(item.name, hints[item.name],
                     item.default if item.default_factory is MISSING else item.default_factory(),
                     item.metadata.get('meaning', meanings.get(item.name, ''))) for item in fields(record_type))


def _meanings(record_type: type[Any]) -> dict[str, str]:
    """Return the meanings in lines such as `key  meaning`; an indented line continues the line before it."""
    meanings: dict[str, str] = {}
    current: list[str] = []
    for line in inspect.cleandoc(record_type.__doc__ or '').splitlines():
        if match := KEY_LINE.fullmatch(line):
            current = match['keys'].split(', ')
            meanings |= dict.fromkeys(current, match['text'])
        elif line.startswith(' '):
            meanings |= {key: f'{meanings[key]} {line.strip()}' for key in current}
    return meanings
