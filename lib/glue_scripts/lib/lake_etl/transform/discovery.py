"""Finds every transform: those of the lake, and those in modules that users put beside them."""
from __future__ import annotations

import importlib
import importlib.util
import logging
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pyspark.sql import DataFrame

import lake_etl
from lake_etl.errors import LakeError
from lake_etl.reasons.failure import reason_of
from lake_etl.transform.known_transforms import OWN_MODULES
from lake_etl.transform.registry import PREFIX, REGISTRY, AnyTransform, Transform, UnusableTransform, UserTransform

LOG = logging.getLogger(__name__)
DEFINED = re.compile(rf'^(?:def )?{PREFIX}(\w+)\s*[(=]', re.MULTILINE)


@cache
def all_transforms() -> Mapping[str, AnyTransform]:
    """Return the transforms by name, imported from the modules beside this package.

    A user's module that cannot be imported is logged with the reason and disables only its own transforms.
    """
    unusable: dict[str, AnyTransform] = {}
    usable = transforms_of(_modules_beside_package(unusable))
    return {**REGISTRY, **usable, **unusable}


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


def _modules_beside_package(unusable: dict[str, AnyTransform]) -> Iterator[ModuleType]:
    """Yield the shared modules; of users' modules that cannot be imported, note the transforms in `unusable`.

    Works in a folder and in a zip file alike.
    """
    folder = str(Path(lake_etl.__file__).parent.parent)
    for name in sorted(module.name for module in pkgutil.iter_modules([folder]) if not module.ispkg):
        try:
            yield importlib.import_module(name)
        except (Exception, SystemExit) as error:
            if name in OWN_MODULES:
                raise
            unusable |= _unusable(name, error)


def _unusable(module: str, error: BaseException) -> dict[str, AnyTransform]:
    """Return what stands for the transforms of a module that cannot be imported, and log the reason."""
    reason = f'{module}.py was not imported. {_import_reason(error)}'
    found = importlib.util.find_spec(module)
    get_source = getattr(found.loader, 'get_source', None) if found else None
    try:
        source = str(get_source(module)) if get_source else ''
    except (ImportError, OSError, SyntaxError, UnicodeDecodeError):
        source = ''
    names = DEFINED.findall(source)
    LOG.warning('%s Its transforms cannot be used: %s.', reason, ', '.join(names) or 'none were found in it')

    def refuse(*args: Any, **kwargs: Any) -> DataFrame:
        raise LakeError(reason)
    return {name: UnusableTransform(name, refuse, reason) for name in names}


def _import_reason(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (f"It imports '{error.name}', which is not installed here; add a package to requirements-glue.txt, or "
                'move the transforms that do without it into a module of their own.')
    return reason_of(error)
