"""The decoder of mainframe extracts: exact numbers, null and malformed values, texts, tables, record types."""
from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip('pyarrow')
pytest.importorskip('pyspark')
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'cobol'))
from written_files import decoded  # noqa: E402  # the folder has to be on the path first


def one(picture, content, **options):
    """Return the values of one field of several records, and which records are malformed."""
    found = decoded(f'01 R. 05 A {picture}.', b''.join(content), **options)
    return found.columns[0].to_pylist(), found.malformed.tolist()


def e(text):
    return text.encode('cp037')


@pytest.mark.parametrize(('picture', 'content', 'values', 'malformed'), [
    ('PIC S9(3)', [e('12C'), e('12L'), e('12}'), e('123'), e('{00')[:2] + e('}')], [123, -123, -120, 123, None], [4]),
    ('PIC 9(3)', [e('007'), e('  7'), e('   '), b'\0\0\0', b'\xff' * 3, e('1 2'), e('ABC'), e('00J')],
     [7, 7, None, None, None, None, None, None], [5, 6, 7]),
    ('PIC S9(3) SIGN LEADING', [e('J23'), e('A23'), e('1X3')], [-123, 123, None], [2]),
    ('PIC S9(2) SIGN TRAILING SEPARATE', [e('12-'), e('12+'), e('12 '), e('12*')], [12 * -1, 12, 12, None], [3]),
    ('PIC S9(2)V9 SIGN LEADING SEPARATE', [e('-123'), e('+001')], [Decimal('-12.3'), Decimal('0.1')], []),
    ('PIC S9(5)V99 COMP-3', [b'\x12\x34\x56\x7c', b'\x00\x00\x00\x1d', b'\x12\x34\x56\x7f', b'\x12\x34\x5a\x7c',
                             b'\x12\x34\x56\x71', e('    '), bytes(4)],
     [Decimal('12345.67'), Decimal('-0.01'), Decimal('12345.67'), None, None, None, None], [3, 4]),
    ('PIC S9(4) COMP-3', [b'\x01\x23\x4c', b'\x91\x23\x4c'], [1234, None], [1]),
    ('PIC 9(3) COMP-3', [b'\x12\x3f', b'\x12\x3d', b'\x00\x0d'], [123, None, 0], [1]),
    ('PIC S9(18) COMP-3', [b'\x09' + b'\x99' * 8 + b'\x9d'], [-999999999999999999], []),
    ('PIC S9(31) COMP-3', [b'\x99' * 15 + b'\x9d', b'\x00' * 15 + b'\x1c'], [Decimal(-10 ** 31 + 1), Decimal(1)], []),
    ('PIC S9(36)V99', [e('9' * 37 + 'R'), e('0' * 37 + 'A')], [Decimal('-' + '9' * 36 + '.99'), Decimal('0.01')], []),
    ('PIC 9(4) COMP-6', [b'\x12\x34', b'\x12\x3c'], [1234, None], [1]),
    ('PIC S9(4) COMP', [b'\xff\xfe', b'\x27\x10'], [-2, 10000], []),
    ('PIC S9(7)V99 COMP', [b'\x80\x00\x00\x00', b'\x00\x00\x00\x01'], [None, Decimal('0.01')], [0]),
    ('PIC 9(18) COMP', [b'\xff' * 8, b'\x0d\xe0\xb6\xb3\xa7\x63\xff\xff'], [None, 999999999999999999], [0]),
    ('PIC 9(18) COMP-5', [b'\xff' * 8], [Decimal(2 ** 64 - 1)], []),
    ('PIC S9(3)PP COMP-3', [b'\x12\x3d'], [-12300], []), ('PIC VPP99', [e('12')], [Decimal('0.0012')], []),
    ('PIC 9(20)P(5)', [e('1' * 20)], [Decimal('1' * 20 + '00000')], []),
    ('COMP-1', [b'\xc2\x76\xa0\x00', b'\x00' * 4, b'\x41\x10\x00\x00', b'\x7f\xff\xff\xff'],
     [-118.625, 0, 1, None], [3]),
    ('COMP-2', [b'\xc2\x76\xa0' + bytes(5), b'\x40\x80' + bytes(6)], [-118.625, 0.5], []),
    ('PIC X(4)', [e(' a  '), e('    '), b'\0\0\0\0', e('é€'.replace('€', 'ß') + 'Ab')], ['a', None, None, 'éßAb'], []),
    ('PIC N(2)', ['ab'.encode('utf-16-be'), 'é '.encode('utf-16-be')], ['ab', 'é'], []),
    ('PIC ZZ9.99-', [e('  1.50-')], ['1.50-'], []),
])
def test_a_field_is_exact_or_null_and_counted(picture, content, values, malformed):
    found, wrong = one(picture, content)
    assert found == values
    assert [index for index, is_wrong in enumerate(wrong) if is_wrong] == malformed


@pytest.mark.parametrize(('content', 'value'), [
    (b'12{', 120), (b'12}', -120), (b'12R', -129), (b'12I', 129), (b'12y', -129), (b'12p', -120), (b'123', 123),
    (b'  1', 1)])
def test_signs_may_be_overpunched_in_ascii(content, value):
    assert one('PIC S9(3)', [content], encoding='ascii') == ([value], [False])


def test_bytes_without_a_character_are_replaced_and_counted():
    assert one('PIC X(2)', [b'a\x81', b'\xe9b'], encoding='cp1252') == (['a\ufffd', 'éb'], [True, False])
    assert one('PIC X(3)', ['né'.encode(), b'a\xff '], encoding='utf-8') == (['né', 'a\ufffd'], [False, True])
    assert one('PIC X(2)', [b'\x9fA'], encoding='cp1140')[0][0].startswith('€')


