"""Plays a bad network in front of the server that plays AWS: requests that match a fault fail; all are recorded."""
from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

# What only concerns one of the two connections.
OF_A_CONNECTION = {'connection', 'keep-alive', 'transfer-encoding', 'expect', 'content-length'}
ERRORS = {'SlowDown': 503, 'InternalError': 500, 'PreconditionFailed': 412, 'AccessDenied': 403,
          'ProvisionedThroughputExceededException': 400, 'ThrottlingException': 400, 'AccessDeniedException': 400,
          'InternalServiceException': 500, 'InternalServerError': 500}
S3_ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>By the test.</Message></Error>'


@dataclass(frozen=True)
class Request:
    """A request as it came: `operation` is the one of a JSON service, empty for S3; header names are in lower case."""

    method: str
    path: str
    operation: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b'')


@dataclass
class Fault:
    """What happens to the requests that match, the first `times` of them.

    matches  pattern that is searched in `METHOD path` or, of JSON services, in the operation
    act      refuse: answer `code` and do nothing; lose: do it and close the connection without an answer;
             cut: send half of the answer's body and close the connection; mistake: do it and answer `code`
    code     error code of AWS that is answered
    after    number of matching requests that pass first
    """

    matches: str
    act: Literal['refuse', 'lose', 'cut', 'mistake']
    code: str = 'SlowDown'
    times: int = 1
    after: int = 0
    met: int = 0

    @property
    def happened(self) -> int:
        """Return how many requests have met this fault."""
        return min(max(self.met - self.after, 0), self.times)


@dataclass
class RefusedPartition:
    """Lets the Data Catalog refuse to create one partition so many times; the others of its batch are created."""

    values: tuple[str, ...]
    times: int = 1000
    happened: int = 0


class FaultProxy:
    """A proxy at `endpoint`; `faults` and `refused` may be changed at any time, `requests` are those so far."""

    def __init__(self, upstream: str, endpoint: str):
        self.endpoint = endpoint
        self.upstream = upstream
        self.faults: list[Fault] = []
        self.refused: RefusedPartition | None = None
        self.requests: list[Request] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget all faults and requests."""
        self.faults, self.refused, self.requests = [], None, []

    def fault(self, request: Request) -> Fault | None:
        """Record a request and return the fault that it meets."""
        text = request.operation or f'{request.method} {request.path}'
        with self._lock:
            self.requests.append(request)
            for found in self.faults:
                if re.search(found.matches, text):
                    found.met += 1
                    if found.after < found.met <= found.after + found.times:
                        return found
        return None

    def forward(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """Send a request on and return status, headers and body of the answer."""
        body, errors = request.body, list[Any]()
        if self.refused and request.operation.endswith('BatchCreatePartition'):
            body, errors = _without_refused(self.refused, body)
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=120)
        headers = {name: value for name, value in request.headers.items() if name not in OF_A_CONNECTION}
        connection.request(request.method, request.path, body, headers | {'content-length': str(len(body))})
        answer = connection.getresponse()
        content, found = answer.read(), answer.getheaders()
        connection.close()
        if errors:
            content = json.dumps(json.loads(content or b'{}') | {'Errors': errors}).encode()
        return answer.status, found, content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    proxy: FaultProxy

    def do_GET(self) -> None:
        """Answer any request."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers.get('x-amz-target', ''), headers, self._body())
        fault = self.proxy.fault(request)
        if fault and fault.act == 'refuse':
            self._answer(*_error(request, fault.code))
            return
        status, found, content = self.proxy.forward(request)
        if fault and fault.act == 'lose':
            self.close_connection = True
        elif fault and fault.act == 'mistake':
            self._answer(*_error(request, fault.code))
        else:
            self._answer(status, found, content, cut=fault is not None)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

    def _body(self) -> bytes:
        if 'chunked' not in self.headers.get('Transfer-Encoding', ''):
            return self.rfile.read(int(self.headers.get('Content-Length', 0)))
        parts = []
        while size := int(self.rfile.readline().split(b';')[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b''.join(parts)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, cut: bool = False) -> None:
        length = dict((name.lower(), value) for name, value in headers).get('content-length', '0')
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in OF_A_CONNECTION:
                self.send_header(name, value)
        self.send_header('Content-Length', length if self.command == 'HEAD' else str(len(content)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content[:len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    def log_request(self, *_: object) -> None:
        """Say nothing: the proxy records requests."""


def _without_refused(refused: RefusedPartition, body: bytes) -> tuple[bytes, list[Any]]:
    """Return a request without the refused partition, and the errors that its answer gets."""
    content, name = json.loads(body), 'PartitionInputList'
    left = [entry for entry in content[name] if tuple(entry['Values']) != refused.values]
    if len(left) == len(content[name]) or refused.happened >= refused.times:
        return body, []
    refused.happened += 1
    error = {'PartitionValues': list(refused.values),
             'ErrorDetail': {'ErrorCode': 'InternalServiceException', 'ErrorMessage': 'By the test.'}}
    return json.dumps(content | {name: left}).encode(), [error]


def _error(request: Request, code: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return an error as the service of the request answers it."""
    if request.operation:
        content = json.dumps({'__type': code, 'message': 'By the test.'}).encode()
        return ERRORS[code], [('Content-Type', 'application/x-amz-json-1.1')], content
    return ERRORS[code], [('Content-Type', 'application/xml')], S3_ERROR.format(code).encode()


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """Start a proxy in front of a server and end it afterwards."""
    handler = type('Handler', (_Handler,), {})
    server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
    server.daemon_threads = True
    handler.proxy = FaultProxy(upstream, f'http://127.0.0.1:{server.server_address[1]}')
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield handler.proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
