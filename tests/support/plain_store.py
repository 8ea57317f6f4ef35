"""A store that speaks S3 over TLS, as others than Amazon's do: it may refuse what is newer than signature version 4."""

import hashlib
import ipaddress
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Answer = tuple[int, str, str]
Headers = dict[str, str]
# Returns the status, code and message of a refusal, or None to take the request.
Refusal = Callable[[Headers], Answer | None]


def write_certificate(file: Path) -> Path:
    """Write a certificate for this machine, which signs itself, with its key."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return file


def has_trailer(headers: Headers) -> bool:
    return "TRAILER" in headers.get("x-amz-content-sha256", "") or "aws-chunked" in headers.get("content-encoding", "")


def without_trailers(status: int, code: str, message: str) -> Refusal:
    return lambda headers: (status, code, message) if has_trailer(headers) else None


def without_checksum_headers(headers: Headers) -> Answer | None:
    """Refuse uploads and downloads that name a checksum."""
    odd = [name for name in headers if name.startswith(("x-amz-checksum", "x-amz-sdk-checksum"))]
    return (400, "InvalidArgument", f"Unsupported header '{odd[0]}'") if odd else None


def without_storage_class(headers: Headers) -> Answer | None:
    return (400, "InvalidStorageClass", "") if "x-amz-storage-class" in headers else None


class PlainStore(ThreadingHTTPServer):
    """Objects in memory; a body must have the sha256 that its signature contains."""

    daemon_threads = True

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.refusal = refusal
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.hashed_bodies = 0

    @contextmanager
    def running(self, certificate: Path) -> Generator[str]:
        """Serve with a certificate and its key in one file, and yield the address."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        serving = threading.Thread(target=self.serve_forever, daemon=True)
        serving.start()
        try:
            yield f"https://localhost:{self.server_port}"
        finally:
            self.shutdown()
            self.server_close()
            serving.join()


class Answering(BaseHTTPRequestHandler):
    """Answers the requests of one client."""

    protocol_version = "HTTP/1.1"
    server: PlainStore  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing."""

    def _refused(self, body: bytes) -> Answer | None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        wanted = headers.get("x-amz-content-sha256", "")
        if len(wanted) == hashlib.sha256().digest_size * 2:
            self.server.hashed_bodies += bool(body) and self.command == "PUT"
            if hashlib.sha256(body).hexdigest() != wanted:
                return 400, "XAmzContentSHA256Mismatch", "The body has another sha256 than its header."
        return self.server.refusal(headers)

    def _answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _take(self) -> tuple[str, dict[str, list[str]], bytes] | None:
        """Return the path, the query and the body of a request, unless it is refused."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if refused := self._refused(body):
            status, code, message = refused
            self._answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())
            return None
        parts = urlsplit(self.path)
        return parts.path, parse_qs(parts.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        """Store an object, or a part of one."""
        if taken := self._take():
            path, query, body = taken
            if "partNumber" in query:
                self.server.parts[int(query["partNumber"][0])] = body
            else:
                self.server.objects[path] = body
            self._answer(200, ETag=f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')

    def do_POST(self) -> None:
        """Begin or complete an upload in parts."""
        if taken := self._take():
            path, query, _ = taken
            if "uploads" in query:
                self._answer(
                    200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
                )
                return
            self.server.objects[path] = b"".join(self.server.parts[number] for number in sorted(self.server.parts))
            self.server.parts.clear()
            self._answer(200, b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>')

    def do_GET(self) -> None:
        """Return an object, or the range of it that is asked for."""
        if (taken := self._take()) is None:
            return
        content = self.server.objects.get(taken[0])
        if content is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif span := self.headers.get("Range", "").removeprefix("bytes="):
            first, _, last = span.partition("-")
            end = int(last or len(content) - 1) + 1
            ranged = f"bytes {first}-{end - 1}/{len(content)}"
            self._answer(206, content[int(first) : end], ETag='"e"', Content_Range=ranged)
        else:
            self._answer(200, content, ETag='"e"')

    def do_HEAD(self) -> None:
        """Return the size of an object."""
        if taken := self._take():
            content = self.server.objects.get(taken[0])
            self._answer(200 if content is not None else 404, length=len(content or b""), ETag='"e"')

    def do_DELETE(self) -> None:
        """Drop the parts of an upload."""
        if self._take():
            self.server.parts.clear()
            self._answer(204)
