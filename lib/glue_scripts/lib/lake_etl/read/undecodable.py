"""Finds the first byte of a file that is not text in its encoding, for the error that refuses the file."""
from __future__ import annotations

import codecs

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.read.prepare import READ_BYTES, open_file
from lake_etl.read.source_files import UTF_8, PreparedFile, SourceFiles, java_charset

# The text of the error that Spark raises for such a line.
UNDECODABLE = 'a line of the file is not in its encoding'
REPLACEMENT = '\ufffd'
SAMPLE_BYTES = 64 * 1024
CANDIDATES = ('utf-8', 'windows-1252', 'iso-8859-1')


def decoded_text(raw: str, encoding: str) -> Column:
    """Return the text of a column of bytes; a query that reads a line outside the encoding fails with UNDECODABLE.

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


def undecodable_error(source: SourceFiles) -> DataError:
    """Return the error for the first file whose content is not in its encoding, with the place of the first such byte.

    Reads the files again, up to that byte.
    """
    for file in source.files:
        if (found := first_undecodable(file)) is not None:
            return found
    return _error(source.name, source.encoding, '', ())


def first_undecodable(file: PreparedFile) -> DataError | None:
    """Return the error for a file that is not in its encoding; None when all of it is."""
    stream = open_file(runtime.files(file.uri), file.uri)
    decoder = codecs.getincrementaldecoder(file.encoding)()
    position, line, pending = 0, 1, 0
    while True:
        chunk = stream.read(READ_BYTES)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            # The decoder's object begins with the bytes that it kept from the chunk before.
            line += error.object.count(b'\n', pending, error.start)
            place = f' at byte {position - pending + error.start + 1:,}, in line {line:,}'
            return _error(file.name, file.encoding, place, likely_encodings(error.object[:SAMPLE_BYTES], file.encoding))
        except UnicodeError:
            return _error(file.name, file.encoding, '', ())
        if not chunk:
            return None
        position += len(chunk)
        line += chunk.count(b'\n')
        pending = len(decoder.getstate()[0])


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


def _error(name: str, encoding: str, place: str, likely: tuple[str, ...]) -> DataError:
    likely = likely or ('windows-1252',)
    return DataError(f"{name} is not text in encoding '{encoding}': its content cannot be decoded{place}. The "
                     "published data stays as it is. Set 'encoding' in the input_spec to the encoding of the file, "
                     f'such as {" or ".join(likely)}, or land the file again in {encoding}.')
