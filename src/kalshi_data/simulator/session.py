"""One client's connection: its commands, its subscriptions and their sequence numbers.

Source: the exchange's AsyncAPI description 3.34.0. There is one sid per channel and connection; its numbers start at 1,
and acknowledgements and errors that belong to it take numbers like data frames do.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from kalshi_data.simulator.recording import Fields, RecordedFrame

CHANNELS = frozenset(
    {"orderbook_delta", "ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle", "cfbenchmarks_value"}
)
UNSEQUENCED = frozenset({"ticker"})
ERRORS = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
}

Params = Mapping[str, Any]


class Refused(Exception):
    """A command is answered with this error code."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(ERRORS[code])
        self.code = code


class Subscription(msgspec.Struct):
    """A channel of one connection; no markets means all of them."""

    sid: int
    channel: str
    markets: set[str] | None
    quiet: bool
    seq: int = 0

    def covers(self, market_ticker: str | None) -> bool:
        """Tell whether frames of a market belong to it."""
        return self.markets is None or market_ticker in self.markets


class Session:
    """Answers commands and passes on the frames that its subscriptions cover."""

    def __init__(self, client: str, socket: web.WebSocketResponse, snapshot: Callable[[str], Fields | None]) -> None:
        """Serve a client; `snapshot` gives the frame of a market's book, None before there are books."""
        self.client = client
        self.subscriptions: dict[str, Subscription] = {}
        self._socket = socket
        self._snapshot = snapshot
        self._sids = 0

    async def command(self, raw: str | bytes) -> None:
        """Answer one command; a wrong one gets its error code."""
        number = None
        try:
            message = _object(raw)
            number = message.get("id") or None
            await self._run(number, message)
        except Refused as refused:
            body = {"code": refused.code, "msg": str(refused)}
            await self._send({"type": "error", **_id(number), "msg": body})

    async def deliver(self, frame: RecordedFrame) -> bool:
        """Send a data frame to the subscription that covers it; return whether one does."""
        subscription = self.subscriptions.get(frame.channel)
        if subscription is None or not subscription.covers(frame.market_ticker):
            return False
        await self._send_on(subscription, frame.fields)
        return True

    async def _run(self, number: int | None, message: dict[str, Any]) -> None:
        command, params = message.get("cmd"), message.get("params")
        if command == "list_subscriptions":
            listed = [{"channel": each.channel, "sid": each.sid} for each in self.subscriptions.values()]
            await self._send({"type": "ok", **_id(number), "msg": listed})
            return
        commands = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "update_subscription": self._update,
        }
        if command not in commands:
            raise Refused(5)
        if not params:
            raise Refused(2)
        await commands[command](number, _mapping(params))

    async def _subscribe(self, number: int | None, params: Params) -> None:
        channels = _list(params, "channels")
        if not channels:
            raise Refused(3)
        if not CHANNELS.issuperset(channels):
            raise Refused(8)
        markets = _markets(params)
        if "orderbook_delta" in channels and not markets:
            raise Refused(14)
        for channel in channels:
            await self._subscribe_channel(number, channel, markets, quiet=bool(params.get("skip_ticker_ack")))

    async def _subscribe_channel(self, number: int | None, channel: str, markets: set[str], *, quiet: bool) -> None:
        known = self.subscriptions.get(channel)
        if known is not None:
            await self._add_markets(number, known, markets)
            return
        self._sids += 1
        subscription = Subscription(self._sids, channel, markets or None, quiet)
        body = {"channel": channel, "sid": subscription.sid}
        await self._send({"type": "subscribed", **_id(number), "msg": body})
        self.subscriptions[channel] = subscription
        await self._send_snapshots(subscription, markets)

    async def _unsubscribe(self, number: int | None, params: Params) -> None:
        sids = _list(params, "sids")
        if not sids:
            raise Refused(4)
        for sid in sids:
            subscription = self._by_sid(sid)
            del self.subscriptions[subscription.channel]
            await self._send_on(subscription, _encoded({"type": "unsubscribed", **_id(number)}))

    async def _update(self, number: int | None, params: Params) -> None:
        sids = _list(params, "sids") or ([params["sid"]] if "sid" in params else [])
        if len(sids) != 1:
            raise Refused(12)
        subscription, action, markets = self._by_sid(sids[0]), params.get("action"), _markets(params)
        if not action:
            raise Refused(15)
        if action == "add_markets":
            await self._add_markets(number, subscription, markets)
        elif action == "delete_markets":
            subscription.markets = (subscription.markets or set()) - markets
            await self._acknowledge(number, subscription)
        elif action == "get_snapshot" and subscription.channel == "orderbook_delta":
            await self._send_snapshots(subscription, markets, number)
        else:
            raise Refused(13)

    async def _add_markets(self, number: int | None, subscription: Subscription, markets: set[str]) -> None:
        added = markets - (subscription.markets or set())
        if subscription.markets is not None:
            subscription.markets |= markets
        await self._acknowledge(number, subscription)
        await self._send_snapshots(subscription, added)

    async def _acknowledge(self, number: int | None, subscription: Subscription) -> None:
        body = {} if subscription.quiet else {"msg": {"market_tickers": sorted(subscription.markets or ())}}
        await self._send_on(subscription, _encoded({"type": "ok", **_id(number), **body}))

    async def _send_snapshots(self, subscription: Subscription, markets: set[str], number: int | None = None) -> None:
        if subscription.channel != "orderbook_delta":
            return
        for market_ticker in sorted(markets):
            fields = self._snapshot(market_ticker)
            if fields is not None:
                await self._send_on(subscription, {**fields, **_encoded(_id(number))})

    def _by_sid(self, sid: object) -> Subscription:
        found = [each for each in self.subscriptions.values() if each.sid == sid]
        if not found:
            raise Refused(7)
        return found[0]

    async def _send_on(self, subscription: Subscription, fields: Fields) -> None:
        """Send a frame with the subscription's sid and, where the channel has numbers, its next one."""
        place = {"sid": subscription.sid}
        if subscription.channel not in UNSEQUENCED:
            subscription.seq += 1
            place["seq"] = subscription.seq
        await self._send({"type": fields["type"], **place, **fields})

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(msgspec.json.encode(frame).decode())


def _object(raw: str | bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refused(1) from error


def _mapping(params: Any) -> Params:
    """Return the parameters of a command, which are an object."""
    try:
        return msgspec.convert(params, dict[str, Any])
    except msgspec.ValidationError as error:
        raise Refused(1) from error


def _list(params: Params, name: str) -> list[Any]:
    """Return a parameter that is a list, empty where it is missing."""
    try:
        return msgspec.convert(params.get(name) or [], list[Any])
    except msgspec.ValidationError as error:
        raise Refused(1) from error


def _id(number: int | None) -> dict[str, int]:
    """Return the echo of a command's id; 0 and none are the same."""
    return {"id": number} if number else {}


def _markets(params: Params) -> set[str]:
    return {*_list(params, "market_tickers"), *([params["market_ticker"]] if "market_ticker" in params else ())}


def _encoded(fields: Mapping[str, Any]) -> Fields:
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in fields.items()}
