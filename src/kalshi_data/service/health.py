"""Serves a program's health report at /health and its metrics at /metrics."""

import enum
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Annotated, Any, NamedTuple

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from kalshi_data.settings import Section

log = structlog.get_logger()

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]

# From the connection to the end of the answer, however a client divides its bytes.
REQUEST_SECONDS_MAX = 5
REQUESTS_MAX = 16
# How many connections the kernel keeps until they are taken.
BACKLOG = 128
# If another program holds the port, it is tried again: a program does not end because it cannot serve its health.
LISTEN_AGAIN_SECONDS = 30.0


class Severity(enum.IntEnum):
    """How bad a reason is; the worst reason decides."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2


class Reason(NamedTuple):
    """Why a program is not healthy: `check` names the rule in a word or two, `text` explains it to people."""

    severity: Severity
    check: str
    text: str


class HealthReport(NamedTuple):
    """A program's health, with all reasons."""

    reasons: tuple[Reason, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of the worst reason."""
        return max((reason.severity for reason in self.reasons), default=Severity.HEALTHY)

    @property
    def status(self) -> str:
        """The severity as a word: healthy, degraded or unhealthy."""
        return self.severity.name.lower()

    def document(self) -> dict[str, Any]:
        """Return the report as /health serves it in JSON."""
        reasons = [{**reason._asdict(), "severity": reason.severity.name.lower()} for reason in self.reasons]
        return {"status": self.status, "reasons": reasons}


class Endpoint(Section):
    """The address of /health and /metrics; port 0 serves neither."""

    host: Annotated[str, msgspec.Meta(description="Address that serves `/health` and `/metrics`.")] = "127.0.0.1"
    port: Port = 0


class HealthServer:
    """Serves /health and /metrics in its own threads, which also run the callbacks."""

    def __init__(self, endpoint: Endpoint, evaluate: Callable[[], HealthReport], registry: CollectorRegistry) -> None:
        """Prepare to serve the health report that `evaluate` gives and the metrics of `registry`."""
        self._endpoint = endpoint
        self._evaluate = evaluate
        self._registry = registry
        self._stop = threading.Event()
        self._listener: _Listener | None = None
        self._thread = threading.Thread(target=self._serve, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, 0 if it does not listen."""
        return self._listener.server_port if self._listener else 0

    def start(self) -> None:
        """Start to serve, unless the port is 0; a port in use is tried again later."""
        if self._endpoint.port:
            self._listen()
            self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(REQUEST_SECONDS_MAX)

    def _serve(self) -> None:
        while not self._stop.is_set():
            if self._listener:
                self._listener.handle_request()
                self._listener.close_slow()
            elif not self._listen():
                self._stop.wait(LISTEN_AGAIN_SECONDS)
        if self._listener:
            self._listener.server_close()

    def _listen(self) -> bool:
        address = (self._endpoint.host, self._endpoint.port)
        try:
            self._listener = _Listener(address, self._pages())
        except OSError as error:
            place, reason = "{}:{}".format(*address), error.strerror or str(error)
            log.error("cannot serve /health, set another [health] port or 0 for none", address=place, error=reason)
            return False
        return True

    def _pages(self) -> type[BaseHTTPRequestHandler]:
        """Return a request handler that knows this server's pages."""
        pages = {"/health": self._health, "/metrics": self._metrics}
        return type("Pages", (_Pages,), {"pages": pages})

    def _health(self, _: str) -> "_Page":
        """Answer 503 if the program is unhealthy, so that a check needs no parser."""
        health_report = self._evaluate()
        unhealthy = health_report.severity is Severity.UNHEALTHY
        status = HTTPStatus.SERVICE_UNAVAILABLE if unhealthy else HTTPStatus.OK
        return _Page(status, "application/json", msgspec.json.encode(health_report.document()) + b"\n")

    def _metrics(self, accept: str) -> "_Page":
        encode, content_type = choose_encoder(accept)
        return _Page(HTTPStatus.OK, content_type, encode(self._registry))


class _Page(NamedTuple):
    status: HTTPStatus
    content_type: str
    body: bytes


class _Listener(ThreadingHTTPServer):
    """Answers at most REQUESTS_MAX requests at once; a further one takes the place of the oldest.

    So clients that send slowly, or read slowly, keep no other from an answer.
    """

    daemon_threads = True
    request_queue_size = BACKLOG
    timeout = 0.2  # how long handle_request waits

    def __init__(self, address: tuple[str, int], pages: type[BaseHTTPRequestHandler]) -> None:
        self._lock = threading.Lock()
        self._began_at: dict[Any, float] = {}  # by connection, oldest first
        super().__init__(address, pages)

    def close_slow(self) -> None:
        """End the requests that take too long."""
        oldest = time.monotonic() - REQUEST_SECONDS_MAX
        with self._lock:
            for request in [request for request, began_at in self._began_at.items() if began_at < oldest]:
                self._end(request)

    def process_request(self, request: "socket | tuple[bytes, socket]", client_address: Any) -> None:
        with self._lock:
            while len(self._began_at) >= REQUESTS_MAX:
                self._end(next(iter(self._began_at)))
            self._began_at[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: "socket | tuple[bytes, socket]") -> None:
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


class _Pages(BaseHTTPRequestHandler):
    """Answers GET with one of its pages."""

    pages: dict[str, Callable[[str], _Page]]
    timeout = REQUEST_SECONDS_MAX

    def do_GET(self) -> None:
        page = self._page(self.path.partition("?")[0])
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def _page(self, path: str) -> _Page:
        if path not in self.pages:
            known = " and ".join(self.pages)
            return _Page(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", f"here are {known}\n".encode())
        try:
            return self.pages[path](self.headers.get("Accept", ""))
        except Exception as error:
            # A rule that fails must show in the answer, and must not end the program.
            log.exception("page failed", path=path)
            reason = Reason(Severity.UNHEALTHY, "page", f"{path} failed: {type(error).__name__}: {error}")
            body = msgspec.json.encode(HealthReport((reason,)).document()) + b"\n"
            return _Page(HTTPStatus.INTERNAL_SERVER_ERROR, "application/json", body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log no requests."""
