"""Finds transforms by name: those of the lake, and those in users' modules next to `lake_etl`."""
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
from typing import TYPE_CHECKING, Any, NoReturn

import lake_etl
from lake_etl.config.entries.known import MODULES, known_forms
from lake_etl.errors import LakeError
from lake_etl.reasons.failure import reason_of

if TYPE_CHECKING:
    from lake_etl.transform.registry import AnyTransform

LOG = logging.getLogger(__name__)
OWN_MODULES = frozenset({
    'custom_mapping', 'datalineage', 'dataquality_check', 'dataquery', 'glue_catalog_helpers', 'lake_etl', *MODULES})
DEFINED = re.compile(r'^(?:def )?transform_(\w+)\s*[(=]', re.MULTILINE)


def known_transforms() -> Mapping[str, Any]:
    """Return what a check of specifications needs to know of each transform, by name.

    Loads Spark only when users have added modules of their own, because these must be imported.
    """
    if {module.name for module in _shared_modules()} <= OWN_MODULES:
        return known_forms()
    return all_transforms()


@cache
def all_transforms() -> Mapping[str, AnyTransform]:
    """Return the transforms by name, imported from the modules next to this package.

    A user's module that cannot be imported is logged with the reason and disables only its own transforms.
    """
    from lake_etl.transform.registry import REGISTRY
    unusable: dict[str, AnyTransform] = {}
    usable = transforms_in(_imported_modules(unusable))
    return {**REGISTRY, **usable, **unusable}


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


def _imported_modules(unusable: dict[str, AnyTransform]) -> Iterator[ModuleType]:
    """Yield the shared modules; add the transforms of users' modules that cannot be imported to `unusable`."""
    for name in sorted(module.name for module in _shared_modules() if not module.ispkg):
        try:
            yield importlib.import_module(name)
        except (Exception, SystemExit) as error:
            if name in OWN_MODULES:
                raise
            unusable |= _unusable(name, error)


def _unusable(module: str, error: BaseException) -> dict[str, AnyTransform]:
    """Return stand-ins for the transforms of a module that cannot be imported, and log the reason."""
    from lake_etl.transform.registry import UnusableTransform
    reason = f'{module}.py was not imported. {_import_reason(error)}'
    names = DEFINED.findall(_source(module))
    LOG.warning('%s Its transforms cannot be used: %s.', reason, ', '.join(names) or 'none were found in it')

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise LakeError(reason)
    return {name: UnusableTransform(name, refuse, reason) for name in names}


def _source(module: str) -> str:
    found = importlib.util.find_spec(module)
    get_source = getattr(found.loader, 'get_source', None) if found else None
    try:
        return str(get_source(module)) if get_source else ''
    except (ImportError, OSError, SyntaxError, UnicodeDecodeError):
        return ''


def _import_reason(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (f"It imports '{error.name}', which is not installed here. Add the package to requirements/glue.in, or "
                'move the transforms that do not need it into another module.')
    return reason_of(error)


def _shared_modules() -> list[pkgutil.ModuleInfo]:
    """Return the modules next to this package, in a folder or in a zip file."""
    return list(pkgutil.iter_modules([str(Path(lake_etl.__file__).parent.parent)]))
