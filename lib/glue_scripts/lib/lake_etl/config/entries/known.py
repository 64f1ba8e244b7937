"""The forms of all transforms that come with the lake, by name."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lake_etl.config.entries import (
    dataprotection, lookups, misc, premium, stringmanipulation, structureddata, typeconversion)
from lake_etl.config.form import Form

MODULES = (typeconversion, stringmanipulation, dataprotection, premium, structureddata, lookups, misc)
ALIASES = {'json': 'jsonstructured', 'xml': 'xmlstructured'}


def known_forms() -> Mapping[str, Form[Any]]:
    """Return the forms by name; an alias has the form of the transform that it stands for."""
    forms = {form.name: form for module in MODULES for form in vars(module).values() if isinstance(form, Form)}
    return forms | {alias: forms[name] for alias, name in ALIASES.items()}
