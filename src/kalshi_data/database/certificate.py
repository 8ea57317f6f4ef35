"""When the certificate of a PostgreSQL server ends: without it, clients that check it cannot connect."""

import socket
import ssl
from typing import Any

from psycopg.conninfo import conninfo_to_dict

# What a client of PostgreSQL sends before TLS begins, and the answer of a server that has it.
TLS_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
TLS_ACCEPTED = b"S"
PORT = 5432
ANSWER_SECONDS_MAX = 5.0
CHECKED = frozenset({"verify-ca", "verify-full"})


def read_certificate_end(conninfo: str) -> float | None:
    """Return when the certificate of a server ends, in seconds since 1970; None if the connection checks none.

    Raises:
        OSError: the server cannot be reached, has no TLS, or its certificate is not trusted.
    """
    parts = conninfo_to_dict(conninfo)
    host = str(parts.get("hostaddr") or parts.get("host") or "")
    if parts.get("sslmode") not in CHECKED or not host or host.startswith("/"):
        return None
    context = _context(str(parts.get("sslrootcert") or "system"))
    with socket.create_connection((host, int(parts.get("port") or PORT)), ANSWER_SECONDS_MAX) as plain:
        plain.sendall(TLS_REQUEST)
        if plain.recv(1) != TLS_ACCEPTED:
            raise ConnectionRefusedError(f"the server at {host} does not accept TLS")
        with context.wrap_socket(plain) as secure:
            certificate: dict[str, Any] = secure.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(certificate["notAfter"]))


def _context(root_certificate: str) -> ssl.SSLContext:
    """Return a context that trusts what libpq trusts; the name of the host is libpq's to check."""
    context = ssl.create_default_context(cafile=None if root_certificate == "system" else root_certificate)
    context.check_hostname = False
    # libpq accepts a server's own certificate as the root, too.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
