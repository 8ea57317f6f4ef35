"""The exchange's REST API: signed requests within one budget of tokens, retries, and pages of encoded objects.

Source: Kalshi OpenAPI 3.34.0, and Kalshi documentation, "Rate limits", of 19 Aug 2026. A list ends with an empty or
missing cursor. The answer to an unsigned request may be 15 s old, so every request is signed if there is a key.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from kalshi_data.errors import ExchangeError
from kalshi_data.kalshi.auth import Signer
from kalshi_data.kalshi.bodies import UNREADABLE, Body, Page, decode_body, to_page
from kalshi_data.kalshi.error_messages import BODY_BYTES_MAX as REFUSAL_BYTES_MAX
from kalshi_data.kalshi.error_messages import clean, words_of
from kalshi_data.kalshi.refusals import STATUS_SERVER_ERROR, STATUSES_OF_KEY, BadAnswer, refused_answer
from kalshi_data.service.retry import tenacity_wait

ATTEMPTS_MAX = 8
PAGES_MAX = 20_000
# A page may be empty although the list goes on. After this many such pages in a row it counts as ended.
EMPTY_PAGES_MAX = 10
CURSOR_CHARACTERS_MAX = 4096
REQUEST_SECONDS_MAX = 30
# The largest answer is the list of all series, some 20 MB. The bound holds after decompression.
BODY_BYTES_MAX = 64 * 1024 * 1024
MEMBERS_SHOWN_MAX = 10
STATUS_OK = 200


def is_transient(error: BaseException) -> bool:
    """Return whether the same request could succeed later; an answer that breaks off may be whole next time."""
    if isinstance(error, BadAnswer):
        return error.is_transient
    return isinstance(error, (aiohttp.ClientError, OSError, TimeoutError))


def wait_seconds(state: RetryCallState) -> float:
    """Return how long to wait before the next attempt: at least as long as the exchange asked for, within a limit."""
    error = state.outcome.exception() if state.outcome else None
    asked_seconds = error.retry_after_seconds if isinstance(error, BadAnswer) else 0.0
    return asked_seconds + tenacity_wait()(state)


class Budget:
    """The tokens that one key may spend: the exchange refills them continuously, and every request costs some."""

    def __init__(
        self, tokens_per_second: float = 200.0, tokens_max: float = 400.0, tokens_per_request: float = 10.0
    ) -> None:
        """Start with all tokens; the defaults are those of the Basic tier."""
        self._tokens_per_request = tokens_per_request
        self._resumes_at = 0.0
        self.change(tokens_per_second, tokens_max)

    def change(self, tokens_per_second: float, tokens_max: float) -> None:
        """Spend at another rate from now on; it starts with all tokens."""
        self._limiter = AsyncLimiter(tokens_max, tokens_max / tokens_per_second)

    async def take(self) -> None:
        """Wait until one request is within the budget, and the exchange does not ask to wait."""
        await self._limiter.acquire(self._tokens_per_request)
        while (seconds := self._resumes_at - time.monotonic()) > 0:
            await asyncio.sleep(seconds)

    def wait(self, seconds: float) -> None:
        """Send no request for this time, since the exchange asks for it."""
        self._resumes_at = max(self._resumes_at, time.monotonic() + seconds)


class Rest:
    """Market data over REST; all users of one key in a process share one object, and so its budget."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        signer: Signer | None = None,
        budget: Budget | None = None,
        refused: Callable[[BadAnswer], None] | None = None,
    ) -> None:
        """Use a session for the API below `url`, without a trailing slash; sign nothing if there is no signer.

        `refused` is called with each refusal, also if the request is repeated and then succeeds.
        """
        self._refused = refused
        self._session = session
        self._url = url
        self._root = urlsplit(url).path
        self._signer = signer
        self._budget = budget or Budget()
        self._tls = ssl.create_default_context()

    async def get(self, path: str, parameters: Mapping[str, str], member: str | None = None) -> Body:
        """Return one object, its values still encoded; repeat a request if that can help.

        An answer that has this member is one even if its status says that the exchange is away.

        Raises:
            ExchangeError: the exchange refused, or did not answer in ATTEMPTS_MAX attempts.
        """
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(is_transient),
                stop=stop_after_attempt(ATTEMPTS_MAX),
                wait=wait_seconds,
                reraise=True,
            ):
                with attempt:
                    return await self._get_once(path, parameters, member)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ExchangeError(f"GET {path}: {clean(str(error)) or type(error).__name__}") from error
        raise AssertionError("the loop above returns or raises")

    async def _get_once(self, path: str, parameters: Mapping[str, str], member: str | None) -> Body:
        await self._budget.take()
        try:
            encoded = await self._request(path, parameters, member)
        except aiohttp.ClientSSLError:
            # The certificates of this host may have been renewed; a context reads them only once.
            self._tls = ssl.create_default_context()
            raise
        if len(encoded) > BODY_BYTES_MAX:
            raise BadAnswer(f"GET {path}: the answer is larger than {BODY_BYTES_MAX:,} bytes", STATUS_OK)
        try:
            return decode_body(encoded)
        except UNREADABLE as error:
            reason = f"GET {path}: the answer is no JSON object ({error}): {words_of(encoded)}"
            raise BadAnswer(reason, STATUS_OK, is_transient=True) from error

    async def _request(self, path: str, parameters: Mapping[str, str], member: str | None) -> bytes:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS_MAX)
        keys_read = self._signer.keys_read if self._signer else 0
        headers = self._signer.headers("GET", self._root + path) if self._signer else {}
        async with self._session.get(
            self._url + path,
            params=parameters,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            ssl=self._tls,
        ) as response:
            if response.status == STATUS_OK:
                return await _read(response, BODY_BYTES_MAX)
            body = await _read(response, REFUSAL_BYTES_MAX)
            if member and response.status >= STATUS_SERVER_ERROR and _has(body, member):
                return body
            refusal = refused_answer(path, response.status, response.reason or "", response.headers, body)
        self._budget.wait(refusal.retry_after_seconds)
        if self._refused:
            self._refused(refusal)
        if refusal.status in STATUSES_OF_KEY and self._signer:
            self._signer.renew()
            refusal.is_transient |= self._signer.keys_read != keys_read
        raise refusal

    async def pages(self, path: str, key: str, parameters: Mapping[str, str]) -> AsyncIterator[Page]:
        """Yield every page of a list, the objects under `key` in the exchange's order.

        A page without rows ends the list if its cursor is no new one.

        Raises:
            ExchangeError: as get(); also for an answer without the list, or a list that never ends.
        """
        cursor = ""
        seen = {cursor}
        empty_pages = 0
        for _ in range(PAGES_MAX):
            body = await self.get(path, {**parameters, **({"cursor": cursor} if cursor else {})})
            page = _page(path, key, body)
            yield page
            cursor = _cursor(path, body)
            is_empty = not page.members
            empty_pages = empty_pages + 1 if is_empty else 0
            if not cursor or (is_empty and cursor in seen) or empty_pages > EMPTY_PAGES_MAX:
                return
            if cursor in seen:
                raise ExchangeError(f"GET {path}: a cursor came back again, so the list would never end")
            seen.add(cursor)
        raise ExchangeError(f"GET {path}: more than {PAGES_MAX} pages")


