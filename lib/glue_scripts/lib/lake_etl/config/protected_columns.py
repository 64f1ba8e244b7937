"""Tells which columns the steps of a workflow protect, by the names that the steps use."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from lake_etl.config.transform_steps import TransformStep

# Stands for the columns of a step that tells none of their names.
UNNAMED = '*'


def protecting(transforms: Mapping[str, object], own: Mapping[str, object]) -> dict[str, bool]:
    """Return by name whether a transform protects personal data.

    own  transforms, or their forms, that decide in the place of those of the same name: a user's plain function in the
         place of one of the lake's that protects is taken to protect, too
    """
    return {name: bool(getattr(own.get(name, transform), 'protects', False)) for name, transform in transforms.items()}


def protected_columns(steps: Sequence[TransformStep], protecting: Mapping[str, bool]) -> dict[str, str]:
    """Return the name of the transform that protects a column, by the column's name in lower case.

    protecting  whether a transform protects, by name
    """
    found: dict[str, str] = {}
    for step in steps:
        if protecting.get(step.name, False):
            for name in _columns(step):
                found[name.lower()] = step.name
    return found


def _columns(step: TransformStep) -> list[str]:
    """Return the columns that a step writes; those that it names where it does not tell what it writes."""
    if step.entries is None:
        named = step.raw if isinstance(step.raw, (list, dict)) else ()
        return [name for name in named if isinstance(name, str)] or [UNNAMED]
    return [name for entry in step.entries for name in entry.writes() or entry.reads() or (UNNAMED,)]
