"""Writes a file that appears, or replaces an older one, only as a whole; says in own words why it could not."""
from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake_etl.adapters.local.locked_folders import locked_folder
from lake_etl.errors import LakeError

# Why a file is not written, and what helps, by the number of the system's error.
FREE_DISK = 'Free some space there, or name a file on another disk'
CAUSES = {
    errno.ENOSPC: ('the disk is full', FREE_DISK),
    errno.EDQUOT: ('your share of the disk is used up', FREE_DISK),
    errno.EFBIG: ('it would be larger than a limit on the size of files permits',
                  'Raise the limit (ulimit -f), or name a file on another disk'),
    errno.EROFS: ('the disk is read-only', 'Name a file on another disk'),
    errno.EACCES: ('you may not write to the folder', 'Ask its owner for permission, or name a file in another folder'),
    errno.EPERM: ('you may not replace it', 'Ask its owner for permission, or name another file'),
    errno.EISDIR: ('there is a folder of that name', 'Name another file'),
    errno.ENAMETOOLONG: ('its name is too long', 'Give it a shorter name'),
    errno.ENOENT: ('the folder is gone', 'Make it, or name a file in another folder'),
    errno.EIO: ('the disk reports an error', 'Check the disk, or name a file on another one'),
}


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a path to write to; what is there at the end of the block takes the place of the file.

    Until then it is in a hidden folder in the folder of the file. What a killed command left of such a folder, the next
    one that writes to the same place removes. Raises LakeError if the file cannot be written; it is as it was then.
    """
    try:
        with locked_folder(file.parent, hidden=True) as folder:
            unfinished = folder / 'unfinished'
            yield unfinished
            os.replace(unfinished, file)
    except OSError as error:
        raise LakeError(not_written(file, error.errno)) from error


def not_written(file: Path, number: int | None) -> str:
    """Return the sentences on a file that could not be written, by the number of the system's error."""
    cause, remedy = CAUSES.get(number or 0, (
        f'the system does not permit it ({errno.errorcode.get(number or 0, "no reason is known")})',
        'Check the folder and its disk, or name another file'))
    return f'{file} was not written, because {cause}. {remedy}. Nothing was changed.'
