"""Checks that text is in its encoding, to the last byte, and names the place of the first byte that is not."""
from __future__ import annotations

import codecs
import string
from collections.abc import Iterable

from lake_etl.errors import DataError
from lake_etl.read.source_files import UTF_8, PreparedFile

CONTEXT_BYTES = 64 * 1024
# Encodings of Western files, in order of preference where several fit equally well.
WESTERN = ('windows-1252', 'cp850', 'mac_roman')
# Code pages of mainframes, which agree in blanks, digits and the letters of English.
EBCDIC = ('cp037', 'cp1047')
EBCDIC_BLANK = b'\x40'
EBCDIC_TEXT = EBCDIC_BLANK + ''.join((string.ascii_letters, string.digits)).encode(EBCDIC[0])
# Text of a mainframe consists of little else; in other encodings these bytes are rare signs and letters with accents.
MOSTLY = 0.7


def bad_byte_position(content: bytes, encoding: str) -> int | None:
    """Return the position of the first byte that is not in the encoding; None when all are."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    except UnicodeError:  # Some codecs do not tell the place.
        return 0
    return None


def file_encoding_error(file: PreparedFile, place: int, around: bytes) -> DataError:
    """Return the error for a file with a byte that is not in its encoding.

    place   position of that byte in the content to read, from 0
    around  bytes from there on, from which likely encodings are guessed
    """
    return bad_byte_error(file.name, file.encoding, file.skipped + place, around)


def bad_byte_error(name: str, encoding: str, place: int, around: bytes, line: int | None = None) -> DataError:
    """Return the same error for a file that is not prepared yet.

    line  number of the line with the byte, from 1, if it is known
    """
    in_line = f' in line {line:,}' if line else ''
    error = wrong_encoding_error(name, encoding, f'byte {place + 1:,}{in_line} does not fit it', around)
    return DataError(f'{error} To load the file with U+FFFD in place of such bytes, and to count the rows that have '
                     'any, set "on_undecodable": "replace".')


def wrong_encoding_error(name: str, encoding: str, finding: str, around: bytes) -> DataError:
    """Return the error for a file that is not in the encoding of its input_spec.

    finding  such as `byte 17 does not fit it`
    around   bytes from which likely encodings are guessed; empty if they are not known
    """
    if not around:
        return DataError(f"{name} is not text in encoding '{encoding}': {finding}. Set 'encoding' in the input_spec to "
                         'the encoding of the file.')
    likely = likely_encodings(around)
    return DataError(
        f"{name} is not text in encoding '{encoding}': {finding}. The file is likely {' or '.join(likely)}. Set "
        f"'encoding' in the input_spec to the encoding of the file, such as {likely[0]}.")


def likely_encodings(content: bytes) -> tuple[str, ...]:
    """Return the encodings that text most likely has, the likeliest first."""
    if unicode_encoding := wide_encoding(content):
        return (unicode_encoding,)
    if bad_byte_position(content[:-4], UTF_8) is None and (len(content) > 4 or content.isascii()):
        return (UTF_8,)
    if _is_ebcdic_text(content[:CONTEXT_BYTES]):
        return EBCDIC
    scores = {name: _letters_among_words(content, name) for name in WESTERN}
    best = sorted(WESTERN, key=lambda name: -scores[name])
    return (best[0], *[name for name in best[1:2] if scores[name] * 2 >= scores[best[0]] > 0])


def _is_ebcdic_text(content: bytes) -> bool:
    others = content.translate(None, EBCDIC_TEXT)
    return EBCDIC_BLANK in content and len(content) - len(others) > MOSTLY * len(content)


def wide_encoding(content: bytes) -> str | None:
    """Return UTF-16 or UTF-32 if the content begins with their mark, or has zero bytes as their Western text has."""
    for mark, encoding in ((codecs.BOM_UTF32_LE, 'utf-32'), (codecs.BOM_UTF32_BE, 'utf-32'),
                           (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16')):
        if content.startswith(mark):
            return encoding
    sample = content[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 4 < len(sample) or min(even, odd) * 4 > max(even, odd):
        return None
    return 'utf-16-le' if odd > even else 'utf-16-be'


def _letters_among_words(content: bytes, encoding: str) -> int:
    """Return how many characters beyond ASCII are letters next to a letter, less those that are not."""
    text = content[:CONTEXT_BYTES].decode(encoding, 'replace')
    score = 0
    for position, character in enumerate(text):
        if character > '\x7f':
            neighbours = text[max(position - 1, 0):position] + text[position + 1:position + 2]
            fits = character.isalpha() and any(item.isalpha() and item < '\x7f' for item in neighbours)
            # A capital after a small letter, as Õ in "StraÕe", is a sign of the wrong encoding.
            fits = fits and not (character.isupper() and text[max(position - 1, 0):position].islower())
            score += 1 if fits else -1
    return score


def first_of(places: Iterable[tuple[str, int] | None]) -> tuple[str, int] | None:
    """Return the first place of (address, position) pairs; None when there is none."""
    return min((place for place in places if place), default=None)
