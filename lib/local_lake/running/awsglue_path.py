"""Makes `awsglue` importable by a stand-in that needs neither AWS Glue's Java library nor a certain Python."""
from __future__ import annotations

import sys
from pathlib import Path

STAND_IN = Path(__file__).parents[1] / 'awsglue_stand_in'


def ensure_glue_library() -> None:
    """Put the stand-in first on the import path, unless this process has imported an `awsglue` already.

    First, because the Python half of AWS Glue's library may be installed for an editor: alone it starts no job.
    """
    if 'awsglue' not in sys.modules and str(STAND_IN) not in sys.path:
        sys.path.insert(0, str(STAND_IN))
