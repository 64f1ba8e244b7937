"""Hashes the text of a value, so that equal values stay equal and nobody reads them."""
from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl import runtime

SECRET_ARGUMENT = 'hash_key_secret'


def hash_key(args: Mapping[str, Any]) -> bytes | None:
    """Return the lake's key for hashes from the secret that the job argument names; None when no secret is named."""
    address = args.get(SECRET_ARGUMENT)
    return runtime.secret(str(address)) if address else None


def hashed(text: Column, key: bytes | None) -> Column:
    """Build the hash of a text column as 64 lower-case hexadecimal digits; null stays null.

    SHA-256 of the text in UTF-8, or with a key HMAC-SHA-256 (RFC 2104), which nobody without the key can guess back.
    """
    if key is None:
        return F.sha2(text, 256)
    # Native functions would show the key in the query plan, and so in the event log. A Python function's key is in
    # its pickled code alone.
    return F.udf(_keyed_hash(key), 'string', useArrow=True)(text)


def _keyed_hash(key: bytes) -> Callable[[str | None], str | None]:
    def digest(text: str | None) -> str | None:
        return None if text is None else hmac.digest(key, text.encode(), 'sha256').hex()
    return digest