def test_whole_numbers_in_characters_can_stay_text_with_their_zeros():
    found = decoded('01 R. 05 A PIC 9(4). 05 B PIC 9(2).', e('007 07'), ('A', 'B'))
    assert [column.to_pylist() for column in found.columns] == [['007'], ['07']]


RECORD_TYPES = '''
       01  R.
           05  KIND     PIC X.
           05  POLICY.
               10  NO   PIC 9(3).
               10  SUMS PIC S9(3) COMP-3.
           05  CLAIM REDEFINES POLICY.
               10  CAUSE PIC X(5).
'''
CONTENT = e('P001') + b'\x12\x3c' + e('CFIRE ') + e('P00X') + b'\x12\x3c' + e('TTOTAL')


def test_a_redefinition_needs_to_fit_one_description_only():
    found = decoded(RECORD_TYPES, CONTENT)
    assert not found.malformed.any() and found.columns[1].to_pylist() == [1, None, None, None]


def test_segments_tell_record_types_apart_and_unknown_ones_are_malformed():
    segments = {'field': 'KIND', 'records': {'P': 'POLICY', 'C': 'CLAIM'}}
    found = decoded(RECORD_TYPES, CONTENT, segments=segments)
    assert [column.to_pylist() for column in found.columns] == [
        ['P', 'C', 'P', 'T'], [1, None, None, None], [123, None, 123, None], [None, 'FIRE', None, None]]
    assert found.malformed.tolist() == [False, False, True, True]
    only = decoded(RECORD_TYPES, CONTENT, segments=segments | {'only': ('C',)})
    assert only.numbers.tolist() == [2] and only.malformed.tolist() == [False]
    assert only.columns[3].to_pylist() == ['FIRE']


def test_several_records_of_a_copybook_are_segments_too():
    text = '01 HEAD. 05 KIND PIC X. 05 A PIC X(3). 01 DETAIL. 05 KIND PIC X. 05 B PIC 9(3).'
    found = decoded(text, e('HabcD007'), segments={'field': 'KIND', 'records': {'H': 'HEAD', 'D': 'DETAIL'}})
    assert [column.to_pylist() for column in found.columns] == [
        ['H', None], ['abc', None], [None, 'D'], [None, 7]] and not found.malformed.any()


def words(*records):
    return b''.join((len(record) + 4).to_bytes(2, 'big') + bytes(2) + record for record in records)


def test_a_record_that_ends_early_has_nulls_and_is_malformed_if_it_ends_inside_a_number():
    text = '01 R. 05 A PIC X(3). 05 B PIC 9(3). 05 C PIC X OCCURS 2.'
    found = decoded(text, words(e('abc123xy'), e('abc123x'), e('abc'), e('ab'), e('abc12')), record_format='V')
    assert [column.to_pylist() for column in found.columns] == [
        ['abc', 'abc', 'abc', 'ab', 'abc'], [123, 123, None, None, None], [['x', 'y'], ['x'], [], [], []]]
    assert found.malformed.tolist() == [False, False, False, False, True]


def test_a_number_of_elements_that_cannot_be_right_is_malformed():
    text = '01 R. 05 N PIC 9. 05 T PIC X OCCURS 1 TO 3 DEPENDING ON N. 05 Z PIC X.'
    found = decoded(text, words(e('2abz'), e('0z'), e('9abz'), e('?abz')), record_format='V')
    assert found.columns[1].to_pylist() == [['a', 'b'], [], None, None]
    assert found.columns[2].to_pylist()[:2] == ['z', 'z'] and found.malformed.tolist() == [False, False, True, True]


def test_tables_of_varying_length_may_hold_such_tables():
    text = '''01 R. 05 N PIC 9. 05 T OCCURS 0 TO 3 DEPENDING ON N. 10 M PIC 9.
    10 U PIC X OCCURS 0 TO 4 DEPENDING ON M. 05 Z PIC X.'''
    found = decoded(text, words(e('22ab1cz'), e('0z'), e('14abcdz')), record_format='V')
    assert found.columns[1].to_pylist() == [
        [{'M': 2, 'U': ['a', 'b']}, {'M': 1, 'U': ['c']}], [], [{'M': 4, 'U': ['a', 'b', 'c', 'd']}]]
    assert found.columns[2].to_pylist() == ['z', 'z', 'z'] and not found.malformed.any()


@pytest.mark.parametrize(('content', 'options'), [
    (b'000001Bob       0001234E\n000002Al        0000050}\n', {'encoding': 'ascii'}),
    (b'000001Bob       0001234E\r\n\r\n000002Al        0000050}', {'encoding': 'utf-8'}),
    (e('000001Bob       0001234E\x85000002Al        0000050}'), {}),
    (e('000001Bob       0001234E\n000002Al        0000050}'), {})])
def test_lines_are_records_of_characters(content, options):
    text = '01 R. 05 POL PIC X(6). 05 NAME PIC X(10). 05 AMT PIC S9(6)V99.'
    found = decoded(text, content, record_format='D', **options)
    assert [column.to_pylist() for column in found.columns] == [
        ['000001', '000002'], ['Bob', 'Al'], [Decimal('123.45'), Decimal('-5.00')]]
    assert not found.malformed.any()


def test_a_line_with_more_than_the_record_is_malformed():
    found = decoded('01 R. 05 A PIC X(2).', b'ab  \nabc\na\n', record_format='D', encoding='ascii')
    assert found.columns[0].to_pylist() == ['ab', 'ab', 'a'] and found.malformed.tolist() == [False, True, False]
