"""Runs Lambda functions in separate processes, which reach moto over HTTP."""
from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).with_name('lambda_runtime.py')


class FunctionError(Exception):
    """What a handler raised."""

    def __init__(self, payload: Mapping[str, Any]):
        super().__init__(f'{payload["errorType"]}: {payload["errorMessage"]}\n' + '\n'.join(payload['stackTrace']))
        self.payload = payload


class Function:
    """A function: its asset, its handler, and as many processes as there are calls at the same time.

    variables  of the environment of its processes, which have no others
    """

    def __init__(self, asset: Path, handler: str, variables: Mapping[str, str]):
        self._command = [sys.executable, '-I', str(RUNTIME), str(asset), handler]
        self._variables = dict(variables)
        self._idle: list[subprocess.Popen[str]] = []
        self._all: list[subprocess.Popen[str]] = []
        self._choosing = threading.Lock()

    def __call__(self, event: Mapping[str, Any]) -> Any:
        """Return the handler's answer; raises FunctionError."""
        process = self._take()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(event) + '\n')
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        with self._choosing:
            self._idle.append(process)
        if 'error' in answer:
            raise FunctionError(answer['error'])
        return answer['answer']

    def start(self) -> None:
        """Begin a process before the first call."""
        process = self._take()
        with self._choosing:
            self._idle.append(process)

    def stop(self) -> None:
        """End all processes."""
        for process in self._all:
            process.communicate()

    def _take(self) -> subprocess.Popen[str]:
        with self._choosing:
            if self._idle:
                return self._idle.pop()
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                       env=self._variables)
            self._all.append(process)
            return process