def _page(path: str, key: str, body: Body) -> Page:
    """Return the list of an answer; null is an empty one, but an answer without it may be an error in disguise."""
    if key not in body:
        shown = ", ".join(f"{name}: {words_of(bytes(value))}" for name, value in [*body.items()][:MEMBERS_SHOWN_MAX])
        raise ExchangeError(f"GET {path}: the answer has no {key}: {clean(shown)}")
    encoded = bytes(body[key]).strip()
    if encoded == b"null":
        return Page(b"[]", 0)
    try:
        return to_page(encoded)
    except UNREADABLE as error:
        raise ExchangeError(f"GET {path}: {key} is not a list: {words_of(encoded)}") from error


def _cursor(path: str, body: Body) -> str:
    """Return the cursor of an answer, empty at the end of the list."""
    encoded = bytes(body.get("cursor", b"null"))
    try:
        cursor = msgspec.json.decode(encoded, type=str | None) or ""
    except UNREADABLE as error:
        raise ExchangeError(f"GET {path}: the cursor is no text: {words_of(encoded)}") from error
    if len(cursor) > CURSOR_CHARACTERS_MAX:
        raise ExchangeError(f"GET {path}: the cursor has more than {CURSOR_CHARACTERS_MAX} characters")
    return cursor


def _has(encoded: bytes, member: str) -> bool:
    """Return whether a refusal is an object with this member."""
    try:
        return member in decode_body(encoded)
    except UNREADABLE:
        return False


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """Return the decompressed body, cut off soon after `bytes_max`."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > bytes_max:
            break
    return bytes(body)
