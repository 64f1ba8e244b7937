"""Names the locks of an execution."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def resources_of(state: Mapping[str, Any]) -> list[str]:
    """Return the names of the locks that an execution with that input may hold: its table, and its customers."""
    database, table = state.get('target_database_name'), state.get('table_name')
    if not database or not table:
        return []
    return [f'{database}/{table}'.lower(), f'{database}#entity-match'.lower()]
