"""Computes numbers as Athena does where DuckDB has no such function."""
from __future__ import annotations

import math
import random
import struct
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist
from typing import Any

from lake_etl.adapters.local.athena import values
from lake_etl.adapters.local.athena.not_computed import NotComputedError

DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'
SIZES = {unit: 1024 ** power for power, unit in enumerate(('B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'))}


def round_double(value: float, digits: int) -> float:
    """Return the number rounded half up, in the steps that Athena takes."""
    if value != value or abs(value) == math.inf:
        return value
    factor = 10.0 ** digits
    scaled = abs(value) * factor
    if scaled == math.inf:
        return value
    steps = math.floor(scaled + 0.5)
    if steps > 9223372036854775807:
        return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, values.EXACT))
    result = float(steps) / factor
    return -result if math.copysign(1, value) < 0 else result


def round_decimal(value: Decimal, digits: int) -> Decimal:
    """Return the number rounded half up at a digit before or after the point, with the scale it had."""
    _, _, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if digits >= -exponent:
        return value
    return values.rounded(value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, values.EXACT), -exponent)


def truncate_decimal(value: Decimal, digits: int) -> Decimal:
    """Return the number cut at a digit before or after the point, with the scale it had."""
    _, _, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if digits >= -exponent:
        return value
    return values.rounded(values.truncated(value, digits), -exponent)


def round_integer(value: int, digits: int) -> int:
    """Return the whole number rounded half up at a digit before the point."""
    if digits >= 0:
        return value
    unit: int = 10 ** -digits
    steps = (abs(value) + unit // 2) // unit
    return steps * unit * (-1 if value < 0 else 1)


def to_base(value: int, radix: int) -> str:
    """Return the number in another base."""
    _check_radix(radix)
    digits, rest = '', abs(value)
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = DIGITS[digit] + digits
    return f'{"-" if value < 0 else ""}{digits}'


def from_base(text: str, radix: int) -> int:
    """Return the number that a text in another base tells."""
    _check_radix(radix)
    if '_' in text or text != text.strip():
        raise ValueError('Not a valid number')
    number = int(text, radix)
    if not -2 ** 63 <= number < 2 ** 63:
        raise ValueError('Not a valid number')
    return number


def _check_radix(radix: int) -> None:
    if not 2 <= radix <= 36:
        raise ValueError('Radix must be between 2 and 36')


def width_bucket(operand: float, low: float, high: float, count: int) -> int:
    """Return the number of the bucket, of so many between low and high, in which a number is."""
    if math.isinf(operand):
        raise NotComputedError('width_bucket of an infinite number is not known')
    if count <= 0 or low == high or not all(map(math.isfinite, (operand, low, high))):
        raise ValueError('width_bucket takes finite bounds that differ, and a positive number of buckets')
    lower, upper = min(low, high), max(low, high)
    if operand < lower:
        result = 0
    elif operand >= upper:
        result = count + 1
    else:
        result = int(count * (operand - lower) / (upper - lower) + 1)
    return count - result + 1 if low > high else result


def width_bucket_of_bins(operand: float, bins: list[float]) -> int:
    """Return how many of the sorted bounds are not above a number."""
    if not bins or operand != operand or any(one > other for one, other in zip(bins, bins[1:], strict=False)):
        raise ValueError('Bin values are not sorted in ascending order')
    return sum(bound <= operand for bound in bins)


def cosine_similarity(first: dict[str, float], second: dict[str, float]) -> float | None:
    """Return the cosine between two sparse vectors."""
    norms = [math.sqrt(sum(value * value for value in vector.values())) for vector in (first, second)]
    if 0 in norms:
        return None
    return sum(value * second[key] for key, value in first.items() if key in second) / (norms[0] * norms[1])


def normal_cdf(mean: float, deviation: float, value: float) -> float:
    """Return the probability of at most the value."""
    if not deviation > 0:
        raise ValueError('standardDeviation must be > 0')
    return 0.5 * math.erfc(-(value - mean) / (deviation * math.sqrt(2)))


def inverse_normal_cdf(mean: float, deviation: float, probability: float) -> float:
    """Return the value that is not exceeded with the probability."""
    if not 0 < probability < 1 or not deviation > 0:
        raise ValueError('p must be 0 > p > 1, and sd > 0')
    return NormalDist(mean, deviation).inv_cdf(probability)


def beta_cdf(a: float, b: float, value: float) -> float:
    """Return the probability of at most the value in a beta distribution."""
    if not (a > 0 and b > 0 and 0 <= value <= 1):
        raise ValueError('a and b must be > 0, value must be in [0, 1]')
    if value in (0, 1):
        return float(value)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
                     + a * math.log(value) + b * math.log1p(-value))
    if value < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, value) / a
    return 1 - front * _fraction(b, a, 1 - value) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 1000):
        for step in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 + step * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + step / c
            c = c if abs(c) > tiny else tiny
            result *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return result


