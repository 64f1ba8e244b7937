"""Opens a file of the lake for libraries that want a file object; it is fetched in pieces as they read on."""
from __future__ import annotations

import io
from typing import Any

from lake_etl.ports import Files

PIECE = 8 * 1024 * 1024


def open_stored(files: Files, uri: str) -> io.BufferedReader:
    """Return the file as a binary file object that can be read from any position."""
    return io.BufferedReader(_Stored(files, uri, files.size(uri) or 0), PIECE)


class _Stored(io.RawIOBase):
    """The file's bytes by position."""

    def __init__(self, files: Files, uri: str, size: int):
        self._files, self._uri, self._size = files, uri, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, target: Any) -> int:
        content = self._files.read(self._uri, self._position, len(target)) or b''
        target[:len(content)] = content
        self._position += len(content)
        return len(content)
