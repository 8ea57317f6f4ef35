"""Serves a program's health report at /health, its metrics at /metrics, and its status page beside them."""

import enum
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from kalshi_data.service.listener import REQUEST_SECONDS_MAX, TEXT, HttpAnswer, HttpRequest, Listener, Site
from kalshi_data.settings import Section
from kalshi_data.shard import Shard

log = structlog.get_logger()

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]

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
    """The address of /health, /metrics and the status page; port 0 serves none of them."""

    host: Annotated[
        str,
        msgspec.Meta(
            description=(
                "Address that serves `/health` and `/metrics`, and to clients on this host the status page at `/`."
            )
        ),
    ] = "127.0.0.1"
    port: Port = 0

    def of_shard(self, shard: Shard) -> "Endpoint":
        """Return the address of a shard, whose port is the one after that of the shard before it."""
        return Endpoint(host=self.host, port=self.port and self.port + shard.number - 1)


class HealthServer:
    """Serves /health, /metrics and a site in its own threads, which also run the callbacks."""

    def __init__(
        self,
        endpoint: Endpoint,
        evaluate: Callable[[], HealthReport],
        registry: CollectorRegistry,
        site: Site | None = None,
    ) -> None:
        """Prepare to serve the health report that `evaluate` gives, the metrics of `registry`, and a site."""
        self._endpoint = endpoint
        self._evaluate = evaluate
        self._registry = registry
        self._site = site
        self._stop = threading.Event()
        self._listener: Listener | None = None
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
        if self._site:
            self._site.close()

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
            self._listener = Listener(address, self._answer)
        except OSError as error:
            place, reason = "{}:{}".format(*address), error.strerror or str(error)
            log.error("cannot serve /health, set another [health] port or 0 for none", address=place, error=reason)
            return False
        return True

    def _answer(self, request: HttpRequest) -> HttpAnswer:
        own = {"/health": self._health, "/metrics": self._metrics}
        if answer := own.get(request.path):
            return self._guarded(answer, request)
        if self._site:
            return self._site.answer(request)
        return HttpAnswer(HTTPStatus.NOT_FOUND, TEXT, f"here are {' and '.join(own)}\n".encode())

    def _guarded(self, answer: Callable[[HttpRequest], HttpAnswer], request: HttpRequest) -> HttpAnswer:
        """Answer; a rule that fails must show in the answer, and must not end the program."""
        try:
            return answer(request)
        except Exception as error:
            log.exception("page failed", path=request.path)
            reason = Reason(Severity.UNHEALTHY, "page", f"{request.path} failed: {type(error).__name__}: {error}")
            body = msgspec.json.encode(HealthReport((reason,)).document()) + b"\n"
            return HttpAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, "application/json", body)

    def _health(self, _: HttpRequest) -> HttpAnswer:
        """Answer 503 if the program is unhealthy, so that a check needs no parser."""
        health_report = self._evaluate()
        unhealthy = health_report.severity is Severity.UNHEALTHY
        status = HTTPStatus.SERVICE_UNAVAILABLE if unhealthy else HTTPStatus.OK
        return HttpAnswer(status, "application/json", msgspec.json.encode(health_report.document()) + b"\n")

    def _metrics(self, request: HttpRequest) -> HttpAnswer:
        encode, content_type = choose_encoder(request.accept)
        return HttpAnswer(HTTPStatus.OK, content_type, encode(self._registry))
