"""Empties the folder into which readers put what Spark cannot read where it lies."""
from __future__ import annotations

import logging

from lake_etl import runtime
from lake_etl.errors import LakeError

LOG = logging.getLogger(__name__)
FOLDER = 'reading'


def scratch_folder(temporary_folder: str, execution: str) -> str:
    """Return the folder of one execution below the temporary folder."""
    return f'{temporary_folder}/{FOLDER}/{execution}'


def empty_scratch(folder: str) -> None:
    """Delete what readers wrote; what cannot be deleted is left with a warning, since the load itself is done."""
    files = runtime.files(folder)
    try:
        files.delete([entry.uri for entry in files.list(folder)])
    except LakeError as error:
        LOG.warning('Scratch files of the reader were left behind: %s', error)
