"""Finds and replaces by regular expressions, those that Athena and Python read alike."""
from __future__ import annotations

import re
from functools import lru_cache

from lake_etl.adapters.local.athena.not_computed import NotComputedError

# What Athena's regular expressions and Python's read alike. Anything else is refused.
REGEX_TOKEN = re.compile(
    r'\\[dDwWsSbBntrf]|\\[1-9]|\\[^A-Za-z0-9]|\[(?:\^)?(?:\\[dDwWsSntrf]|\\[^A-Za-z0-9]|[^\]\[\\&])+\]'
    r'|\(\?[:=!]|\(\?<[=!]|\(\?<[A-Za-z][A-Za-z0-9]*>|\(\?i:|\((?!\?)|\)|\{\d+(?:,\d*)?\}[?+]?|[*+?][?+]?|[|^$.]'
    r'|[^\\\[\](){}*+?|^$.]', re.DOTALL)


@lru_cache(maxsize=512)
def regex(pattern: str) -> re.Pattern[str]:
    """Return the pattern for Python; raises ValueError when both would not read it alike."""
    flags = re.ASCII
    rest = pattern
    while (head := re.match(r'\(\?([ims]+)\)', rest)):
        flags |= sum({'i': re.IGNORECASE, 'm': re.MULTILINE, 's': re.DOTALL}[flag] for flag in set(head[1]))
        rest = rest[head.end():]
    parts, position = [], 0
    while position < len(rest):
        found = REGEX_TOKEN.match(rest, position)
        if not found or (flags & re.IGNORECASE and not found[0].isascii()):
            raise NotComputedError('a regular expression has a part that is not read as in Athena')
        named = re.fullmatch(r'\(\?<([A-Za-z]\w*)>', found[0])
        parts.append(f'(?P<{named[1]}>' if named else found[0])
        position = found.end()
    try:
        return re.compile(''.join(parts), flags)
    except re.error as error:
        raise NotComputedError('a regular expression is not one, or not one that is read here') from error


def regexp_like(text: str, pattern: str) -> bool:
    """Tell whether the pattern is found."""
    return regex(pattern).search(text) is not None


def regexp_extract(text: str, pattern: str, group: int) -> str | None:
    """Return the group of the first match."""
    found = regex(pattern).search(text)
    _check_group(regex(pattern), group)
    return found[group] if found else None


def regexp_extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    """Return the group of every match."""
    _check_group(regex(pattern), group)
    return [found[group] for found in regex(pattern).finditer(text)]


def regexp_split(text: str, pattern: str) -> list[str]:
    """Return the pieces between matches."""
    pieces, start = [], 0
    for found in regex(pattern).finditer(text):
        pieces.append(text[start:found.start()])
        start = found.end()
    return [*pieces, text[start:]]


def regexp_count(text: str, pattern: str) -> int:
    """Return the number of matches."""
    return sum(1 for _ in regex(pattern).finditer(text))


def regexp_position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """Return the place of a match from 1, or -1."""
    if start < 1 or occurrence < 1:
        raise ValueError('start and occurrence must be at least 1')
    if start > len(text):
        return -1
    for number, found in enumerate(regex(pattern).finditer(text, start - 1), start=1):
        if number == occurrence:
            return found.start() + 1
    return -1


def regexp_replace(text: str, pattern: str, replacement: str) -> str:
    """Return the text with each match replaced; $1 and ${name} stand for groups."""
    compiled = regex(pattern)
    parts = replacement_parts(compiled, replacement)
    return compiled.sub(lambda found: ''.join(
        part if isinstance(part, str) else found[part[0]] or '' for part in parts), text)


@lru_cache(maxsize=512)
def replacement_parts(pattern: re.Pattern[str], replacement: str) -> tuple[str | tuple[int | str], ...]:
    """Return the literal parts and, in tuples, the groups of a replacement."""
    parts: list[str | tuple[int | str]] = []
    position = 0
    while position < len(replacement):
        letter = replacement[position]
        position += 1
        if letter == '\\':
            if position == len(replacement):
                raise ValueError('Illegal replacement sequence')
            parts.append(replacement[position])
            position += 1
        elif letter != '$':
            parts.append(letter)
        elif named := re.compile(r'\{([A-Za-z]\w*)\}').match(replacement, position):
            if named[1] not in pattern.groupindex:
                raise ValueError('Illegal replacement sequence: unknown group')
            parts.append((named[1],))
            position = named.end()
        else:
            group, position = _group_number(pattern, replacement, position)
            parts.append((group,))
    return tuple(parts)


def _group_number(pattern: re.Pattern[str], replacement: str, position: int) -> tuple[int, int]:
    if not replacement[position:position + 1].isdecimal():
        raise ValueError('Illegal replacement sequence')
    group = int(replacement[position])
    position += 1
    _check_group(pattern, group)
    while replacement[position:position + 1].isdecimal() and group * 10 + int(replacement[position]) <= pattern.groups:
        group = group * 10 + int(replacement[position])
        position += 1
    return group, position


def _check_group(pattern: re.Pattern[str], group: int) -> None:
    if not 0 <= group <= pattern.groups:
        raise ValueError(f'Pattern has {pattern.groups} groups, cannot access group {group}')


def groups_of_matches(text: str, pattern: str) -> list[list[str | None]]:
    """Return the groups of each match."""
    return [list(found.groups()) for found in regex(pattern).finditer(text)]


def with_replacements(text: str, pattern: str, replacements: list[str | None]) -> str:
    """Return the text with each match replaced by its own text."""
    rest = iter(replacements)
    return regex(pattern).sub(lambda found: next(rest) or '', text)