def wilson_interval_lower(successes: int, trials: int, z: float) -> float:
    """Return the lower bound of Wilson's interval."""
    return _wilson(successes, trials, z, -1)


def wilson_interval_upper(successes: int, trials: int, z: float) -> float:
    """Return the upper bound of Wilson's interval."""
    return _wilson(successes, trials, z, 1)


def _wilson(successes: int, trials: int, z: float, sign: int) -> float:
    if successes < 0 or trials <= 0 or successes > trials or z < 0:
        raise ValueError('0 <= successes <= trials, trials > 0 and z >= 0 are needed')
    p = successes / trials
    spread = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return (p + z * z / (2 * trials) + sign * spread) / (1 + z * z / trials)


def bit_count(value: int, bits: int) -> int:
    """Return the number of ones in the two's complement of so many bits."""
    if not 2 <= bits <= 64 or not -2 ** (bits - 1) <= value < 2 ** (bits - 1):
        raise ValueError('The number must be representable with the bits specified')
    ones: int = value & (2 ** bits - 1)
    return ones.bit_count()


def parse_data_size(text: str) -> Decimal:
    """Return the bytes of a text such as 2.3MB."""
    number = text.strip().rstrip('BkMGTPEZY')
    unit = text.strip()[len(number):]
    if unit not in SIZES or not number.replace('.', '', 1).isdigit():
        raise ValueError('Invalid data size')
    return values.truncated(Decimal(number) * SIZES[unit], 0)


def shuffled(items: list[Any]) -> list[Any]:
    """Return the items in a random order."""
    return random.sample(items, len(items))


def real_bytes(value: float) -> bytes:
    """Return the big-endian IEEE 754 bytes of a real."""
    return struct.pack('>f', value)


def double_bytes(value: float) -> bytes:
    """Return the big-endian IEEE 754 bytes of a double."""
    return struct.pack('>d', value)


def real_from_bytes(data: bytes) -> float:
    """Return the real of four bytes."""
    return float(struct.unpack('>f', _sized(data, 4))[0])


def double_from_bytes(data: bytes) -> float:
    """Return the double of eight bytes."""
    return float(struct.unpack('>d', _sized(data, 8))[0])


def integer_bytes(value: int) -> bytes:
    """Return four big-endian bytes."""
    return struct.pack('>i', value)


def bigint_bytes(value: int) -> bytes:
    """Return eight big-endian bytes."""
    return struct.pack('>q', value)


def integer_from_bytes(data: bytes) -> int:
    """Return the integer of four bytes."""
    return int(struct.unpack('>i', _sized(data, 4))[0])


def bigint_from_bytes(data: bytes) -> int:
    """Return the bigint of eight bytes."""
    return int(struct.unpack('>q', _sized(data, 8))[0])


def _sized(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise ValueError(f'expected {size}-byte input')
    return data
