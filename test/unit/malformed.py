"""Strategies that damage configuration files as people, editors and programs do."""
from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from lake_etl.config.form import Form, Shape

ODD_TEXTS = (
    '', ' ', 'null', 'Null', '\x00', '\ufeff', '\ud83d', 'a' * 300, 'é€😀', '../x', '`', '`a`.`b`', '$1', '${x}',
    '(', '[a', '\\', 'a{9999999999}', f'a{{{"9" * 5000}}}', 'a{2,1}',
    '(?P<n>a)', '(' * 500, '(a)' * 101, 'yyyy-MM-dd', 'YYYY',
    "'T", '[yyyy', '}{', '{}', '{0}{}', '{:>10}', '{' + '9' * 5000 + '}', '{0!z}', 'decimal(16,2)', '16,2', '2,16',
    f'decimal({"9" * 5000},2)', f'{"9" * 5000},2', 'array<' * 900, 'struct<a:int', 'map<string,', 'a > 1', 'a = = 1',
    '(' * 300, "'", 'x -- y', 'a;b', 'a IN (SELECT', 'CASE WHEN', 'desc', ' desc', 'utf-8', 'base64', 'idna', 'B3:A1')
SCALARS = (st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([10 ** 400, -10 ** 4200, 1e308])
           | st.sampled_from(ODD_TEXTS) | st.text(max_size=8))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(['field', 'source', 'format', 'description', 'x', '']) | st.text(max_size=4), inner, max_size=3),
    max_leaves=5)


@st.composite
def damaged_values(draw: Callable, sound: dict[str, Any]) -> dict[str, Any]:
    """Draw a sound value in which one to three places are replaced, removed, renamed or added to."""
    value = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 3))):
        _damage(draw, value)
    return value


def _damage(draw: Callable, value: Any) -> None:
    """Walk down to some place and damage it."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = value[key]
        if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
            value = inner
            continue
        how = draw(st.sampled_from(['replace', 'remove', 'rename', 'add']))
        if how == 'replace' or how != 'remove' and isinstance(value, list):
            value[key] = draw(VALUES)
        elif how == 'remove':
            del value[key]
        elif how == 'rename':
            value[key[:-1] + draw(st.sampled_from(['', 'x', ' ', ':2']))] = value.pop(key)
        else:
            value[draw(st.text(max_size=5))] = draw(VALUES)
        return


@st.composite
def entries_of(draw: Callable, form: Form[Any]) -> Any:
    """Draw a specification of a transform that has the right keys, most of the time, with values of any kind."""
    names = [item.name for item in fields(form.entry_type)]
    odd = st.sampled_from(ODD_TEXTS) | VALUES
    if form.shape is Shape.NAMES:
        return draw(st.lists(odd, max_size=3))
    if form.shape is Shape.VALUES:
        return draw(st.dictionaries(st.sampled_from(ODD_TEXTS), odd, max_size=3))
    texts = st.sampled_from(ODD_TEXTS) | st.lists(st.sampled_from(ODD_TEXTS), max_size=3) | odd
    kept = draw(st.sets(st.sampled_from(names), min_size=len(names) // 2))
    return draw(st.lists(st.fixed_dictionaries(dict.fromkeys(sorted(kept), texts)), min_size=1, max_size=2))


@st.composite
def damaged_texts(draw: Callable, text: str) -> bytes:
    """Draw the bytes of a text that was cut, doubled, mixed up, or saved in an encoding of one editor or another."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    middle = draw(st.sampled_from([
        '', '"', "'", ',', ',,', '\\', '{', '}', '[' * 3000, '//', '/*', '\x00', '\ufeff', '\r', '\n\n', '\t', ';',
        '1e999', 'NaN', '-Infinity', '9' * 5000, '\\ud800', text[start:end] * 2]))
    damaged = draw(st.sampled_from([text[:start] + middle + text[end:], text[:start], text[start:]]))
    encoding = draw(st.sampled_from(['utf-8', 'utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32', 'cp1252']))
    return damaged.encode(encoding, errors='replace')
