"""The metadata service of AWS as far as a host asks it for the credentials of its role: only with a token (IMDSv2).

Run as a program with an address, it serves at port 80 until it is ended.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROLE = "kalshi-data-production"
TOKEN = "token-of-the-rehearsal"
CREDENTIALS = "/latest/meta-data/iam/security-credentials"


class MetadataAnswer(BaseHTTPRequestHandler):
    """Answers a request for a token, for the name of the role, or for its credentials."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing."""

    def do_PUT(self) -> None:
        """Return a token."""
        self._answer(200 if self.path == "/latest/api/token" else 404, TOKEN)

    def do_GET(self) -> None:
        """Return the name of the role, or its credentials for an hour."""
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self._answer(401, "")
        elif self.path.rstrip("/") == CREDENTIALS:
            self._answer(200, ROLE)
        elif self.path == f"{CREDENTIALS}/{ROLE}":
            self._answer(200, json.dumps(credentials()))
        else:
            self._answer(404, "")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def credentials() -> dict[str, str]:
    """Return what AWS returns; the archive's stand-in accepts any key."""
    now = datetime.now(UTC)
    return {
        "Code": "Success",
        "LastUpdated": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "Type": "AWS-HMAC",
        "AccessKeyId": "any",
        "SecretAccessKey": "anything",
        "Token": "session",
        "Expiration": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    }


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], 80), MetadataAnswer).serve_forever()
