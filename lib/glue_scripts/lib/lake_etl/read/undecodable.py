"""Finds content that is not text in its encoding: in a Spark query its presence, and in Python its place."""
from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.errors import DataError
from lake_etl.read.encoding_check import bad_byte_error, wrong_encoding_error
from lake_etl.read.prepare import BYTE_ORDER_MARK, file_content
from lake_etl.read.source_files import UTF_8, PreparedFile, java_charset

# The text of the error that Spark raises for such a line.
UNDECODABLE = 'a line of the file is not in its encoding'
REPLACEMENT = '\ufffd'


def decoded_text(raw: str, encoding: str, replaces: bool, checked: bool = False) -> Column:
    """Return the text of a column of bytes; a query that reads bytes outside the encoding fails with UNDECODABLE.

    Spark casts any bytes to text and replaces what it cannot decode, both without an error.

    replaces  whether bytes outside the encoding become U+FFFD instead
    checked   whether a query has found all bytes in the encoding already
    """
    charset = java_charset(encoding)
    if checked and not replaces:
        return F.col(raw).cast('string') if charset == UTF_8 else F.decode(F.col(raw), charset)
    if replaces:
        return F.decode(F.col(raw), charset)
    if charset == UTF_8:
        text = F.col(raw).cast('string')
        valid = F.encode(text, UTF_8) == F.col(raw)
    else:
        text = F.decode(F.col(raw), charset)
        valid = ~text.contains(REPLACEMENT)
    return F.when(valid, text).otherwise(F.raise_error(F.lit(UNDECODABLE)).cast('string'))


def decoded_chunks(file: PreparedFile, encoding: str) -> Iterator[str]:
    """Yield the text of a file without its byte-order mark, chunk by chunk.

    Raises DataError with the place of the first byte that is not in the encoding, unless the file says to replace such
    bytes by U+FFFD.
    """
    decoder = codecs.getincrementaldecoder(encoding)('replace' if file.replace_undecodable else 'strict')
    first = True
    try:
        for chunk in chain(file_content(file.uri), (b'',)):
            text = decoder.decode(chunk, final=not chunk)
            yield text.removeprefix(BYTE_ORDER_MARK) if first else text
            first = first and not text
    except UnicodeError:
        raise undecodable_files_error([(file.name, file.uri)], encoding) from None


def undecodable_files_error(files: Sequence[tuple[str, str]], encoding: str) -> DataError:
    """Return the error for the first file that is not in the encoding; reads the files again up to that place.

    files  name for messages, and address, of each file
    """
    found = (_bad_content_error(file_content(uri), name, encoding) for name, uri in files)
    return next((error for error in found if error), None) or wrong_encoding_error(
        files[0][0], encoding, 'a line does not fit it', b'')


def _bad_content_error(chunks: Iterable[bytes], name: str, encoding: str) -> DataError | None:
    """Return the error with the place of the first byte that is not in the encoding; None when all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position, line = 0, 1
    for chunk in chain(chunks, (b'',)):
        waiting = decoder.getstate()[0]
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            start = getattr(error, 'start', 0)
            line += chunk.count(b'\n', 0, max(0, start - len(waiting)))
            return bad_byte_error(name, encoding, position - len(waiting) + start, (waiting + chunk)[start:], line)
        position += len(chunk)
        line += chunk.count(b'\n')
    return None
