"""The exchange's REST API: pages of objects, patiently.

Source: the exchange's OpenAPI description 3.34.0; the end of a list is an empty or missing cursor.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import msgspec
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from kalshi_data.errors import ExchangeError
from kalshi_data.retry import backoff

ATTEMPTS_MAX = 8
PAGES_MAX = 100_000
REQUEST_SECONDS_MAX = 30
STATUS_TOO_MANY_REQUESTS = 429
STATUS_SERVER_ERROR = 500

Body = dict[str, msgspec.Raw]


def is_transient(error: BaseException) -> bool:
    """Tell whether the same request could succeed later."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status == STATUS_TOO_MANY_REQUESTS or error.status >= STATUS_SERVER_ERROR
    return isinstance(error, (aiohttp.ClientError, OSError, TimeoutError))


class Rest:
    """Public market data; it needs no signature."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Use a session for the API below `url`, without a trailing slash."""
        self._session = session
        self._url = url

    async def get(self, path: str, parameters: Mapping[str, str]) -> Body:
        """Return one object, its values still encoded; tries again where that can help.

        Raises:
            ExchangeError: the exchange refused, or did not answer in ATTEMPTS_MAX attempts.
        """
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(is_transient),
                stop=stop_after_attempt(ATTEMPTS_MAX),
                wait=backoff(),
                reraise=True,
            ):
                with attempt:
                    return await self._get_once(path, parameters)
        except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError) as error:
            raise ExchangeError(f"GET {path}: {error or type(error).__name__}") from error
        raise AssertionError("the loop above returns or raises")

    async def _get_once(self, path: str, parameters: Mapping[str, str]) -> Body:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS_MAX)
        async with self._session.get(self._url + path, params=parameters, timeout=timeout) as response:
            response.raise_for_status()
            return msgspec.json.decode(await response.read(), type=Body)

    async def pages(self, path: str, key: str, parameters: Mapping[str, str]) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield every page of a list: the objects under `key`, in the exchange's order.

        Raises:
            ExchangeError: as get(); also for a cursor that comes back unchanged, or a list that never ends.
        """
        cursor = ""
        for _ in range(PAGES_MAX):
            body = await self.get(path, {**parameters, **({"cursor": cursor} if cursor else {})})
            yield msgspec.json.decode(body.get(key, b"[]"), type=list[dict[str, Any]])
            following = msgspec.json.decode(body.get("cursor", b'""'), type=str | None) or ""
            if not following:
                return
            if following == cursor:
                raise ExchangeError(f"GET {path}: the cursor came back unchanged")
            cursor = following
        raise ExchangeError(f"GET {path}: more than {PAGES_MAX} pages")
