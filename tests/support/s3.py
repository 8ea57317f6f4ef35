"""S3 servers for tests: moto with faults on request, and rclone, which checks signatures."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
from moto.backends import get_backend  # pyright: ignore[reportMissingTypeStubs]
from moto.moto_server.werkzeug_app import (  # pyright: ignore[reportMissingTypeStubs]
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server

from tests.support.waiting import wait_until

# A fault gets one request: it returns an answer, or None to let the request through.
Fault = Callable[[dict[str, Any]], tuple[str, bytes] | None]
# boto3 builds its clients at run time and carries no types.
MAKE: Callable[..., Any] = boto3.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
KEY, SECRET = "AKIAEXAMPLE", "example-secret"


class Moto:
    """An S3 server that fails on request."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.requests: list[str] = []
        self._application: Any = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Generator["Moto"]:
        serving = threading.Thread(target=self._server.serve_forever, daemon=True)
        serving.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            serving.join()
            # All servers of a process share one state, and catalogues have the same name in every test.
            get_backend("glue").reset()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}")
        answer = self.fault(environ) if self.fault else None
        if answer is None:
            return self._application(environ, start_response)
        status, body = answer
        start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]


def failing(times: int, asked: str = "", status: str = "500 Internal Server Error") -> Fault:
    """Answer the first `times` requests whose query contains `asked` with an error."""
    left = [times]

    def fault(environ: dict[str, Any]) -> tuple[str, bytes] | None:
        if environ["REQUEST_METHOD"] != "PUT" or asked not in environ["QUERY_STRING"] or not left[0]:
            return None
        left[0] -= 1
        return status, b"<Error><Code>InternalError</Code><Message>try again</Message></Error>"

    return fault


def cutting(times: int, asked: str = "partNumber=2") -> Fault:
    """Close the connection in the middle of the first `times` parts."""
    left = [times]

    def fault(environ: dict[str, Any]) -> tuple[str, bytes] | None:
        if environ["REQUEST_METHOD"] != "PUT" or asked not in environ["QUERY_STRING"] or not left[0]:
            return None
        left[0] -= 1
        environ["wsgi.input"].read(1000)
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return "200 OK", b""

    return fault


def sleeping(seconds: float) -> Fault:
    """Answer only after `seconds`."""

    def fault(environ: dict[str, Any]) -> tuple[str, bytes] | None:
        if environ["REQUEST_METHOD"] == "PUT":
            time.sleep(seconds)
        return None

    return fault


@contextmanager
def rclone(folder: Path) -> Generator[str]:
    """Serve a folder as S3 in a process that checks every signature, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or "rclone"
    command = [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}", str(folder)]
    environment = {"HOME": str(folder.parent), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(port) or process.poll() is not None, "rclone answers")
            assert process.poll() is None
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def answers(port: int) -> bool:
    """Report whether something listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def client(url: str) -> Any:
    return MAKE("s3", endpoint_url=url, region_name="us-east-1")
