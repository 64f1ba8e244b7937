"""Chooses, among the forms that a function has, the one that Athena takes for given arguments."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lake_etl.adapters.local.athena.athena_types import Type, common_type, converts
from lake_etl.errors import QueryError

FORM = re.compile(r'(\w+)\((.*)\) -> (.+)')


@dataclass(frozen=True)
class Pattern:
    """A type in a signature; a single capital letter as name stands for any type."""

    name: str
    parts: tuple[Pattern, ...] = ()


@dataclass(frozen=True)
class FunctionForm:
    """One form of a function: what it takes, what it returns, and how it is written for DuckDB.

    returns  a pattern, or a function of the arguments' types
    sql      a template with {0}, {1} … for the arguments, or None
    body     a Python function of the arguments' values, or None
    """

    name: str
    parameters: tuple[Pattern, ...]
    returns: Pattern | Callable[[Sequence[Type]], Type]
    sql: str | None = None
    body: Callable[..., Any] | None = None
    is_variadic: bool = False
    takes_null: bool = False
    changes: bool = False


def sql_form(signature: str, template: str, returns: Callable[[Sequence[Type]], Type] | None = None) -> FunctionForm:
    """Return a form that is written as an expression of DuckDB."""
    name, parameters, result, variadic = _parsed(signature)
    return FunctionForm(name, parameters, returns or result, sql=template, is_variadic=variadic)


def python_form(signature: str, body: Callable[..., Any], returns: Callable[[Sequence[Type]], Type] | None = None, *,
                takes_null: bool = False, changes: bool = False) -> FunctionForm:
    """Return a form that a Python function answers; parameters of type X? take null."""
    name, parameters, result, variadic = _parsed(signature)
    return FunctionForm(name, parameters, returns or result, body=body, is_variadic=variadic, takes_null=takes_null,
                        changes=changes)


def choose(name: str, forms: Iterable[FunctionForm],
           arguments: Sequence[Type]) -> tuple[FunctionForm, tuple[Type, ...], Type]:
    """Return the form for the arguments, the types that they are converted to, and the type of the result.

    A form whose parameters have just the types of the arguments comes first, otherwise the first of those that the
    arguments convert to. Raises QueryError when there is none.
    """
    forms = tuple(forms)
    for exact in (True, False):
        found = [(form, bound) for form in forms if (bound := _bound(form, arguments, exact)) is not None]
        if len(found) > 1 and any(kind.name == 'unknown' for kind in arguments):
            raise QueryError(f'The form of {name} is open when an argument is NULL. Write CAST(NULL AS type).')
        if found:
            form, (goals, result) = found[0]
            return form, goals, result
    given = ', '.join(map(str, arguments))
    raise QueryError(f'The function {name} does not take ({given}) on the laptop, or in Athena at all. Convert the '
                     'arguments, or run the query on Athena.')


def _bound(form: FunctionForm, arguments: Sequence[Type], exact: bool) -> tuple[tuple[Type, ...], Type] | None:
    parameters = form.parameters
    if form.is_variadic and len(arguments) >= len(parameters):
        parameters = (*parameters, *[parameters[-1]] * (len(arguments) - len(parameters)))
    if len(parameters) != len(arguments):
        return None
    letters: dict[str, Type] = {}
    if not all(_bind(pattern, kind, letters, exact) for pattern, kind in zip(parameters, arguments, strict=True)):
        return None
    goals = tuple(_filled(pattern, letters, kind) for pattern, kind in zip(parameters, arguments, strict=True))
    if callable(form.returns):
        return goals, form.returns(goals)
    return goals, _filled(form.returns, letters, goals[0] if goals else None)


def _bind(pattern: Pattern, kind: Type, letters: dict[str, Type], exact: bool) -> bool:
    """Tell whether a value of the type can be given for the pattern; note what its letters stand for."""
    if len(pattern.name) == 1:
        known = letters.get(pattern.name)
        common = kind if known is None else common_type(known, kind)
        if common is None or (exact and known is not None and known != kind):
            return False
        letters[pattern.name] = common
        return True
    if kind.name == 'unknown':
        return not exact
    if pattern.parts:
        return (kind.name == pattern.name and len(kind.parts) == len(pattern.parts)
                and all(_bind(part, inner, letters, exact)
                        for part, inner in zip(pattern.parts, kind.parts, strict=True)))
    if kind.name == pattern.name:
        return True
    return not exact and converts(kind, _open_type(pattern.name, kind))


def _filled(pattern: Pattern, letters: dict[str, Type], kind: Type | None) -> Type:
    """Return the type that the pattern stands for, with the arguments of the given type where they are open."""
    if len(pattern.name) == 1:
        if pattern.name not in letters:
            raise QueryError('The type of a NULL argument is open. Write CAST(NULL AS type).')
        return letters[pattern.name]
    if pattern.parts:
        inner = kind.parts if kind is not None and len(kind.parts) == len(pattern.parts) else (None,
                                                                                               ) * len(pattern.parts)
        labels = (None,) * len(pattern.parts) if pattern.name == 'row' else ()
        return Type(pattern.name, parts=tuple(_filled(part, letters, each)
                                              for part, each in zip(pattern.parts, inner, strict=True)), labels=labels)
    if kind is not None and kind.name == pattern.name:
        return Type('varchar') if kind.name == 'varchar' else kind
    return _open_type(pattern.name, kind)


def _open_type(name: str, kind: Type | None) -> Type:
    """Return the type of that name which a value of the given type would be converted to."""
    if name == 'decimal':
        from lake_etl.adapters.local.athena.athena_types import INTEGERS, as_decimal
        return as_decimal(kind) if kind is not None and kind.name in INTEGERS else Type(name, (38, 0))
    if name in ('timestamp', 'timestamp with time zone', 'time'):
        return Type(name, kind.arguments if kind is not None and kind.name in ('timestamp', 'time') else (3,))
    return Type(name)


@lru_cache(maxsize=None)
def _parsed(signature: str) -> tuple[str, tuple[Pattern, ...], Pattern, bool]:
    found = FORM.fullmatch(signature)
    assert found, signature
    inside = found[2].removesuffix('...')
    parameters = tuple(_pattern(part) for part in _split(inside)) if inside else ()
    return found[1], parameters, _pattern(found[3]), found[2].endswith('...')


def _pattern(text: str) -> Pattern:
    name, bracket, inside = text.strip().partition('(')
    if not bracket or name not in ('array', 'map', 'row'):
        return Pattern(text.strip())
    return Pattern(name, tuple(_pattern(part) for part in _split(inside.removesuffix(')'))))


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == '(') - (letter == ')')
        if letter == ',' and not depth:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def by_name(forms: Iterable[FunctionForm]) -> Mapping[str, tuple[FunctionForm, ...]]:
    """Group forms by the name of their function."""
    found: dict[str, list[FunctionForm]] = {}
    for form in forms:
        found.setdefault(form.name, []).append(form)
    return {name: tuple(items) for name, items in found.items()}
