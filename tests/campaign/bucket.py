"""The bucket of a run: an S3 server of this process, which refuses requests while a fault lasts."""

import itertools
import logging
from types import TracebackType
from typing import Any, Self

from tests.campaign.proxies import Line, Proxies
from tests.support.s3 import KEY, MAKE, SECRET, Moto

BUCKET = "campaign"
# Of this many requests one is answered while the bucket has errors.
REFUSED_OF = 3
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
# Programs know its keys by their environment.
ENVIRONMENT = ("env", f"AWS_ACCESS_KEY_ID={KEY}", f"AWS_SECRET_ACCESS_KEY={SECRET}")


class Bucket:
    """A bucket behind a line of its own."""

    def __init__(self, proxies: Proxies, name: str) -> None:
        """Take what makes lines; the servers of one process share what they hold, so each bucket has its `name`."""
        self.name = f"{BUCKET}-{name}"
        self._proxies = proxies
        self._server = Moto()
        self._running = self._server.running()
        self._numbers = itertools.count()
        self.line: Line

    def __enter__(self) -> Self:
        """Serve it, without a line for each request."""
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._running.__enter__()
        self._client().create_bucket(Bucket=self.name)
        host, _, port = self._server.url.rpartition("//")[2].partition(":")
        self.line = self._proxies.line((host, int(port)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove it with all that it holds."""
        self.recover()
        for key in self.keys():
            self._client().delete_object(Bucket=self.name, Key=key)
        self._client().delete_bucket(Bucket=self.name)
        self._running.__exit__(kind, error, trace)

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
        self._server.fault = self._refuse

    def recover(self) -> None:
        """Refuse none."""
        self._server.fault = None

    def keys(self) -> list[str]:
        """Return the names of its objects."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def _client(self) -> Any:
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        return MAKE("s3", endpoint_url=self._server.url, region_name="us-east-1", **keys)

    def _refuse(self, _: dict[str, Any]) -> tuple[str, bytes] | None:
        return ("503 Slow Down", SLOW_DOWN) if next(self._numbers) % REFUSED_OF else None
