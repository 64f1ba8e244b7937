"""The forms of all transforms that come with the lake, by name."""
from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lake_etl.config.entries import (
    dataprotection, lookups, misc, premium, stringmanipulation, structureddata, typeconversion)
from lake_etl.config.form import Form

# The forms of the transforms in each of the lake's modules.
MODULES: Mapping[str, ModuleType] = {
    'datatransform_typeconversion': typeconversion, 'datatransform_stringmanipulation': stringmanipulation,
    'datatransform_dataprotection': dataprotection, 'datatransform_premium': premium,
    'datatransform_structureddata': structureddata, 'datatransform_lookup': lookups, 'datatransform_misc': misc}
ALIASES = {'json': 'jsonstructured', 'xml': 'xmlstructured'}


def known_forms() -> Mapping[str, Form[Any]]:
    """Return the forms by name; an alias has the form of the transform that it stands for."""
    forms = {form.name: form for module in MODULES for form in forms_of_module(module)}
    return forms | {alias: forms[name] for alias, name in ALIASES.items()}


def forms_of_module(name: str) -> list[Form[Any]]:
    """Return the forms of the transforms in one of the lake's modules, in their order there."""
    return [form for form in vars(MODULES[name]).values() if isinstance(form, Form)]
