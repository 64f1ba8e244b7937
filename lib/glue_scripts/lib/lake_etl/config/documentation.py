"""Reads what a dataclass of a specification says about itself: in a sentence, and about each of its keys."""
from __future__ import annotations

import inspect
import re
import typing
from dataclasses import MISSING, dataclass, fields
from typing import Any

KEY_LINE = re.compile(r'(?P<keys>\w+(?:, \w+)*) {2,}(?P<text>\S.*)')


@dataclass(frozen=True)
class Key:
    """One key: its type, its default (MISSING when it must be given), and what it means."""

    name: str
    hint: Any
    default: Any
    meaning: str

    @property
    def required(self) -> bool:
        """Tell whether it must be given."""
        return self.default is MISSING


def paragraphs(docstring: str | None) -> list[str]:
    """Return the paragraphs of a docstring, each in one line."""
    return [' '.join(paragraph.split()) for paragraph in inspect.cleandoc(docstring or '').split('\n\n')]


def record_keys(record_type: type[Any]) -> tuple[Key, ...]:
    """Return the keys of a dataclass in their order, with the meanings that its fields or its docstring give."""
    hints, meanings = typing.get_type_hints(record_type), _meanings(record_type)
    return tuple(Key(item.name, hints[item.name],
                     item.default if item.default_factory is MISSING else item.default_factory(),
                     item.metadata.get('meaning', meanings.get(item.name, ''))) for item in fields(record_type))


def _meanings(record_type: type[Any]) -> dict[str, str]:
    """Return what the lines `key  meaning` say; a line that is indented goes on with the one before it."""
    meanings: dict[str, str] = {}
    current: list[str] = []
    for line in inspect.cleandoc(record_type.__doc__ or '').splitlines():
        if match := KEY_LINE.fullmatch(line):
            current = match['keys'].split(', ')
            meanings |= dict.fromkeys(current, match['text'])
        elif line.startswith(' '):
            meanings |= {key: f'{meanings[key]} {line.strip()}' for key in current}
    return meanings
