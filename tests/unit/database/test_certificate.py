"""When the certificate of a PostgreSQL server ends, asked of a server that speaks only the start of the protocol."""

import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509

from kalshi_data.database.certificate import TLS_REQUEST, read_certificate_end
from tests.support.plain_store import write_certificate


@contextmanager
def server(certificate: Path, answer: bytes = b"S") -> Generator[int]:
    """Answer one client as PostgreSQL does before a session begins; yield the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client, suppress(OSError):
                assert client.recv(8) == TLS_REQUEST
                client.sendall(answer)
                with context.wrap_socket(client, server_side=True) as secure:
                    secure.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path / "server.pem")


def test_the_end_is_that_of_the_certificate_the_server_shows(certificate: Path) -> None:
    with server(certificate) as port:
        conninfo = f"host=127.0.0.1 port={port} dbname=kalshi sslmode=verify-full sslrootcert={certificate}"
        end = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
        assert read_certificate_end(conninfo) == end.timestamp()


def test_a_certificate_that_is_not_trusted_is_an_error(certificate: Path, tmp_path: Path) -> None:
    other = write_certificate(tmp_path / "other.pem")
    with server(certificate) as port, pytest.raises(ssl.SSLCertVerificationError):
        read_certificate_end(f"host=127.0.0.1 port={port} sslmode=verify-full sslrootcert={other}")


def test_a_server_without_tls_is_an_error(certificate: Path) -> None:
    with server(certificate, b"N") as port, pytest.raises(OSError, match="does not accept TLS"):
        read_certificate_end(f"host=127.0.0.1 port={port} sslmode=verify-ca sslrootcert={certificate}")


@pytest.mark.parametrize(
    "conninfo",
    ["dbname=kalshi", "host=/run/postgresql sslmode=verify-full", "host=database.example.test sslmode=require"],
)
def test_a_connection_that_checks_no_certificate_has_no_end(conninfo: str) -> None:
    assert read_certificate_end(conninfo) is None
