"""Recognizes numbers of mainframes in fixed-width files: packed, binary and zoned ones, which are not plain text."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from lake_etl.errors import DataError
from lake_etl.syntax.code_pages import is_ebcdic

PACKED, BINARY = 'packed decimals (COMP-3)', 'binary numbers (COMP)'
ZONED = 'zoned decimals with an overpunched sign'
MOST_RECORDS = 500
# Of values that are valid packed decimals; the others may be damaged, or cut at a byte that looks like a line end.
CONSISTENT = 0.9
PACKED_DECIMAL = re.compile(r'[0-9]+[a-f]')
BINARY_WIDTHS = (2, 4, 8)
LINE_ENDS = '\r\n\x85'
# Text has these too; the last two begin and end characters of two bytes in EBCDIC.
CONTROLS_IN_TEXT = f'{LINE_ENDS}\t\x0e\x0f'
# A digit with a sign, as ASCII and most EBCDIC code pages show it; lower-case letters are those of ASCII programs.
SIGNED_DIGITS, SIGNED_ZEROS = '{ABCDEFGHI}JKLMNOPQR', '{}'
LOWER_CASE_DIGITS = 'pqrstuvwxy'
EBCDIC_SIGNED_ZEROS = b'\xc0\xd0'

# Name, and the first and the last byte plus one, of a column.
ByteRange = tuple[str, int, int]


def stored_numbers(content: bytes, size: int, columns: Sequence[ByteRange], length: int, encoding: str,
                   numeric: Collection[str] = ()) -> dict[str, str]:
    """Return the columns that hold numbers as mainframes store them, each with the kind of its numbers.

    A zoned column without `{` or `}` looks like identifiers that end in a letter, so it counts only if the workflow
    reads it as a number.

    content  the first bytes of the file
    size     of the file, in bytes; 0 if it is not known
    columns  those to check
    length   of a record, in bytes
    numeric  names of the columns that the workflow reads as numbers
    """
    found: dict[str, str] = {}
    if len('0'.encode(encoding)) != 1:  # In UTF-16, bytes of digits look like binary numbers.
        return found
    for records in _possible_records(content, size, length, encoding):
        for name, start, end in columns:
            values = [value for record in records if not _is_blank(value := record[start:end], encoding)]
            kind = _kind(values, end - start, encoding, name in numeric)
            if kind:
                found.setdefault(name, kind)
    return found


def stored_numbers_error(file: str, found: dict[str, str]) -> DataError:
    """Return the error for a file with such columns."""
    kinds = ' and '.join(f'{kind} in {", ".join(name for name, other in found.items() if other == kind)}'
                         for kind in dict.fromkeys(found.values()))
    return DataError(
        f"{file} has {kinds}. The section 'fixed' reads text only, so these values would be wrong. Describe the "
        "records by a COBOL copybook, with the section 'cobol' in place of 'fixed'; `./lake recommend FILE --copybook "
        "FILE` proposes the input_spec. If such a column is text, give it the type string in 'types' of the "
        'input_spec.')


def _possible_records(content: bytes, size: int, length: int, encoding: str) -> Iterator[list[bytes]]:
    """Yield the records by each way in which the file may separate them.

    Bytes of packed numbers can look like line ends, so records of one length come first.
    """
    ends = dict.fromkeys(['\r\n'.encode(encoding), '\n'.encode(encoding), '\x85'.encode(encoding, 'ignore'), b'\n'])
    for end in filter(None, ends):
        step = length + len(end)
        starts = range(0, len(content) - step + 1, step)
        if starts and all(content.startswith(end, start + length) for start in starts):
            yield [content[start:start + length] for start in islice(starts, MOST_RECORDS)]
            return
    if size % length == 0:
        yield [content[start:start + length]
               for start in islice(range(0, len(content) - length + 1, length), MOST_RECORDS)]
    lines = re.split(b'|'.join(map(re.escape, filter(None, ends))), content)
    yield [line for line in lines[:MOST_RECORDS] if line]


def _is_blank(value: bytes, encoding: str) -> bool:
    """Tell whether a value is absent, or only blanks, low values or high values."""
    blank = ' '.encode(encoding)
    return not value.strip(blank) or not value.strip(b'\0') or not value.strip(b'\xff')


def _kind(values: Sequence[bytes], width: int, encoding: str, is_number: bool) -> str | None:
    if not values:
        return None
    texts = [value.decode(encoding, 'replace') for value in values]
    packed = sum(bool(PACKED_DECIMAL.fullmatch(value.hex())) for value in values)
    unlike_text = any(map(_has_controls, texts))
    # A digit and a line feed are a packed decimal, too.
    in_lines = any(set(LINE_ENDS) & set(text) for text in texts)
    if packed >= CONSISTENT * len(values) and (unlike_text or (is_number and not in_lines)):
        return PACKED
    if unlike_text:
        binary = sum(_has_controls(text.rstrip('\0')) for text in texts)
        return BINARY if width in BINARY_WIDTHS and 2 * binary > len(values) else None
    return ZONED if _is_zoned(texts, width, encoding, is_number) else None


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) == 'Cc' and character not in CONTROLS_IN_TEXT for character in text)


def _is_zoned(texts: Sequence[str], width: int, encoding: str, is_number: bool) -> bool:
    """Tell whether all values are digits that fill the column, some with a sign in the last digit, or in the first."""
    zeros = SIGNED_ZEROS
    if is_ebcdic(encoding):
        zeros += EBCDIC_SIGNED_ZEROS.decode(encoding, 'ignore')
    signed = re.escape(SIGNED_DIGITS + zeros + LOWER_CASE_DIGITS)
    for pattern in (rf'[0-9]*[0-9{signed}]', rf'[0-9{signed}][0-9]*'):
        fits = all(len(text) == width and re.fullmatch(pattern, text) for text in texts)
        if fits and not all(text.isdigit() for text in texts):
            return is_number or (width > 1 and any(set(zeros) & set(text) for text in texts))
    return False
