"""Tells which transforms protect personal data, and whether the steps of a workflow protect any."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from lake_etl.spec.transforms import TransformStep
from lake_etl.transform.registry import REGISTRY, AnyTransform


def protecting(transforms: Mapping[str, AnyTransform]) -> dict[str, bool]:
    """Return whether each transform protects, by its name.

    A user's own function in the place of one of the lake's that protects is taken to protect, too.
    """
    return {name: REGISTRY[name].protects if name in REGISTRY else getattr(transform, 'protects', False)
            for name, transform in transforms.items()}


def protects_anything(steps: Sequence[TransformStep], transforms: Mapping[str, AnyTransform]) -> bool:
    """Tell whether a step protects, or may: of a user's plain function nobody knows."""
    known = protecting(transforms)
    return any(step.entries is None or known.get(step.name, False) for step in steps)
