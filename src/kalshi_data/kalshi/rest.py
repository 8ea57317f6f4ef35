"""The exchange's REST API: signed requests within one budget of tokens, retries, and pages of encoded objects.

Source: Kalshi OpenAPI 3.34.0, and Kalshi documentation, "Rate limits", of 19 Aug 2026. A list ends with an empty or
missing cursor. The answer to an unsigned request may be 15 s old, so every request is signed if there is a key.
"""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from kalshi_data.errors import ExchangeError
from kalshi_data.kalshi.auth import Signer
from kalshi_data.service.retry import tenacity_wait

ATTEMPTS_MAX = 8
PAGES_MAX = 100_000
REQUEST_SECONDS_MAX = 30
STATUS_TOO_MANY_REQUESTS = 429
STATUS_SERVER_ERROR = 500

Body = dict[str, msgspec.Raw]


def is_transient(error: BaseException) -> bool:
    """Return whether the same request could succeed later; an answer that breaks off may be whole next time."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status == STATUS_TOO_MANY_REQUESTS or error.status >= STATUS_SERVER_ERROR
    return isinstance(error, (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError))


class Budget:
    """The tokens that one key may spend: the exchange refills them continuously, and every request costs some."""

    def __init__(
        self, tokens_per_second: float = 200.0, tokens_max: float = 400.0, tokens_per_request: float = 10.0
    ) -> None:
        """Start with all tokens; the defaults are those of the Basic tier."""
        self._limiter = AsyncLimiter(tokens_max, tokens_max / tokens_per_second)
        self._tokens_per_request = tokens_per_request

    async def take(self) -> None:
        """Wait until one request is within the budget."""
        await self._limiter.acquire(self._tokens_per_request)


class Rest:
    """Market data over REST; all users of one key in a process share one object, and so its budget."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, signer: Signer | None = None, budget: Budget | None = None
    ) -> None:
        """Use a session for the API below `url`, without a trailing slash; sign nothing if there is no signer."""
        self._session = session
        self._url = url
        self._root = urlsplit(url).path
        self._signer = signer
        self._budget = budget or Budget()

    async def get(self, path: str, parameters: Mapping[str, str]) -> Body:
        """Return one object, its values still encoded; repeat a request if that can help.

        Raises:
            ExchangeError: the exchange refused, or did not answer in ATTEMPTS_MAX attempts.
        """
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(is_transient),
                stop=stop_after_attempt(ATTEMPTS_MAX),
                wait=tenacity_wait(),
                reraise=True,
            ):
                with attempt:
                    return await self._get_once(path, parameters)
        except aiohttp.ClientResponseError as error:
            raise ExchangeError(f"GET {path}: {error.status} {error.message}", error.status) from error
        except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError) as error:
            raise ExchangeError(f"GET {path}: {error or type(error).__name__}") from error
        raise AssertionError("the loop above returns or raises")

    async def _get_once(self, path: str, parameters: Mapping[str, str]) -> Body:
        await self._budget.take()
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS_MAX)
        headers = self._signer.headers("GET", self._root + path) if self._signer else {}
        async with self._session.get(self._url + path, params=parameters, headers=headers, timeout=timeout) as response:
            response.raise_for_status()
            return msgspec.json.decode(await response.read(), type=Body)

    async def pages(self, path: str, key: str, parameters: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Yield every page of a list: the JSON array under `key`, still encoded, in the exchange's order.

        Raises:
            ExchangeError: as get(); also for a cursor that was returned before, or a list that never ends.
        """
        cursor = ""
        seen = {cursor}
        for _ in range(PAGES_MAX):
            body = await self.get(path, {**parameters, **({"cursor": cursor} if cursor else {})})
            yield _array(path, key, bytes(body.get(key, b"[]")))
            cursor = msgspec.json.decode(body.get("cursor", b'""'), type=str | None) or ""
            if not cursor:
                return
            if cursor in seen:
                raise ExchangeError(f"GET {path}: a cursor came back again, so the list would never end")
            seen.add(cursor)
        raise ExchangeError(f"GET {path}: more than {PAGES_MAX} pages")


def _array(path: str, key: str, encoded: bytes) -> bytes:
    """Return an encoded list, an empty one for null."""
    if encoded == b"null":
        return b"[]"
    if not encoded.startswith(b"["):
        raise ExchangeError(f"GET {path}: {key} is not a list")
    return encoded
