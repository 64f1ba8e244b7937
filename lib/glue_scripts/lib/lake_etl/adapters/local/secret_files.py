"""Reads secrets from files, and from the environment of the process."""
from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lake_etl.errors import LakeError

ENVIRONMENT = 'env://'


def read_secret(address: str, named_by: str) -> bytes:
    """Return the file at `file:///path`, or the variable `env://NAME`.

    named_by  what names the secret, to correct if the name is wrong

    Raises LakeError naming the file or variable if it is missing, unreadable or blank.
    """
    if address.startswith(ENVIRONMENT):
        source, content = _variable(address.removeprefix(ENVIRONMENT), named_by)
    else:
        source, content = _file(Path(unquote(urlsplit(address).path)), named_by)
    if not content.strip():
        raise LakeError(f'{source} is empty. Put the secret into it.')
    return content


def _variable(name: str, named_by: str) -> tuple[str, bytes]:
    source, content = f"Environment variable '{name}'", os.environb.get(name.encode())
    if content is None:
        raise LakeError(f'{source} cannot be read: it is not set. Set it, or correct {named_by}.')
    return source, content


def _file(file: Path, named_by: str) -> tuple[str, bytes]:
    source = f"Secret file '{file}'"
    try:
        return source, file.read_bytes()
    except OSError as error:
        raise LakeError(f'{source} cannot be read: {error.strerror}. Create it, or correct {named_by}.') from error
