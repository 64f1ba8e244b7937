"""Decodes columns of text in one-byte encodings and UTF-8 with numpy and Arrow; outer blanks are removed."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.read.cobol_decimals import Mask
from lake_etl.read.cobol_numbers import Bytes
from lake_etl.syntax.code_pages import single_byte_table

REPLACEMENT = '\ufffd'
BLANKS = ' \x00'
NATIONAL = 'utf-16-be'


@dataclass(frozen=True)
class TextCode:
    """How the bytes of text become UTF-8.

    encoding  by its name
    ascii     the ASCII character of each byte, 0x80 and above if it has none; None if the encoding has characters of
              several bytes
    utf8      the bytes in UTF-8 of each byte's character, padded to three
    lengths   number of these bytes
    unknown   which bytes have no character; they become U+FFFD
    """

    encoding: str
    ascii: Bytes | None
    utf8: Bytes
    lengths: Bytes
    unknown: Mask


def text_code(encoding: str) -> TextCode:
    """Return how an encoding becomes UTF-8."""
    table = single_byte_table(encoding)
    encoded = [character.encode() for character in table or ' ' * 256]
    utf8 = np.array([list(item.ljust(3, b'\0')) for item in encoded], dtype=np.uint8)
    return TextCode(encoding, None if table is None else utf8[:, 0].copy(), utf8,
                    np.array([len(item) for item in encoded], dtype=np.uint8),
                    np.array([character == REPLACEMENT for character in table or ' ' * 256]))


def decode_text_column(content: Bytes, code: TextCode) -> tuple[pa.Array, Mask | None]:
    """Return a column of text, null where it is blank, and where bytes are not in the encoding; None if nowhere.

    content  the bytes of the field, one row for each record
    """
    if code.ascii is None:
        return _decoded_by_python(content, code.encoding)
    first = code.ascii[content]
    if not (first & 0x80).any():
        return trimmed(_fixed_strings(first)), None
    unknown: Mask | None = np.any(code.unknown[content], axis=1) if code.unknown.any() else None
    lengths = code.lengths[content]
    kept = np.arange(code.utf8.shape[1], dtype=np.uint8) < lengths[:, :, None]
    data = code.utf8[content][kept]
    offsets = np.zeros(len(content) + 1, dtype=np.int64)
    np.cumsum(lengths.sum(axis=1, dtype=np.int64), out=offsets[1:])
    return trimmed(_strings(data, offsets)), unknown


def decode_national(content: Bytes) -> tuple[pa.Array, Mask | None]:
    """Return a column of national text, which is UTF-16 with the higher byte first."""
    return _decoded_by_python(content, NATIONAL)


def trimmed(texts: pa.StringArray) -> pa.StringArray:
    """Return texts without blanks and low values at both ends; null where nothing is left."""
    found = pc.utf8_trim(texts, characters=BLANKS)
    empty = pc.equal(pc.binary_length(found), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), found) if pc.any(empty).as_py() else found


def _fixed_strings(content: Bytes) -> pa.StringArray:
    rows, width = content.shape
    return _strings(content, np.arange(rows + 1, dtype=np.int64) * width)


def _strings(content: Bytes, offsets: NDArray[np.int64]) -> pa.StringArray:
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets.astype(np.int32)),
                                       pa.py_buffer(np.ascontiguousarray(content)))


def _decoded_by_python(content: Bytes, encoding: str) -> tuple[pa.Array, Mask | None]:
    width = content.shape[1]
    if encoding != NATIONAL and not (content & 0x80).any():
        return trimmed(_fixed_strings(content)), None
    raw = np.ascontiguousarray(content).tobytes()
    texts = [raw[start:start + width].decode(encoding, 'replace') for start in range(0, len(raw), width)]
    wrong = np.array([REPLACEMENT in text for text in texts], dtype=bool)
    return trimmed(pa.array(texts, pa.string())), wrong if wrong.any() else None
