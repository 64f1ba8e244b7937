"""Packed, binary and zoned numbers in fixed-width files are recognized by their bytes, and plain text is not."""
from __future__ import annotations

import pytest

from lake_etl.read.stored_numbers import BINARY, PACKED, ZONED, stored_numbers, stored_numbers_error

WIDTHS = (6, 10, 4)


def columns(*widths: int) -> list[tuple[str, int, int]]:
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return [(name, start, start + width) for name, start, width in zip('abcdef', starts, widths)]


def found(records: list[bytes], encoding: str, widths=WIDTHS, end: bytes = b'', numeric=()) -> dict[str, str]:
    content = b''.join(record + end for record in records)
    return stored_numbers(content, len(content), columns(*widths), sum(widths), encoding, numeric)


def packed(number: int, width: int, sign: str = 'c') -> bytes:
    return bytes.fromhex(f'{number:0{2 * width - 1}}{sign}')


def records(encoding: str, amounts: list[bytes]) -> list[bytes]:
    return [f'{index:06}{"Bob":10}'.encode(encoding) + amount for index, amount in enumerate(amounts)]


@pytest.mark.parametrize('encoding', ['cp037', 'cp273', 'cp1047', 'latin-1', 'windows-1252', 'utf-8'])
@pytest.mark.parametrize('ends', [False, True], ids=['no line ends', 'line ends'])
def test_packed_numbers_are_recognized_although_some_of_their_bytes_look_like_line_ends(encoding, ends):
    amounts = [packed(number, 4, sign) for number, sign in ((1234567, 'c'), (500, 'd'), (25, 'c'), (1525, 'f'))]
    assert found(records(encoding, amounts), encoding, end='\n'.encode(encoding) * ends) == {'c': PACKED}


@pytest.mark.parametrize('width', [2, 4])
def test_binary_numbers_are_recognized(width):
    amounts = [number.to_bytes(width, 'big', signed=True) for number in (17, 300, 65, 0, -2)]
    assert found(records('cp037', amounts), 'cp037', (6, 10, width)) == {'c': BINARY}


@pytest.mark.parametrize('encoding', ['cp037', 'cp273', 'cp500', 'cp1141', 'utf-8'])
@pytest.mark.parametrize('amounts', [('003E', '000}'), ('002{', '0010'), ('{001', '0020')], ids=str)
def test_zoned_numbers_are_recognized_by_their_zeros(encoding, amounts):
    zoned = [amount.encode('cp037') if encoding.startswith('cp') else amount.encode() for amount in amounts]
    assert found(records(encoding, zoned), encoding) == {'c': ZONED}


@pytest.mark.parametrize('amounts', [('003E', '012J'), ('000A', '0010'), ('000p', '0010'), ('J001', '0020')], ids=str)
def test_digits_with_a_letter_are_zoned_numbers_only_where_the_workflow_reads_numbers(amounts):
    zoned = [amount.encode() for amount in amounts]
    assert found(records('utf-8', zoned), 'utf-8', end=b'\r\n') == {}
    assert found(records('utf-8', zoned), 'utf-8', end=b'\r\n', numeric={'c'}) == {'c': ZONED}
    assert found([*records('utf-8', zoned), b'000009Bob       003X'], 'utf-8', end=b'\r\n', numeric={'c'}) == {}


@pytest.mark.parametrize('values', [
    ('0012', '1.50', '-003'), ('A12B', 'QQQQ'), ('    ', '0001'), ('\0\0\0\0', '0001'), ('AB\0\0', 'C\0\0\0'),
    ('{ab}', '0001'), ('a\tb ', '   1'), ('1A1A', '2B2B'), ('12L ', '345L')], ids=repr)
@pytest.mark.parametrize('encoding', ['cp037', 'latin-1', 'utf-8', 'utf-16-le'])
@pytest.mark.parametrize('end', ['', '\n', '\r\n'], ids=repr)
def test_text_is_not_taken_for_numbers(values, encoding, end):
    texts = records(encoding, [value.encode(encoding) for value in values])
    assert found(texts, encoding, (6, 10, 4), end.encode(encoding)) == {}


def test_trimmed_lines_and_a_last_line_without_an_end_are_read_too():
    assert found([b'000001Bob       003E\n000002Al        000}\n\n000003'], 'utf-8') == {'c': ZONED}


@pytest.mark.parametrize('numeric', [(), ('c',)], ids=['text', 'number'])
@pytest.mark.parametrize('lines', [
    (b'000001Bob       00b\n',), (b'000001Bob       001\n', b'000002Al        002\n'),
    (b'000001Bob       00\r\n',), (b'000001Bob\n', b'000002Al\n\n000003Cy')])
def test_lines_one_shorter_than_the_widths_are_not_taken_for_records_without_line_ends(lines, numeric):
    assert found(list(lines), 'utf-8', numeric=numeric) == {}


def test_the_error_names_the_columns_and_the_way_by_a_copybook():
    text = str(stored_numbers_error('a.dat', {'amt': PACKED, 'no': ZONED, 'sum': PACKED}))
    assert text.startswith('a.dat has packed decimals (COMP-3) in amt, sum and zoned decimals with an overpunched sign '
                           'in no.')
    assert '--copybook' in text and "'cobol'" in text and "'types'" in text
