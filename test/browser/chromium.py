"""Drives a headless Chromium over its debugging pipe: opens pages, runs scripts in them, collects their errors."""
from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'chrome')
SWITCHES = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
            '--disable-background-networking', '--remote-debugging-pipe')
PATIENCE = 60


def find_browser() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """A browser with one page; close it with `close`."""

    def __init__(self, program: str, profile: Path):
        to_browser, commands = os.pipe()
        answers, from_browser = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to 4.
        command = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ['bash', '-c', command, program, *SWITCHES, f'--user-data-dir={profile}', 'about:blank'],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._commands, self._answers, self._rest = commands, answers, b''
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self.errors: list[str] = []
        target = next(item for item in self.call('Target.getTargets')['targetInfos'] if item['type'] == 'page')
        self._session = self.call('Target.attachToTarget', targetId=target['targetId'], flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log'):
            self.call(f'{domain}.enable')

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer to a command of the DevTools protocol."""
        number = next(self._numbers)
        message = {'id': number, 'method': method, 'params': parameters}
        os.write(self._commands, json.dumps(message | ({'sessionId': self._session} if self._session else {})).encode()
                 + b'\0')
        while True:
            answer = self._read()
            if answer.get('id') == number:
                assert 'error' not in answer, answer
                result: dict[str, Any] = answer['result']
                return result

    def open(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self.call('Page.navigate', url=address)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """Return the value of a script in the page."""
        answer = self.call('Runtime.evaluate', expression=script, returnByValue=True)
        assert 'exceptionDetails' not in answer, answer['exceptionDetails']
        return answer['result'].get('value')

    def wait(self, condition: str) -> None:
        """Wait until a script returns true."""
        end = time.monotonic() + PATIENCE
        while not self.run(condition):
            assert time.monotonic() < end, f'The page never met: {condition}'
            time.sleep(0.05)

    def click(self, selector: str) -> None:
        """Click the first element that a selector finds."""
        self.run(f'document.querySelector({json.dumps(selector)}).dispatchEvent('
                 'new MouseEvent("click", {bubbles: true, cancelable: true}))')
        time.sleep(0.1)

    def close(self) -> None:
        """Stop the browser."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        os.close(self._commands)
        os.close(self._answers)

    def _read(self) -> dict[str, Any]:
        while b'\0' not in self._rest:
            piece = os.read(self._answers, 1 << 20)
            assert piece, 'The browser has ended.'
            self._rest += piece
        text, _, self._rest = self._rest.partition(b'\0')
        message: dict[str, Any] = json.loads(text)
        method, parameters = message.get('method'), message.get('params', {})
        if method == 'Runtime.exceptionThrown':
            self.errors.append(str(parameters['exceptionDetails']))
        elif method == 'Runtime.consoleAPICalled' and parameters['type'] in ('error', 'warning', 'assert'):
            self.errors.append(str(parameters['args']))
        elif method == 'Log.entryAdded' and parameters['entry']['level'] in ('error', 'warning'):
            self.errors.append(parameters['entry']['text'])
        return message
