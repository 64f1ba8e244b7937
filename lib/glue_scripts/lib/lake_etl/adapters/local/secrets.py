"""Reads secrets from files that only their owner may read."""
from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lake_etl.errors import LakeError


def read_secret(address: str) -> bytes:
    """Return the content of the file at `file:///path` without white space at its ends.

    Raises LakeError naming the file when it is missing, unreadable or empty.
    """
    file = Path(unquote(urlsplit(address).path))
    try:
        content = file.read_bytes().strip()
    except OSError as error:
        raise LakeError(f"Secret file '{file}' cannot be read: {error.strerror}. "
                        'Create it, or correct the job argument that names it.') from error
    if not content:
        raise LakeError(f"Secret file '{file}' is empty. Put the secret into it.")
    return content
