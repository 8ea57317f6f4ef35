"""The bucket of a run, in an S3 server of this process, which refuses requests while a fault lasts."""

import itertools
import logging
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.campaign.proxies import Proxies
from tests.support.s3 import KEY, MAKE, SECRET, Moto

BUCKET = "campaign"
# Of this many requests one is answered while the bucket has errors.
REFUSED_OF = 3
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
# Programs know its keys by their environment.
ENVIRONMENT = ("env", f"AWS_ACCESS_KEY_ID={KEY}", f"AWS_SECRET_ACCESS_KEY={SECRET}")


class BucketServer:
    """An S3 server for the buckets of all runs of this process; its context ends it."""

    def __init__(self) -> None:
        """Prepare it, without a line in the log for each request."""
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self.refused: set[str] = set()
        self._server = Moto()
        self._server.fault = self._refuse
        self._running = self._server.running()
        self._numbers = itertools.count()

    def __enter__(self) -> Self:
        """Start it."""
        self._running.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._running.__exit__(kind, error, trace)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        parts = urlsplit(self._server.url)
        return parts.hostname or "", parts.port or 0

    def client(self) -> Any:
        """Return a client that knows its keys."""
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        return MAKE("s3", endpoint_url=self._server.url, region_name="us-east-1", **keys)

    def _refuse(self, request: dict[str, Any]) -> tuple[str, bytes] | None:
        name = request["PATH_INFO"].split("/")[1]
        return ("503 Slow Down", SLOW_DOWN) if name in self.refused and next(self._numbers) % REFUSED_OF else None


class Bucket:
    """The bucket of one run, behind a line of its own; its context ends it."""

    def __init__(self, server: BucketServer, proxies: Proxies, name: str) -> None:
        """Take what makes lines, and a name that no other bucket has."""
        self.name = f"{BUCKET}-{name}"
        self.line = proxies.line(server.address)
        self._server = server

    def __enter__(self) -> Self:
        """Make it."""
        self._server.client().create_bucket(Bucket=self.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove it with all that it holds."""
        self.recover()
        client = self._server.client()
        for key in self._keys(client):
            client.delete_object(Bucket=self.name, Key=key)
        client.delete_bucket(Bucket=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """What the settings of the archive say of it."""
        return {
            "target": f"s3://{self.name}",
            "endpoint_url": f"http://127.0.0.1:{self.line.port}",
            "region": "us-east-1",
            "retry_seconds_max": 2.0,
            "check_seconds": 2.0,
        }

    def fail(self) -> None:
        """Refuse most requests from now on."""
        self._server.refused.add(self.name)

    def recover(self) -> None:
        """Refuse none."""
        self._server.refused.discard(self.name)

    def _keys(self, client: Any) -> list[str]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]
