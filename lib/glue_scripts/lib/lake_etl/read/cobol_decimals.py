"""Builds Arrow's decimals of 128 bits from chunks of nine digits, exactly and for all rows at once."""
from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
CHUNK_DIGITS = 9
CHUNK = 10 ** CHUNK_DIGITS


def with_zeros(chunks: list[NDArray[np.int64]], zeros: int) -> list[NDArray[np.int64]]:
    """Return numbers times a power of ten, which is a further chunk for each nine zeros, and a shift of digits."""
    whole, rest = divmod(zeros, CHUNK_DIGITS)
    chunks = [*chunks, *[np.zeros_like(chunks[0])] * whole]
    if not rest:
        return chunks
    upper, lower = 10 ** (CHUNK_DIGITS - rest), 10 ** rest
    shifted = [np.zeros_like(chunks[0]), *chunks, np.zeros_like(chunks[0])]
    return [shifted[index] % upper * lower + shifted[index + 1] // upper for index in range(len(shifted) - 1)]


def number_words(chunks: list[NDArray[np.int64]]) -> NDArray[np.uint64]:
    """Return the two 64-bit words of each number, the lower one first."""
    limbs = [np.zeros(len(chunks[0]), dtype=np.uint64) for _ in range(4)]
    for chunk in chunks:
        carry = chunk.astype(np.uint64)
        for index, limb in enumerate(limbs):
            total = limb * np.uint64(CHUNK) + carry
            limbs[index], carry = total & np.uint64(0xffffffff), total >> np.uint64(32)
    shift = np.uint64(32)
    return np.stack([limbs[0] | limbs[1] << shift, limbs[2] | limbs[3] << shift], axis=1)


def signed_words(words: NDArray[np.uint64], negative: Mask | None) -> NDArray[np.uint64]:
    """Return the two's complement of the numbers that are negative."""
    if negative is None or not negative.any():
        return words
    complement = ~words
    complement[:, 0] += np.uint64(1)
    complement[:, 1] += (complement[:, 0] == 0).astype(np.uint64)
    return np.where(negative[:, None], complement, words)


def arrow_decimal(kind: str) -> pa.DataType:
    """Return the type `decimal(p,s)` of Arrow."""
    precision, scale = kind.removeprefix('decimal(').rstrip(')').split(',')
    return pa.decimal128(int(precision), int(scale))


def decimal_array(kind: str, words: NDArray[np.uint64], null: Mask) -> pa.Array:
    """Return a column of the type `decimal(p,s)` from the two words of each unscaled number."""
    return pa.Array.from_buffers(arrow_decimal(kind), len(words), [
        validity(null), pa.py_buffer(np.ascontiguousarray(words))])


def validity(null: Mask) -> pa.Buffer | None:
    """Return Arrow's bitmap of the values that are not null; None if all are."""
    return pa.py_buffer(np.packbits(~null, bitorder='little')) if null.any() else None
