"""Finds content that is not text in its encoding: in a Spark query its presence, and in Python its place."""
from __future__ import annotations

import codecs
from collections.abc import Iterable
from itertools import chain

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.errors import DataError
from lake_etl.read.source_files import UTF_8, java_charset

# The text of the error that Spark raises for such a line.
UNDECODABLE = 'a line of the file is not in its encoding'
REPLACEMENT = '\ufffd'
SAMPLE_BYTES = 64 * 1024
CANDIDATES = ('utf-8', 'windows-1252', 'iso-8859-1')


def decoded_text(raw: str, encoding: str) -> Column:
    """Return the text of a column of bytes; a query that reads bytes outside the encoding fails with UNDECODABLE.

    Spark casts any bytes to text and replaces what it cannot decode, both without an error.
    """
    charset = java_charset(encoding)
    if charset == UTF_8:
        text = F.col(raw).cast('string')
        valid = F.encode(text, UTF_8) == F.col(raw)
    else:
        text = F.decode(F.col(raw), charset)
        valid = ~text.contains(REPLACEMENT)
    return F.when(valid, text).otherwise(F.raise_error(F.lit(UNDECODABLE)).cast('string'))


def first_undecodable(chunks: Iterable[bytes], name: str, encoding: str) -> DataError | None:
    """Return the error for a file that is not in its encoding, with the place of the first such byte; else None.

    chunks  the content of the file, not compressed
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    position, line, pending = 0, 1, 0
    for chunk in chain(chunks, (b'',)):
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            # The content of the error begins with the bytes that the decoder still had from the chunk before.
            line += error.object.count(b'\n', pending, error.start)
            place = f' at byte {position - pending + error.start + 1:,}, in line {line:,}'
            return undecodable_error(name, encoding, place, likely_encodings(error.object[:SAMPLE_BYTES], encoding))
        except UnicodeError:
            return undecodable_error(name, encoding)
        position += len(chunk)
        line += chunk.count(b'\n')
        pending = len(decoder.getstate()[0])
    return None


def likely_encodings(content: bytes, named: str) -> tuple[str, ...]:
    """Return the common encodings, other than the named one, in which the content is text."""
    if content.count(0) > len(content) // 4:
        return ('utf-16',)
    return tuple(name for name in CANDIDATES if codecs.lookup(name) != codecs.lookup(named) and _decodes(content, name))


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def undecodable_error(name: str, encoding: str, place: str = '', likely: tuple[str, ...] = ()) -> DataError:
    """Return the error for a file that is not in its encoding.

    place   such as ` at byte 10, in line 1`, if it is known
    likely  the encodings that the file may have, if any are known
    """
    return DataError(f"{name} is not text in encoding '{encoding}': its content cannot be decoded{place}. The "
                     "published data stays as it is. Set 'encoding' in the input_spec to the encoding of the file, "
                     f'such as {" or ".join(likely or CANDIDATES[1:2])}, or land the file again in {encoding}.')
