"""Lists the functions on numbers and bytes, and how each is written for DuckDB."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lake_etl.adapters.local.athena import values_bytes, values_numbers
from lake_etl.adapters.local.athena.athena_types import INTEGERS, MOST_DIGITS, Type
from lake_etl.adapters.local.athena.signatures import FunctionForm, python_form, sql_form

ALL_NUMBERS = (*INTEGERS, 'decimal', 'real', 'double')
NAN, INFINITY = "CAST('nan' AS DOUBLE)", "CAST('infinity' AS DOUBLE)"
BITS = {'tinyint': 8, 'smallint': 16, 'integer': 32, 'bigint': 64}
# Functions of one double: what DuckDB writes for an argument inside the domain, and the condition of being outside.
DOUBLE_FUNCTIONS = {
    'acos': ('acos({0})', 'abs({0}) > 1'), 'asin': ('asin({0})', 'abs({0}) > 1'), 'atan': ('atan({0})', ''),
    'cbrt': ('cbrt({0})', ''), 'cos': ('cos({0})', 'isinf({0})'), 'cosh': ('cosh({0})', ''), 'exp': ('exp({0})', ''),
    'sin': ('sin({0})', 'isinf({0})'), 'sinh': ('sinh({0})', ''), 'tan': ('tan({0})', 'isinf({0})'),
    'tanh': ('tanh({0})', ''), 'degrees': ('degrees({0})', ''), 'radians': ('radians({0})', ''),
    'sqrt': ('sqrt({0})', '{0} < 0'), 'ln': ('ln({0})', '{0} < 0'),
    'log2': ('(ln({0}) / ln(CAST(2 AS DOUBLE)))', '{0} < 0'), 'log10': ('log10({0})', '{0} < 0')}
DIGESTS = ('md5', 'sha1', 'sha256', 'sha512')


def number_forms() -> Iterator[FunctionForm]:
    """Yield the forms of all functions on numbers."""
    for kind in ALL_NUMBERS:
        yield sql_form(f'abs({kind}) -> {kind}', 'abs({0})')
    yield from _rounding()
    yield from _doubles()
    yield from _bits()
    for kind in INTEGERS:
        yield sql_form(f'mod({kind}, {kind}) -> {kind}', '({0} % {1})')
    yield sql_form('mod(decimal, decimal) -> decimal', '({0} % {1})', _modulus)
    for kind in ('real', 'double'):
        yield sql_form(f'mod({kind}, {kind}) -> {kind}', '({0} % {1})')
    for kind in ('real', 'double'):
        yield sql_form(f'is_nan({kind}) -> boolean', 'isnan({0})')
    yield sql_form('is_finite(double) -> boolean', 'isfinite({0})')
    yield sql_form('is_infinite(double) -> boolean', 'isinf({0})')
    yield python_form('to_base(bigint, bigint) -> varchar', values_numbers.to_base)
    yield python_form('from_base(varchar, bigint) -> bigint', values_numbers.from_base)
    yield python_form('width_bucket(double, double, double, bigint) -> bigint', values_numbers.width_bucket)
    yield python_form('width_bucket(double, array(double)) -> bigint', values_numbers.width_bucket_of_bins)
    yield python_form('cosine_similarity(map(varchar, double), map(varchar, double)) -> double',
                      values_numbers.cosine_similarity)
    for body in (values_numbers.normal_cdf, values_numbers.inverse_normal_cdf, values_numbers.beta_cdf):
        yield python_form(f'{body.__name__}(double, double, double) -> double', body)
    for bound in (values_numbers.wilson_interval_lower, values_numbers.wilson_interval_upper):
        yield python_form(f'{bound.__name__}(bigint, bigint, double) -> double', bound)
    for name in ('parse_data_size', 'parse_presto_data_size'):
        yield python_form(f'{name}(varchar) -> decimal', values_numbers.parse_data_size,
                          lambda kinds: Type('decimal', (MOST_DIGITS, 0)))
    yield from _bytes()


def _rounding() -> Iterator[FunctionForm]:
    for kind in INTEGERS:
        for name in ('ceil', 'ceiling', 'floor', 'round'):
            yield sql_form(f'{name}({kind}) -> {kind}', '{0}')
        yield python_form(f'round({kind}, integer) -> {kind}', values_numbers.round_integer)
        yield sql_form(f'sign({kind}) -> {kind}', 'CAST(sign({0}) AS {r})')
    for name, function in (('ceil', 'ceil'), ('ceiling', 'ceil'), ('floor', 'floor')):
        yield sql_form(f'{name}(decimal) -> decimal', f'CAST({function}({{0}}) AS {{r}})', _whole)
    yield sql_form('round(decimal) -> decimal', 'CAST({0} AS {r})', _whole)
    yield python_form('round(decimal, integer) -> decimal', values_numbers.round_decimal, _one_digit_more)
    yield sql_form('truncate(decimal) -> decimal', 'CAST(trunc({0}) AS {r})', _cut)
    yield python_form('truncate(decimal, integer) -> decimal', values_numbers.truncate_decimal)
    yield sql_form('sign(decimal) -> decimal', 'CAST(sign({0}) AS {r})', lambda kinds: Type('decimal', (1, 0)))
    for kind in ('real', 'double'):
        for name in ('ceil', 'floor'):
            yield sql_form(f'{name}({kind}) -> {kind}', f'{name}({{0}})')
        yield sql_form(f'ceiling({kind}) -> {kind}', 'ceil({0})')
        yield sql_form(f'round({kind}) -> {kind}', 'round({0})')
        yield sql_form(f'truncate({kind}) -> {kind}', 'trunc({0})')
        yield sql_form(f'sign({kind}) -> {kind}', f'CASE WHEN isnan({{0}}) THEN CAST({NAN} AS {{r}}) ELSE '
                       'CAST(sign({0}) AS {r}) END')
    for kind in ('real', 'double'):
        yield python_form(f'round({kind}, integer) -> {kind}', values_numbers.round_double)


def _doubles() -> Iterator[FunctionForm]:
    for name, (written, outside) in DOUBLE_FUNCTIONS.items():
        yield sql_form(f'{name}(double) -> double',
                       f'CASE WHEN {outside} THEN {NAN} ELSE {_at_zero(name, written)} END' if outside else written)
    yield sql_form('atan2(double, double) -> double', 'atan2({0}, {1})')
    for name in ('pow', 'power'):
        yield sql_form(f'{name}(double, double) -> double', 'pow({0}, {1})')
    yield sql_form('log(double, double) -> double',
                   f'CASE WHEN {{0}} < 0 OR {{1}} < 0 THEN {NAN} WHEN {{1}} = 0 OR {{0}} = 0 THEN '
                   f'{_log("{1}")} / {_log("{0}")} ELSE ln({{1}}) / ln({{0}}) END')
    yield sql_form('e() -> double', 'CAST(2.718281828459045 AS DOUBLE)')
    yield sql_form('pi() -> double', 'pi()')
    yield sql_form('nan() -> double', NAN)
    yield sql_form('infinity() -> double', INFINITY)
    for name in ('rand', 'random'):
        yield sql_form(f'{name}() -> double', 'random()')
        for kind in INTEGERS:
            yield sql_form(f'{name}({kind}) -> {kind}', 'CAST(floor(random() * {0}) AS {r})')
            yield sql_form(f'{name}({kind}, {kind}) -> {kind}', 'CAST({0} + floor(random() * ({1} - {0})) AS {r})')


def _at_zero(name: str, written: str) -> str:
    if name not in ('ln', 'log2', 'log10'):
        return written
    return f'CASE WHEN {{0}} = 0 THEN -{INFINITY} ELSE {written} END'


def _log(argument: str) -> str:
    return f'CASE WHEN {argument} = 0 THEN -{INFINITY} ELSE ln({argument}) END'


def _bits() -> Iterator[FunctionForm]:
    yield sql_form('bitwise_and(bigint, bigint) -> bigint', '({0} & {1})')
    yield sql_form('bitwise_or(bigint, bigint) -> bigint', '({0} | {1})')
    yield sql_form('bitwise_xor(bigint, bigint) -> bigint', 'xor({0}, {1})')
    yield sql_form('bitwise_not(bigint) -> bigint', '(~{0})')
    yield python_form('bit_count(bigint, bigint) -> bigint', values_numbers.bit_count)
    for kind, bits in BITS.items():
        for name, shift in (('bitwise_left_shift', _left), ('bitwise_right_shift', _right),
                            ('bitwise_right_shift_arithmetic', _right_arithmetic)):
            yield python_form(f'{name}({kind}, integer) -> {kind}', shift(bits))


def _signed(value: int, bits: int) -> int:
    value &= 2 ** bits - 1
    return value - 2 ** bits if value >= 2 ** (bits - 1) else value


def _left(bits: int) -> Callable[[int, int], int]:
    def left_shift(value: int, places: int) -> int:
        return _signed(value << places, bits) if 0 <= places < 64 else 0
    left_shift.__name__ = f'left_shift_{bits}'
    return left_shift


def _right(bits: int) -> Callable[[int, int], int]:
    def right_shift(value: int, places: int) -> int:
        if places == 0:
            return value
        return _signed((value & (2 ** bits - 1)) >> places, bits) if 0 < places < 64 else 0
    right_shift.__name__ = f'right_shift_{bits}'
    return right_shift


def _right_arithmetic(bits: int) -> Callable[[int, int], int]:
    def right_shift_arithmetic(value: int, places: int) -> int:
        return value >> places if 0 <= places < 64 else (-1 if value < 0 else 0)
    right_shift_arithmetic.__name__ = f'right_shift_arithmetic_{bits}'
    return right_shift_arithmetic


def _bytes() -> Iterator[FunctionForm]:
    for name in DIGESTS:
        yield python_form(f'{name}(varbinary) -> varbinary', values_bytes.digest(name))
        if name != 'sha1' or name:
            yield python_form(f'hmac_{name}(varbinary, varbinary) -> varbinary', values_bytes.keyed_digest(name))
    for body, kind in ((values_bytes.to_base64, 'varchar'), (values_bytes.to_base64url, 'varchar'),
                       (values_bytes.to_base32, 'varchar'), (values_bytes.crc32, 'bigint'),
                       (values_bytes.xxhash64, 'varbinary'), (values_bytes.murmur3, 'varbinary'),
                       (values_bytes.from_utf8, 'varchar')):
        yield python_form(f'{body.__name__}(varbinary) -> {kind}', body)
    yield python_form('from_utf8(varbinary, varchar) -> varchar', values_bytes.from_utf8_with)
    for decoder in (values_bytes.from_base64, values_bytes.from_base64url, values_bytes.from_base32,
                    values_bytes.from_hex):
        yield python_form(f'{decoder.__name__}(varchar) -> varbinary', decoder)
    yield sql_form('to_hex(varbinary) -> varchar', 'upper(hex({0}))')
    yield sql_form('to_utf8(varchar) -> varbinary', 'encode({0})')
    yield sql_form('length(varbinary) -> bigint', 'octet_length({0})')
    yield python_form('reverse(varbinary) -> varbinary', values_bytes.reversed_bytes)
    for name in ('substr', 'substring'):
        yield python_form(f'{name}(varbinary, bigint) -> varbinary', values_bytes.rest)
        yield python_form(f'{name}(varbinary, bigint, bigint) -> varbinary', values_bytes.substring)
    yield python_form('lpad(varbinary, bigint, varbinary) -> varbinary', values_bytes.lpad)
    yield python_form('rpad(varbinary, bigint, varbinary) -> varbinary', values_bytes.rpad)
    for name, kind, writer, reader in (
            ('big_endian_32', 'integer', values_numbers.integer_bytes, values_numbers.integer_from_bytes),
            ('big_endian_64', 'bigint', values_numbers.bigint_bytes, values_numbers.bigint_from_bytes),
            ('ieee754_32', 'real', values_numbers.real_bytes, values_numbers.real_from_bytes),
            ('ieee754_64', 'double', values_numbers.double_bytes, values_numbers.double_from_bytes)):
        yield python_form(f'to_{name}({kind}) -> varbinary', writer)
        yield python_form(f'from_{name}(varbinary) -> {kind}', reader)


def _whole(kinds: Sequence[Type]) -> Type:
    precision, scale = kinds[0].arguments
    return Type('decimal', (min(MOST_DIGITS, precision - scale + min(scale, 1)), 0))


def _cut(kinds: Sequence[Type]) -> Type:
    precision, scale = kinds[0].arguments
    return Type('decimal', (max(precision - scale, 1), 0))


def _one_digit_more(kinds: Sequence[Type]) -> Type:
    precision, scale = kinds[0].arguments
    return Type('decimal', (min(MOST_DIGITS, precision + 1), scale))


def _modulus(kinds: Sequence[Type]) -> Type:
    (precision, scale), (other_precision, other_scale) = kinds[0].arguments, kinds[1].arguments
    most = max(scale, other_scale)
    return Type('decimal', (min(precision - scale, other_precision - other_scale) + most, most))
