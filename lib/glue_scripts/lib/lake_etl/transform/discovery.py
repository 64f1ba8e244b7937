"""Finds every transform: those of the lake, and those in modules that users put beside them."""
from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import lake_etl
from lake_etl.transform.registry import PREFIX, REGISTRY, AnyTransform, Transform, UserTransform

LOG = logging.getLogger(__name__)


@cache
def all_transforms() -> Mapping[str, AnyTransform]:
    """Return the transforms by name, imported from the modules that lie beside this package.

    A plain function `transform_<name>(df, spec, args, lineage, sc)` of such a module counts; it wins over a transform
    of the lake with the same name.
    """
    found: dict[str, AnyTransform] = {}
    for module in _modules_beside_package():
        for attribute, value in vars(module).items():
            if attribute.startswith(PREFIX) and callable(value):
                name = attribute.removeprefix(PREFIX)
                found[name] = value if isinstance(value, (Transform, UserTransform)) else UserTransform(name, value)
    return {**REGISTRY, **found}


def _modules_beside_package() -> list[ModuleType]:
    """Import the shared modules; works in a folder and in a zip file alike."""
    folder = str(Path(lake_etl.__file__).parent.parent)
    names = sorted(module.name for module in pkgutil.iter_modules([folder]) if not module.ispkg)
    return [importlib.import_module(name) for name in names]
