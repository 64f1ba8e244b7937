"""Job arguments that a transform cannot do without."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lake_etl.errors import LakeError


def required_argument(args: Mapping[str, Any], name: str, transform: str) -> str:
    """Return the job argument as text; raises LakeError naming it and the transform when it is missing or empty."""
    value = str(args.get(name) or '')
    if not value:
        raise LakeError(f"Transform '{transform}' needs the job argument --{name}, which is not given. "
                        f'Start the job again with it.')
    return value
