"""Finds transforms by name: those of the lake, and those in users' modules next to `lake_etl`."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import lake_etl
from lake_etl.config.entries.known import MODULES, known_forms

if TYPE_CHECKING:
    from lake_etl.transform.registry import AnyTransform

OWN_MODULES = frozenset({
    'custom_mapping', 'datalineage', 'dataquality_check', 'dataquery', 'glue_catalog_helpers', 'lake_etl', *MODULES})


def known_transforms() -> Mapping[str, Any]:
    """Return what a check of specifications needs to know of each transform, by name.

    Loads Spark only when users have added modules of their own, because these must be imported.
    """
    if {module.name for module in _shared_modules()} <= OWN_MODULES:
        return known_forms()
    return all_transforms()


@cache
def all_transforms() -> Mapping[str, AnyTransform]:
    """Return the transforms by name, imported from the modules next to this package."""
    from lake_etl.transform.registry import REGISTRY
    modules = [importlib.import_module(name) for name in sorted(
        module.name for module in _shared_modules() if not module.ispkg)]
    return {**REGISTRY, **transforms_in(modules)}


def transforms_in(modules: Iterable[ModuleType]) -> dict[str, AnyTransform]:
    """Return the transforms in modules by name.

    A plain function `transform_<name>(df, spec, args, lineage, sc)` counts and overrides a transform of the lake with
    the same name. Functions that a module imports from Spark, such as `transform_keys`, do not count.
    """
    from lake_etl.transform.registry import PREFIX, Transform, UserTransform
    declared: dict[str, AnyTransform] = {}
    plain: dict[str, AnyTransform] = {}
    for module in modules:
        for attribute, value in vars(module).items():
            name = attribute.removeprefix(PREFIX)
            if name == attribute or not callable(value):
                continue
            if isinstance(value, (Transform, UserTransform)):
                declared[name] = value
            elif not str(getattr(value, '__module__', '')).startswith('pyspark.'):
                plain[name] = UserTransform(name, value)
    return {**declared, **plain}


def _shared_modules() -> list[pkgutil.ModuleInfo]:
    """Return the modules next to this package, in a folder or in a zip file."""
    return list(pkgutil.iter_modules([str(Path(lake_etl.__file__).parent.parent)]))
