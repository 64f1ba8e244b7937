"""Makes `awsglue` importable: the real library where it is installed, the stand-in where it is not."""
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

STAND_IN = Path(__file__).parent / 'awsglue_stand_in'


def ensure_glue_library() -> bool:
    """Put the stand-in on the import path when AWS Glue's own library is absent; return whether it was needed."""
    if str(STAND_IN) in sys.path:
        return True
    if importlib.util.find_spec('awsglue') is not None:
        return False
    sys.path.append(str(STAND_IN))
    return True
