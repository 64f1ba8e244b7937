"""Reads the questions that Trino is asked, and the answers that it gave."""
from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
QUESTIONS, ANSWERS, FUNCTIONS = HERE / 'questions.txt', HERE / 'answers.jsonl', HERE / 'documented_functions.txt'
QUERY = re.compile(r'\(?(?:SELECT|WITH|VALUES)\b')
LIST = re.compile(r'@(\w+) = (.*)')
PLACE = re.compile(r'\{(\w+)\}')


@dataclass(frozen=True)
class Answer:
    """What Trino says to a query: the types and rows of the result, or the name of its error."""

    query: str
    topic: str
    types: tuple[str, ...]
    rows: list[list[Any]]
    error: str | None


def questions() -> list[tuple[str, str]]:
    """Return the topic and the text of every query, each once."""
    return list(dict.fromkeys(_questions(QUESTIONS.read_text(encoding='utf-8'))))


def answers() -> list[Answer]:
    """Return the committed answers; the first line of their file names the version of Trino."""
    lines = ANSWERS.read_text(encoding='utf-8').splitlines()[1:]
    return [Answer(query, topic, tuple(types), rows, error) for topic, query, types, rows, error in map(json.loads,
                                                                                                        lines)]


def documented_functions() -> list[str]:
    """Return the names of the functions that Athena's documentation lists."""
    lines = FUNCTIONS.read_text(encoding='utf-8').splitlines()
    return [name for line in lines if not line.startswith('#') for name in line.partition(': ')[2].split()]


def _questions(text: str) -> Iterator[tuple[str, str]]:
    lists: dict[str, list[str]] = {}
    topic = ''
    for line in text.splitlines():
        if line.startswith('## '):
            topic = line[3:]
        elif found := LIST.fullmatch(line):
            lists[found[1]] = found[2].split(' | ')
        elif line and not line.startswith('#'):
            for expression in _expanded(line, lists):
                yield topic, expression if QUERY.match(expression) else f'SELECT {expression}'


def _expanded(line: str, lists: dict[str, list[str]]) -> Iterator[str]:
    """Yield the line once for each choice of items; a list that stands in it twice is chosen from twice."""
    names = [name for name in PLACE.findall(line) if name in lists]
    for items in itertools.product(*(lists[name] for name in names)):
        rest = iter(items)
        yield PLACE.sub(lambda found, rest=rest: next(rest) if found[1] in lists else found[0], line)
