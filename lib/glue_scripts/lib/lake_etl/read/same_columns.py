"""Makes sure that the files of one load have the same columns."""
from __future__ import annotations

from collections.abc import Sequence

from lake_etl.errors import DataError


def require_same_columns(found: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    """Raise DataError unless all files, given as name and columns, have the columns of the first one in its order."""
    first_name, first = found[0]
    for name, columns in found[1:]:
        if columns != first:
            raise DataError(
                f'{name} has the columns {", ".join(columns)}, but {first_name} has {", ".join(first)}. Files of one '
                'load need the same columns in the same order; nothing was loaded. Correct the files and land them '
                'again, the trigger file last.')
