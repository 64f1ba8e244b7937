"""Reads the rule sets that deequ is asked, and the answers that it gave."""
from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUESTIONS, ANSWERS = HERE / 'questions.txt', HERE / 'answers.jsonl'
LIST = re.compile(r'@(\w+) = (.*)')
PLACE = re.compile(r'(?<!\{)\{(\w+)\}(?!\})')
SECTION = re.compile(r'\S+ *= *["\[{]|Rules \[')


@dataclass(frozen=True)
class Answer:
    """What AWS's parser and deequ make of a rule set.

    rules     the rules as the parser prints them; None if it refuses the rule set
    outcome   `Passed` or `Failed`; None where deequ was not asked, or raised an error
    metrics   numbers by their full names
    reason    the refusal of the parser, or why the rule failed
    """

    topic: str
    text: str
    rules: list[str] | None
    outcome: str | None
    metrics: dict[str, float]
    reason: str


def questions() -> list[tuple[str, str]]:
    """Return the topic and the text of every rule set, each once."""
    return list(dict.fromkeys(_questions(QUESTIONS.read_text(encoding='utf-8'))))


def answers() -> list[Answer]:
    """Return the committed answers; the first line of their file names the versions that gave them."""
    return [Answer(*json.loads(line)) for line in ANSWERS.read_text(encoding='utf-8').splitlines()[1:]]


def is_evaluated(topic: str) -> bool:
    """Tell whether the rule sets of a topic are evaluated too."""
    return topic.endswith('evaluated')


def _questions(text: str) -> Iterator[tuple[str, str]]:
    lists = {found[1]: found[2].split(' | ') for line in text.splitlines() if (found := LIST.fullmatch(line))}
    topic = ''
    for line in text.splitlines():
        if line.startswith('## '):
            topic = line[3:]
        elif line and not line.startswith('@') and not (line.startswith('#') and not topic):
            for written in _expanded(line, lists):
                yield topic, written if SECTION.match(written) else f'Rules = [ {written}\n]'


def _expanded(line: str, lists: dict[str, list[str]]) -> Iterator[str]:
    """Yield the line once for each choice of items; two braces stand for one."""
    names = [name for name in PLACE.findall(line) if name in lists]
    for items in itertools.product(*(lists[name] for name in names)):
        rest = iter(items)
        filled = PLACE.sub(lambda found, rest=rest: next(rest) if found[1] in lists else found[0], line)
        yield filled.replace('{{', '{').replace('}}', '}')
