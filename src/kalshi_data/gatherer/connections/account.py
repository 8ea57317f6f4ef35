"""What the exchange says about this gatherer's account and key: how much it may ask for, and what the key may do."""

import asyncio
from typing import TypeVar

import msgspec
import structlog

from kalshi_data.errors import ExchangeError, SettingsError
from kalshi_data.gatherer.connections.settings import RequestSettings
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.bodies import UNREADABLE, Body
from kalshi_data.kalshi.error_messages import clean, words_of
from kalshi_data.kalshi.rest import STATUS_OK, Budget, Rest
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# Recording waits no longer than this for the answers; after that they are asked for beside it.
PREFLIGHT_SECONDS_MAX = 5.0
PAUSE_SECONDS_MAX = 300.0
SCOPE_CHARACTERS_MAX = 100
READ = "read"
LIMITS = "/account/limits"
KEYS = "/api_keys"
# These answers stay as they are: a form that this version does not read, or an exchange that does not show this.
FINAL = frozenset({STATUS_OK, 400, 403, 404, 405})
Answer = TypeVar("Answer")


class ReadBucket(msgspec.Struct, frozen=True):
    """The tokens for requests that read: how many the account gets in a second, and how many it can have at once."""

    refill_rate: float
    bucket_capacity: float


class ListedKey(msgspec.Struct, frozen=True):
    """A key of the account. Without scopes it may do everything."""

    api_key_id: str
    scopes: tuple[str, ...] | None = None


def budget_of(requests: RequestSettings) -> Budget:
    """Return this gatherer's part of the account's budget, as the settings say."""
    share = requests.account_gatherers
    return Budget(requests.tokens_per_second / share, requests.tokens_max / share, requests.tokens_per_request)


def excess_of(scopes: tuple[str, ...] | None) -> str:
    """Return what a key may do besides reading, in words; empty if it may only read."""
    if not scopes:
        return "everything, because it was made without scopes"
    wide = [scope for scope in scopes if scope != READ and not scope.startswith(f"{READ}::")]
    return clean(", ".join(wide))[:SCOPE_CHARACTERS_MAX]


class AccountCheck:
    """Asks the exchange once about the account; until it has answered, the settings count."""

    def __init__(self, rest: Rest, budget: Budget, settings: GathererSettings, counters: Counters) -> None:
        """Prepare to correct a budget, and to check the key of the settings."""
        self._rest = rest
        self._budget = budget
        self._settings = settings
        self._counters = counters
        self._open = {LIMITS: self._keep_to_limits, KEYS: self._check_key}

    async def preflight(self) -> None:
        """Ask before anything is received, for some seconds at most.

        Raises:
            SettingsError: the key may do more than read, and the settings do not allow that.
        """
        try:
            async with asyncio.timeout(PREFLIGHT_SECONDS_MAX):
                await self._ask()
        except TimeoutError:
            log.warning("the exchange does not say yet what the key may do; it is asked again", open=[*self._open])
        if self._counters.key_excess:
            raise SettingsError(self._counters.key_excess)

    async def run(self) -> None:
        """Ask again until the exchange has answered; a gatherer that records is not ended by what it says."""
        backoff = Backoff(PAUSE_SECONDS_MAX)
        while self._open:
            await asyncio.sleep(backoff.next_seconds())
            await self._ask()

    async def _ask(self) -> None:
        for path, take in list(self._open.items()):
            try:
                take(await self._rest.get(path, {}))
            except ExchangeError as error:
                log.warning("the exchange does not say what this account may do", error=str(error))
                if error.status not in FINAL:
                    continue
            del self._open[path]

    def _keep_to_limits(self, body: Body) -> None:
        limits = _read(LIMITS, "read", body, ReadBucket)
        requests = self._settings.requests
        rate = min(requests.tokens_per_second, limits.refill_rate) / requests.account_gatherers
        capacity = min(requests.tokens_max, limits.bucket_capacity) / requests.account_gatherers
        if rate <= 0 or capacity < requests.tokens_per_request:
            raise ExchangeError(
                f"GET {LIMITS}: {limits} leaves no request to each of {requests.account_gatherers}", STATUS_OK
            )
        self._budget.change(rate, capacity)
        self._counters.tokens_per_second = rate
        log.info("requests a second", tokens=rate, at_once=capacity, account=limits.refill_rate)

    def _check_key(self, body: Body) -> None:
        key_id = self._settings.exchange.key_id
        keys = [key for key in _read(KEYS, "api_keys", body, list[ListedKey]) if key.api_key_id == key_id]
        if not keys:
            raise ExchangeError(f"GET {KEYS}: the key {key_id} is not listed", STATUS_OK)
        excess = excess_of(keys[0].scopes)
        if excess and self._settings.exchange.allow_wide_key:
            log.warning("the API key may do more than read, as the settings allow", excess=excess)
        elif excess:
            self._counters.key_excess = (
                f"the API key {key_id} may do more than read: {excess}. Make one with the scope {READ} only, or set "
                "allow_wide_key in [exchange]"
            )


def _read(path: str, name: str, body: Body, kind: type[Answer]) -> Answer:
    """Return a member of an answer.

    Raises:
        ExchangeError: it is missing, or of another form.
    """
    try:
        return msgspec.json.decode(body[name], type=kind)
    except KeyError as error:
        raise ExchangeError(f"GET {path}: the answer has no {name}", STATUS_OK) from error
    except (*UNREADABLE, msgspec.ValidationError) as error:
        raise ExchangeError(f"GET {path}: {name} has another form: {words_of(bytes(body[name]))}", STATUS_OK) from error
