"""Opens a workbook in a process of its own first, since a damaged one can end the process that opens it.

The library lays out all cells between the first and the last one of a sheet. A cell in the far corner, by damage or by
mistake, asks for more memory than there is, and then its process dies without an error that could be caught.
"""
from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence

LARGEST = 4 * 1024 ** 3
OUT_OF_MEMORY = 3


def can_be_opened(content: bytes, sheets: Sequence[str]) -> bool:
    """Tell whether a process with LARGEST bytes of memory survives the sheet; other errors the caller meets again."""
    trial = subprocess.run([sys.executable, '-m', __name__, json.dumps(sheets)], input=content, check=False,
                           capture_output=True, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    return trial.returncode >= 0 and trial.returncode != OUT_OF_MEMORY


def main() -> None:
    """Open the workbook that comes in, and its sheet; end with OUT_OF_MEMORY where they are too large."""
    import python_calamine

    from lake_etl.read.workbook import chosen_sheet
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        name = chosen_sheet(workbook.sheet_names, json.loads(sys.argv[1]))
        if name is not None:
            workbook.get_sheet_by_name(name)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


if __name__ == '__main__':
    main()
