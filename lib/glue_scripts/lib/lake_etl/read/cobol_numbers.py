"""Decodes columns of COBOL numbers with numpy: zoned, packed and binary decimals exactly, and floats of IBM and IEEE.

Each decoder takes a field of many records as a matrix of bytes, one row for each record. It returns the numbers, where
there is none, and where the bytes are not a number. A field of blanks, or of low or high values, is null.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lake_etl.cobol.record_nodes import RecordField
from lake_etl.read.cobol_decimals import (
    CHUNK, CHUNK_DIGITS, Mask, arrow_decimal, decimal_array, number_words, signed_words, with_zeros)

Bytes = NDArray[np.uint8]
INT64_DIGITS = 18
INVALID = 255
LOW_VALUE, HIGH_VALUE = 0x00, 0xff
POWERS = np.array([10 ** exponent for exponent in range(INT64_DIGITS + 1)], dtype=np.int64)


@dataclass(frozen=True)
class ZonedCode:
    """The bytes of zoned decimals in a family of encodings.

    zero     of the digit 0; the other digits follow it
    blank    of a blank
    plus, minus   of a separate sign
    """

    zero: int
    blank: int
    plus: int
    minus: int


EBCDIC, ASCII = ZonedCode(0xf0, 0x40, 0x4e, 0x60), ZonedCode(0x30, 0x20, 0x2b, 0x2d)


@dataclass
class Numbers:
    """Numbers of a field: the values without sign in chunks of nine digits, the highest first.

    chunks    arrays of values below 10 ** 9; up to 18 digits may be one array
    negative  where the sign is minus
    null      where the field holds no number
    wrong     where its bytes are not a number
    """

    chunks: list[NDArray[np.int64]]
    negative: Mask | None
    null: Mask
    wrong: Mask


def decode_number(field: RecordField, content: Bytes, code: ZonedCode, ieee: bool) -> tuple[pa.Array, Mask]:
    """Return the column of a number field, and where its bytes are not a number of the field's picture.

    content  the bytes of the field, one row for each record
    ieee     whether floats are those of IEEE 754 instead of IBM's hexadecimal ones
    """
    if field.storage == 'float':
        return _floats(field, content, ieee)
    if field.storage == 'zoned':
        numbers = _zoned(field, content, code)
    elif field.storage == 'binary':
        return _binary(field, content)
    else:
        numbers = _packed(field, content)
    return _array(field, numbers)


@cache
def _sign_tables(ebcdic: bool) -> tuple[Bytes, Mask]:
    """Return for each byte the digit of an overpunched position, INVALID if it is none, and whether it is negative."""
    digits = np.full(256, INVALID, dtype=np.uint8)
    negative = np.zeros(256, dtype=bool)
    for digit in range(10):
        if ebcdic:
            positive_bytes = [zone << 4 | digit for zone in (0xc, 0xf)]
            negative_bytes = [0xd0 | digit]
        else:
            positive_bytes = [ord('0') + digit, ord('{ABCDEFGHI'[digit])]
            negative_bytes = [ord('}JKLMNOPQR'[digit]), ord('p') + digit]
        digits[positive_bytes + negative_bytes] = digit
        negative[negative_bytes] = True
    return digits, negative


def _zoned(field: RecordField, content: Bytes, code: ZonedCode) -> Numbers:
    null = _blank_rows(content, code.blank)
    wrong = np.zeros(len(content), dtype=bool)
    negative = None
    place = 0 if field.leading else content.shape[1] - 1
    digits = content - np.uint8(code.zero)
    if field.separate:
        sign = content[:, place]
        negative = sign == code.minus
        wrong |= ~negative & (sign != code.plus) & (sign != code.blank)
        digits = np.delete(digits, place, axis=1)
        unsigned = np.delete(content, place, axis=1)
    else:
        table, below_zero = _sign_tables(code is EBCDIC)
        digits[:, place] = table[content[:, place]]
        negative = below_zero[content[:, place]]
        unsigned = content
    if (digits > 9).any():
        # Blanks in front of the digits are zeros, as programs that edit numbers leave them.
        blanks = np.logical_and.accumulate(unsigned == code.blank, axis=1)
        digits[blanks] = 0
        wrong |= (digits > 9).any(axis=1)
        digits[digits > 9] = 0
    return Numbers(_from_digits(digits), negative, null, wrong & ~null)


def _from_digits(digits: Bytes) -> list[NDArray[np.int64]]:
    """Return numbers from a matrix of their digits, in chunks."""
    width = digits.shape[1]
    size = width if width <= INT64_DIGITS else CHUNK_DIGITS
    first = width % size or size
    ends = [first, *range(first + size, width + 1, size)]
    return [_horner(digits[:, max(0, end - size):end] if end > first else digits[:, :first], 10) for end in ends]


def _horner(digits: Bytes, base: int) -> NDArray[np.int64]:
    """Return numbers from a matrix of digits of a base, which is faster in 32 bits where these suffice."""
    kind: type[np.signedinteger[Any]] = np.int32 if base ** digits.shape[1] <= CHUNK else np.int64
    value: NDArray[Any] = digits[:, 0].astype(kind)
    for column in range(1, digits.shape[1]):
        np.multiply(value, base, out=value)
        np.add(value, digits[:, column], out=value)
    return value.astype(np.int64, copy=False)


@cache
def _pair_table() -> Bytes:
    """Return for each byte the number of its two digits; INVALID if they are not digits."""
    high, low = np.divmod(np.arange(256), 16)
    return np.where((high <= 9) & (low <= 9), high * 10 + low, INVALID).astype(np.uint8)


def _packed(field: RecordField, content: Bytes) -> Numbers:
    null = _blank_rows(content, EBCDIC.blank)
    if field.storage == 'unsigned packed':
        pairs, negative = _pair_table()[content], None
        wrong = (pairs > 99).any(axis=1)
        pairs[wrong] = 0
        return Numbers(_from_pairs(pairs, None), negative, null, (wrong | _exceeds(field, pairs)) & ~null)
    last = content[:, -1]
    sign, digit = last & 0x0f, last >> 4
    pairs = _pair_table()[content[:, :-1]]
    wrong = (pairs > 99).any(axis=1) | (sign < 10) | (digit > 9)
    if wrong.any():
        pairs[wrong] = 0
        digit = np.where(wrong, 0, digit)
    negative = (sign == 0xd) | (sign == 0xb)
    return Numbers(_from_pairs(pairs, digit), negative, null, (wrong | _exceeds(field, pairs)) & ~null)


def _exceeds(field: RecordField, pairs: Bytes) -> Mask:
    """Tell where the half byte in front of the digits, which an even number of them leaves, is not zero."""
    stored = field.digits - field.zeros - max(0, field.scale - field.digits)
    spare = pairs.shape[1] * 2 + (field.storage == 'packed') - stored
    return pairs[:, 0] > 9 if spare == 1 and pairs.shape[1] else np.zeros(len(pairs), dtype=bool)


def _from_pairs(pairs: Bytes, last: NDArray[Any] | None) -> list[NDArray[np.int64]]:
    """Return numbers from a matrix of pairs of digits, and the digit behind them."""
    width = pairs.shape[1] * 2 + (last is not None)
    if width <= INT64_DIGITS:
        value = _horner(pairs, 100) if pairs.shape[1] else np.zeros(len(pairs), dtype=np.int64)
        return [value if last is None else value * 10 + last]
    digits = np.empty((len(pairs), width), dtype=np.uint8)
    end = pairs.shape[1] * 2
    digits[:, 0:end:2], digits[:, 1:end:2] = np.divmod(pairs, 10)
    if last is not None:
        digits[:, -1] = last
    return _from_digits(digits)


def _blank_rows(content: Bytes, blank: int) -> Mask:
    """Tell which rows hold nothing but blanks, low values or high values."""
    first = content[:, 0]
    candidates: Mask = (first == blank) | (first == LOW_VALUE) | (first == HIGH_VALUE)
    if candidates.any():
        candidates &= (content == first[:, None]).all(axis=1)
    return candidates


def _array(field: RecordField, numbers: Numbers) -> tuple[pa.Array, Mask]:
    """Return a column in the field's type from its numbers."""
    wrong = numbers.wrong
    if numbers.negative is not None and not field.signed:
        below = numbers.negative & np.logical_or.reduce([chunk != 0 for chunk in numbers.chunks])
        wrong = wrong | (below & ~numbers.null)
    null = numbers.null | wrong
    negative = numbers.negative if field.signed else None
    chunks = numbers.chunks
    if len(chunks) > 1 and not field.type.startswith('decimal'):
        # The half byte in front of an even number of digits is zero, or else the number is wrong.
        chunks = [chunks[-2] * CHUNK + chunks[-1]]
    if len(chunks) == 1:
        value = chunks[0] if negative is None else np.where(negative, -chunks[0], chunks[0])
        if not field.zeros or field.digits <= INT64_DIGITS:
            return _from_int64(field, value * POWERS[field.zeros] if field.zeros else value, null), wrong
        chunks = [chunks[0] // CHUNK, chunks[0] % CHUNK]
    words = number_words(with_zeros(chunks, field.zeros))
    return decimal_array(field.type, signed_words(words, negative), null), wrong


def _from_int64(field: RecordField, value: NDArray[np.int64], null: Mask) -> pa.Array:
    if field.type == 'int':
        return pa.array(value.astype(np.int32), mask=null)
    if field.type == 'bigint':
        return pa.array(value, mask=null)
    words = np.empty((len(value), 2), dtype=np.int64)
    words[:, 0] = value
    words[:, 1] = value >> 63
    return decimal_array(field.type, words.view(np.uint64), null)


def _binary(field: RecordField, content: Bytes) -> tuple[pa.Array, Mask]:
    order = '<' if field.little else '>'
    kind = np.dtype(f'{order}{"i" if field.signed else "u"}{field.size}')
    raw = np.ascontiguousarray(content).view(kind)[:, 0]
    none = np.zeros(len(raw), dtype=bool)
    if kind.kind == 'u' and field.size == 8:
        if field.type.startswith('decimal') and field.digits > INT64_DIGITS and not field.zeros:
            words = np.zeros((len(raw), 2), dtype=np.uint64)
            words[:, 0] = raw
            return decimal_array(field.type, words, none), none
        wrong = raw > np.uint64(2 ** 63 - 1)
    else:
        wrong = none
    value = raw.astype(np.int64)
    limit = _limit(field)
    if limit is not None:
        wrong = wrong | (value > limit) | (value < -limit)
        value = np.where(wrong, 0, value)
    if field.zeros and field.digits > INT64_DIGITS:
        absolute = np.abs(value)
        chunks = [absolute // CHUNK // CHUNK, absolute // CHUNK % CHUNK, absolute % CHUNK]
        words = number_words(with_zeros(chunks, field.zeros))
        return decimal_array(field.type, signed_words(words, value < 0), wrong), wrong
    return _from_int64(field, value * POWERS[field.zeros] if field.zeros else value, wrong), wrong


def _limit(field: RecordField) -> int | None:
    """Return the largest value of a binary number that its column can hold; None if that is every value."""
    if field.type in ('int', 'bigint'):
        largest = 2 ** 31 - 1 if field.type == 'int' else 2 ** 63 - 1
    else:
        largest = 10 ** arrow_decimal(field.type).precision - 1
    limit = largest // 10 ** field.zeros
    return limit if limit < 2 ** 63 - 1 else None


def _floats(field: RecordField, content: Bytes, ieee: bool) -> tuple[pa.Array, Mask]:
    if ieee:
        kind = np.dtype(f'{"<" if field.little else ">"}f{field.size}')
        value = np.ascontiguousarray(content).view(kind)[:, 0].astype(np.float64)
        wrong = np.zeros(len(value), dtype=bool)
    else:
        value = _ibm_floats(content)
        wrong = (np.abs(value) > np.finfo(np.float32).max) if field.size == 4 else np.zeros(len(value), dtype=bool)
    typed = np.where(wrong, 0, value).astype(np.float32) if field.size == 4 else value
    return pa.array(typed, mask=wrong), wrong


def _ibm_floats(content: Bytes) -> NDArray[np.float64]:
    """Return IBM's hexadecimal floats, rounded to the nearest double: sign, exponent of 16 plus 64, fraction."""
    size = content.shape[1]
    raw = np.ascontiguousarray(content).view(np.dtype(f'>u{size}'))[:, 0].astype(np.uint64)
    bits = np.uint64(8 * size - 8)
    fraction = (raw & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.float64)
    exponent = (content[:, 0] & 0x7f).astype(np.int32)
    value = np.ldexp(fraction, 4 * (exponent - 64) - int(bits))
    return np.where(content[:, 0] & 0x80, -value, value)
