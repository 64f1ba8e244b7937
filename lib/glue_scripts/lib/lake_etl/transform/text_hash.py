"""Hashes the text of a value, so that equal values stay equal and nobody reads them."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.transform.secret_value import secret_value

SECRET_ARGUMENT = 'hash_key_secret'
# The constants of RFC 2104 for SHA-256.
BLOCK_BYTES, INNER, OUTER = 64, 0x36, 0x5C


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
    inner, outer = (secret_value(_padded(key, mask)) for mask in (INNER, OUTER))
    digest = F.unhex(F.sha2(F.concat(inner, text.cast('binary')), 256))
    return F.sha2(F.concat(outer, digest), 256)


def _padded(key: bytes, mask: int) -> bytes:
    """Return the key as one block of the hash function, its bits turned by the mask."""
    block = hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key
    return bytes(byte ^ mask for byte in block.ljust(BLOCK_BYTES, b'\0'))
