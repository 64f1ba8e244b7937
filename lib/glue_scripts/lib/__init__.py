"""Makes the shared modules importable by their long names too; inside they import each other flat, as on AWS Glue."""
import sys
from pathlib import Path

_FOLDER = str(Path(__file__).parent)
if _FOLDER not in sys.path:
    sys.path.append(_FOLDER)
