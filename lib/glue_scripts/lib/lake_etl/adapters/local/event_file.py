"""Appends OpenLineage events to a file of one JSON object a line."""
from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from typing import Any


class EventFile:
    """A file with one event on each line, in the order in which they are sent."""

    def __init__(self, path: str):
        self.path = path

    def send(self, event: Mapping[str, Any]) -> None:
        """Append an event in one piece, also while other processes append theirs.

        A line that a killed process left unfinished is ended first.
        """
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, 'ab+') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            file.seek(max(end - 1, 0))
            unfinished = file.read(1) not in (b'', b'\n')
            file.write(b'\n' * unfinished + json.dumps(event, ensure_ascii=False).encode('utf-8', 'replace') + b'\n')
