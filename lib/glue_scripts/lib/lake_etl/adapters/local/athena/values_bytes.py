"""Encodes, decodes and hashes bytes as Athena does."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable

PRIMES = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261)
MASK = 2 ** 64 - 1


def digest(name: str) -> Callable[[bytes], bytes]:
    """Return the function that makes a digest."""
    def hashed(data: bytes) -> bytes:
        return hashlib.new(name, data, usedforsecurity=False).digest()
    hashed.__name__ = name
    return hashed


def keyed_digest(name: str) -> Callable[[bytes, bytes], bytes]:
    """Return the function that makes a digest with a key."""
    def hmac_hashed(data: bytes, key: bytes) -> bytes:
        return hmac.new(key, data, name).digest()
    hmac_hashed.__name__ = f'hmac_{name}'
    return hmac_hashed


def crc32(data: bytes) -> int:
    """Return the CRC-32."""
    return zlib.crc32(data)


def to_base64(data: bytes) -> str:
    """Return base 64."""
    return base64.b64encode(data).decode()


def to_base64url(data: bytes) -> str:
    """Return base 64 with the letters for URLs."""
    return base64.urlsafe_b64encode(data).decode()


def to_base32(data: bytes) -> str:
    """Return base 32."""
    return base64.b32encode(data).decode()


def from_base64(text: str) -> bytes:
    """Return the bytes of base 64."""
    return _decoded(text, r'[A-Za-z0-9+/]*={0,2}', lambda padded: base64.b64decode(padded, validate=True))


def from_base64url(text: str) -> bytes:
    """Return the bytes of base 64 with the letters for URLs."""
    return _decoded(text, r'[A-Za-z0-9_-]*={0,2}', base64.urlsafe_b64decode)


def from_base32(text: str) -> bytes:
    """Return the bytes of base 32."""
    try:
        return base64.b32decode(text)
    except binascii.Error as error:
        raise ValueError('The text is not base 32') from error


def from_hex(text: str) -> bytes:
    """Return the bytes of hexadecimal digits."""
    if not re.fullmatch('(?:[0-9A-Fa-f]{2})*', text):
        raise ValueError('The text is not hexadecimal')
    return bytes.fromhex(text)


def from_utf8(data: bytes) -> str:
    """Return the text of UTF-8, with a replacement for wrong bytes."""
    return data.decode('utf-8', 'replace')


def from_utf8_with(data: bytes, replacement: str) -> str:
    """Return the text of UTF-8, with another replacement for wrong bytes."""
    if len(replacement) > 1:
        raise ValueError('Replacement character string must empty or a single character')
    return data.decode('utf-8', 'replace').replace('\ufffd', replacement)


def reversed_bytes(data: bytes) -> bytes:
    """Return the bytes from the last to the first."""
    return data[::-1]


def substring(data: bytes, start: int, length: int) -> bytes:
    """Return a part of the bytes; a negative start counts from the end."""
    if start == 0 or length <= 0 or abs(start) > len(data):
        return b''
    first = start - 1 if start > 0 else len(data) + start
    return data[first:first + length]


def rest(data: bytes, start: int) -> bytes:
    """Return the bytes from a start; a negative one counts from the end."""
    return substring(data, start, len(data))


def lpad(data: bytes, size: int, padding: bytes) -> bytes:
    """Return the bytes padded on the left, or cut."""
    return _padding(data, size, padding) + data[:size]


def rpad(data: bytes, size: int, padding: bytes) -> bytes:
    """Return the bytes padded on the right, or cut."""
    return data[:size] + _padding(data, size, padding)


def _padding(data: bytes, size: int, padding: bytes) -> bytes:
    if size < 0 or not padding:
        raise ValueError('Padding bytes must not be empty, and the size must not be negative')
    missing = max(size - len(data), 0)
    return (padding * (missing // len(padding) + 1))[:missing]


def xxhash64(data: bytes) -> bytes:
    """Return xxHash64 of the bytes, with the seed 0."""
    one, two, three, four, five = PRIMES
    position, size = 0, len(data)
    if size >= 32:
        lanes = [(one + two) & MASK, two, 0, -one & MASK]
        while position + 32 <= size:
            lanes = [_round(lane, _little(data, position + 8 * place)) for place, lane in enumerate(lanes)]
            position += 32
        result = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & MASK
        for lane in lanes:
            result = ((result ^ _round(0, lane)) * one + four) & MASK
    else:
        result = five
    result = (result + size) & MASK
    while position + 8 <= size:
        result = (_rotated(result ^ _round(0, _little(data, position)), 27) * one + four) & MASK
        position += 8
    if position + 4 <= size:
        word = int.from_bytes(data[position:position + 4], 'little')
        result = (_rotated(result ^ (word * one & MASK), 23) * two + three) & MASK
        position += 4
    for byte in data[position:]:
        result = _rotated(result ^ (byte * five & MASK), 11) * one & MASK
    result = (result ^ result >> 33) * two & MASK
    result = (result ^ result >> 29) * three & MASK
    return (result ^ result >> 32).to_bytes(8, 'big')


def murmur3(data: bytes) -> bytes:
    """Return the 128 bits of MurmurHash3 for 64-bit machines, with the seed 0."""
    first_factor, second_factor = 0x87c37b91114253d5, 0x4cf5ad432745937f
    h1 = h2 = 0
    full = len(data) // 16 * 16
    for position in range(0, full, 16):
        h1 ^= _rotated(_little(data, position) * first_factor & MASK, 31) * second_factor & MASK
        h1 = ((_rotated(h1, 27) + h2) * 5 + 0x52dce729) & MASK
        h2 ^= _rotated(_little(data, position + 8) * second_factor & MASK, 33) * first_factor & MASK
        h2 = ((_rotated(h2, 31) + h1) * 5 + 0x38495ab5) & MASK
    tail = data[full:]
    if len(tail) > 8:
        h2 ^= _rotated(int.from_bytes(tail[8:], 'little') * second_factor & MASK, 33) * first_factor & MASK
    if tail:
        h1 ^= _rotated(int.from_bytes(tail[:8], 'little') * first_factor & MASK, 31) * second_factor & MASK
    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = (h1 + h2) & MASK
    h2 = (h2 + h1) & MASK
    h1, h2 = _mixed(h1), _mixed(h2)
    h1 = (h1 + h2) & MASK
    h2 = (h2 + h1) & MASK
    return h1.to_bytes(8, 'little') + h2.to_bytes(8, 'little')


def _mixed(value: int) -> int:
    value = (value ^ value >> 33) * 0xff51afd7ed558ccd & MASK
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53 & MASK
    return value ^ value >> 33


def _round(lane: int, word: int) -> int:
    return _rotated((lane + word * PRIMES[1]) & MASK, 31) * PRIMES[0] & MASK


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK


def _little(data: bytes, position: int) -> int:
    return int.from_bytes(data[position:position + 8], 'little')


def _decoded(text: str, form: str, decode: Callable[[str], bytes]) -> bytes:
    bare = text.rstrip('=')
    if not re.fullmatch(form, text) or len(bare) % 4 == 1:
        raise ValueError('The text is not base 64')
    return decode(bare + '=' * (-len(bare) % 4))
