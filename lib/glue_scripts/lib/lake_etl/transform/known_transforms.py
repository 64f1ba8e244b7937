"""The transforms that a specification may name, found without Spark as long as all of them come with the lake."""
from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lake_etl
from lake_etl.config.entries.known import MODULES, known_forms

OWN_MODULES = frozenset({
    'custom_mapping', 'datalineage', 'dataquality_check', 'dataquery', 'glue_catalog_helpers', 'lake_etl', *MODULES})


def known_transforms() -> Mapping[str, Any]:
    """Return a registry for checking specifications: transforms by name.

    Modules that users put beside those of the lake have to be imported, and they bring Spark in with them.
    """
    folder = str(Path(lake_etl.__file__).parent.parent)
    if {module.name for module in pkgutil.iter_modules([folder])} <= OWN_MODULES:
        return known_forms()
    from lake_etl.transform.discovery import all_transforms
    return all_transforms()
