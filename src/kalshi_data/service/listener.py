"""Answers HTTP requests in threads: few at once, each in a bounded time, so no client keeps others from answers."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any, NamedTuple, Protocol

# From the connection to the end of the answer, however a client divides its bytes.
REQUEST_SECONDS_MAX = 5
REQUESTS_MAX = 16
# How many connections the kernel keeps until they are taken.
BACKLOG = 128
TEXT = "text/plain; charset=utf-8"
# A browser takes an answer for nothing else than it says, and keeps no copy.
CAUTIOUS: Mapping[str, str] = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class HttpRequest(NamedTuple):
    """A request to read something: path and query as sent, the client's address, and two of its headers."""

    target: str
    client: str = "127.0.0.1"
    host: str = "localhost"
    accept: str = ""

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


class HttpAnswer(NamedTuple):
    """What a client gets."""

    status: HTTPStatus
    content_type: str
    body: bytes
    headers: Mapping[str, str] = CAUTIOUS


class Site(Protocol):
    """Pages beside /health and /metrics."""

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request; it raises nothing."""
        ...

    def close(self) -> None:
        """Close what is open, such as connections to databases."""
        ...


class Listener(ThreadingHTTPServer):
    """Answers at most REQUESTS_MAX requests at once; a further one takes the place of the oldest.

    So clients that send slowly, or read slowly, keep no other from an answer.
    """

    daemon_threads = True
    request_queue_size = BACKLOG
    timeout = 0.2  # how long handle_request waits

    def __init__(self, address: tuple[str, int], answer: Callable[[HttpRequest], HttpAnswer]) -> None:
        """Listen on an address.

        Raises:
            OSError: the address is in use, or not one of this machine's.
        """
        self._lock = threading.Lock()
        self._began_at: dict[Any, float] = {}  # by connection, oldest first
        super().__init__(address, type("Handler", (RequestHandler,), {"answer": staticmethod(answer)}))

    def close_slow(self) -> None:
        """End the requests that take too long."""
        oldest = time.monotonic() - REQUEST_SECONDS_MAX
        with self._lock:
            for request in [request for request, began_at in self._began_at.items() if began_at < oldest]:
                self._end(request)

    def process_request(self, request: "socket | tuple[bytes, socket]", client_address: Any) -> None:
        """Answer in a thread of its own."""
        with self._lock:
            while len(self._began_at) >= REQUESTS_MAX:
                self._end(next(iter(self._began_at)))
            self._began_at[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: "socket | tuple[bytes, socket]") -> None:
        """Forget a request that is answered."""
        with self._lock:
            self._began_at.pop(request, None)
            super().shutdown_request(request)

    def _end(self, request: Any) -> None:
        """Wake the thread of a request, which closes the connection."""
        self._began_at.pop(request, None)
        with suppress(OSError):
            request.shutdown(SHUT_RDWR)

    def handle_error(self, request: "socket | tuple[bytes, socket]", client_address: Any) -> None:
        """Log nothing about clients that close the connection."""
        del request, client_address


class RequestHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; whatever else a client asks for is refused."""

    answer: Callable[[HttpRequest], HttpAnswer]
    timeout = REQUEST_SECONDS_MAX
    server_version = "kalshi-data"
    sys_version = ""

    def do_GET(self) -> None:
        """Send an answer."""
        self._send(has_body=True)

    def do_HEAD(self) -> None:
        """Send an answer without its body."""
        self._send(has_body=False)

    def _send(self, *, has_body: bool) -> None:
        asked = (self.headers.get("Host", ""), self.headers.get("Accept", ""))
        self._write(self.answer(HttpRequest(self.path, self.client_address[0], *asked)), has_body=has_body)

    def _write(self, answer: HttpAnswer, *, has_body: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if has_body:
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request in plain text: what the client sent is not repeated."""
        del message, explain
        unknown = code == HTTPStatus.NOT_IMPLEMENTED
        status = HTTPStatus.METHOD_NOT_ALLOWED if unknown else HTTPStatus(code)
        headers = {**CAUTIOUS, **({"Allow": "GET, HEAD"} if unknown else {})}
        self.close_connection = True
        self._write(HttpAnswer(status, TEXT, f"{status.phrase}\n".encode(), headers), has_body=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log no requests."""
