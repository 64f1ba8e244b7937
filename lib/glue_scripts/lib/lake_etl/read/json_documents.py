"""Splits a file of JSON documents that span lines into one document per line, in bounded memory.

Each document of the file, and each object of an array at its top level, becomes a line of its own. So all tasks can
read the rows, and no document after the first one is lost.
"""
from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.read.prepare import BYTE_ORDER_MARK, file_content
from lake_etl.read.source_files import UTF_8, PreparedFile
from lake_etl.read.undecodable import first_undecodable, undecodable_error

LONGEST_DOCUMENT = 256 * 1024 * 1024
STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)
# A tab is a blank between the parts of a document. Inside a text it is as wrong as a line break.
LINE_BREAKS = str.maketrans('\n\r', '\t\t')
SEPARATORS = ' \t\r\n,'
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnfinishedDocument(ValueError):
    """The text ends inside a document, or a document is longer than LONGEST_DOCUMENT."""


def write_one_per_line(file: PreparedFile, target: str) -> PreparedFile:
    """Write the documents of a file to `target`, one per line in UTF-8, and return that file.

    Raises DataError naming the file when it is not in its encoding, or ends inside a document.
    """
    try:
        runtime.files(target).write_stream(
            target, (f'{document}\n'.encode() for document in split_documents(_text(file))))
    except UnfinishedDocument:
        raise DataError(f'{file.name} ends inside a document: a bracket, a brace or a quote is never closed, or the '
                        'file was cut short. The published data stays as it is; land the complete file '
                        'again.') from None
    except UnicodeError:
        raise first_undecodable(file_content(file.uri), file.name, file.encoding) or undecodable_error(
            file.name, file.encoding) from None
    return PreparedFile(file.name, target, runtime.files(target).size(target) or 0)


def _text(file: PreparedFile) -> Iterator[str]:
    chunks = file_content(file.uri)
    first = next(chunks, b'')
    named_utf_8 = codecs.lookup(file.encoding).name == UTF_8
    encoding = 'utf-16' if named_utf_8 and first.startswith(UTF_16_MARKS) else file.encoding
    decoder = codecs.getincrementaldecoder(encoding)()
    for number, chunk in enumerate(chain((first,), chunks, (b'',))):
        text = decoder.decode(chunk, final=number > 0 and not chunk)
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 0 else text


def split_documents(chunks: Iterable[str]) -> Iterator[str]:
    """Yield each document on one line, in order; text between documents that is no separator is a document, too.

    Raises UnfinishedDocument when the text ends inside a document or an array.
    """
    splitter = _Splitter()
    for chunk in chunks:
        splitter.text += chunk
        yield from splitter.complete_documents()
        if len(splitter.text) > LONGEST_DOCUMENT:
            raise UnfinishedDocument
    yield from splitter.rest()


class _Splitter:
    """The text that is not yet split.

    position  up to which the text has been scanned
    start     of the open document; between documents, of the text since the last one
    depth     of brackets and braces around the position, without the array at the top level
    in_array  whether the position is inside an array at the top level
    """

    def __init__(self) -> None:
        self.text = ''
        self._position = 0
        self._start = 0
        self._depth = 0
        self._in_array = False

    def complete_documents(self) -> Iterator[str]:
        """Yield the documents that are complete, and discard their text."""
        while match := STRUCTURE.search(self.text, self._position):
            token = match[0]
            if token == '"':
                self._position = match.start()  # A text whose end is not there yet.
                break
            self._position = match.end()
            if token in '{[':
                yield from self._open(token, match.start())
            elif token in '}]':
                yield from self._close(token, match.end())
        else:
            self._position = len(self.text)
        self.text = self.text[self._start:]
        self._position -= self._start
        self._start = 0

    def _open(self, token: str, position: int) -> Iterator[str]:
        if self._depth == 0:
            yield from self._between(position)
            if token == '[' and not self._in_array:
                self._in_array, self._start = True, position + 1
                return
        self._depth += 1

    def _close(self, token: str, end: int) -> Iterator[str]:
        if self._depth > 1:
            self._depth -= 1
        elif self._depth == 1:
            self._depth = 0
            yield self._take(end)
        elif token == ']' and self._in_array:
            yield from self._between(end - 1)
            self._in_array, self._start = False, end

    def _between(self, end: int) -> Iterator[str]:
        """Yield the text since the last document, unless it only separates documents."""
        text = self._take(end)
        if text.strip(SEPARATORS):
            yield text.strip(SEPARATORS)

    def _take(self, end: int) -> str:
        text = self.text[self._start:end].translate(LINE_BREAKS)
        self._start = end
        return text

    def rest(self) -> Iterator[str]:
        """Yield the text after the last document; raises UnfinishedDocument when a document or array is open."""
        if self._depth or self._in_array or '"' in self.text[self._position:]:
            raise UnfinishedDocument
        yield from self._between(len(self.text))
