"""Finds every transform: those of the lake, and those in modules that users put beside them."""
from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import lake_etl
from lake_etl.transform.registry import PREFIX, REGISTRY, AnyTransform, Transform, UserTransform

LOG = logging.getLogger(__name__)


@cache
def all_transforms() -> Mapping[str, AnyTransform]:
    """Return the transforms by name, imported from the modules that lie beside this package."""
    return {**REGISTRY, **transforms_of(_modules_beside_package())}


def transforms_of(modules: Iterable[ModuleType]) -> dict[str, AnyTransform]:
    """Return the transforms in modules by name.

    A plain function `transform_<name>(df, spec, args, lineage, sc)` counts; it wins over a transform of the lake with
    the same name. Functions that a module imports from Spark, such as `transform_keys`, do not count.
    """
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


def _modules_beside_package() -> list[ModuleType]:
    """Import the shared modules; works in a folder and in a zip file alike."""
    folder = str(Path(lake_etl.__file__).parent.parent)
    names = sorted(module.name for module in pkgutil.iter_modules([folder]) if not module.ispkg)
    return [importlib.import_module(name) for name in names]
