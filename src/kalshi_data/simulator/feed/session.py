"""One client's connection: its commands, its subscriptions and their sequence numbers.

Source: the exchange's AsyncAPI description 3.34.0. There is one sid per channel and connection; its numbers start at 1,
and acknowledgements, errors and snapshots that belong to it take numbers like data frames do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from kalshi_data.simulator.feed.commands import (
    ERRORS,
    INDEX_CHANNEL,
    MARKET_CHANNELS,
    Command,
    Markets,
    Params,
    Refused,
    check_channels,
    convert,
    decode_command,
    flag,
    list_of,
    markets_of,
    sid_of,
)
from kalshi_data.simulator.feed.subscription import ALL, Subscription, change_indices
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.limits import Bucket
from kalshi_data.simulator.published import Fact

if TYPE_CHECKING:
    from kalshi_data.simulator.feed.publisher import Publisher


class Session:
    """Answers commands and passes on what its subscriptions cover."""

    def __init__(self, client: str, wire: Wire, publisher: Publisher, number: int = 0) -> None:
        """Serve a client's connection `number` over `wire`."""
        self.client = client
        self.number = number
        self.wire = wire
        self.subscriptions: dict[str, Subscription] = {}
        self.refuse_next: int | None = None
        self.silent = False
        self._publisher = publisher
        self._sids = 0
        limit = publisher.limits.commands_per_second_max
        self._commands = Bucket(limit, limit)

    def command(self, raw: str | bytes) -> None:
        """Answer one command; a wrong one gets its error code."""
        command = Command()
        try:
            command = decode_command(raw)
            self._check_rate()
            self._run(command)
        except Refused as refused:
            self._refuse(command, refused)
        finally:
            self._publisher.changed()

    def deliver(self, subscription: Subscription, fact: Fact, now_ms: int) -> bool:
        """Send a data frame; return whether it is on its way."""
        if subscription.use_yes_price:
            fact = self._publisher.in_prices_of(subscription, fact)
        envelope = fact.envelope
        if envelope is None:
            envelope = self._sending_ts(now_ms)
        return self.wire.send(
            b'{"type":"%b",%b%b"msg":%b}' % (fact.type.encode(), subscription.place(), envelope, fact.body)
        )

    def terminate(self, subscription: Subscription, code: int) -> None:
        """End one subscription with an error that no command caused; the connection stays."""
        body = msgspec.json.encode({"code": code, "msg": ERRORS[code]})
        self._reply("error", b"", subscription, body)
        self.subscriptions.pop(subscription.channel, None)
        self._publisher.changed()

    def _check_rate(self) -> None:
        code, self.refuse_next = self.refuse_next, None
        if code is not None:
            raise Refused(code)
        if not self._commands.take(1):
            raise Refused(27)

    def _run(self, command: Command) -> None:
        if command.cmd == "list_subscriptions":
            listed = [{"channel": each.channel, "sid": each.sid} for each in self.subscriptions.values()]
            self._reply("ok", command.echo, None, msgspec.json.encode(listed))
            return
        commands = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "update_subscription": self._update}
        if command.cmd not in commands:
            raise Refused(5)
        if not command.params:
            raise Refused(2)
        commands[command.cmd](command.echo, command.params)

    def _subscribe(self, echo: bytes, params: Params) -> None:
        channels = list(dict.fromkeys(list_of(params, "channels")))
        if not channels:
            raise Refused(3)
        check_channels(channels)
        markets = markets_of(params)
        if "orderbook_delta" in channels and not markets:
            raise Refused(14)
        if markets.ids and any(channel in MARKET_CHANNELS - {"ticker"} for channel in channels):
            raise Refused(14 if "orderbook_delta" in channels else 11)
        for channel in channels:
            self._subscribe_channel(echo, channel, markets, params)

    def _subscribe_channel(self, echo: bytes, channel: str, markets: Markets, params: Params) -> None:
        initial = channel == "ticker" and flag(params, "send_initial_snapshot")
        topics = self._topics(channel, markets, params)
        known = self.subscriptions.get(channel)
        if known is not None:
            self._add(echo, known, topics, initial=initial)
            return
        self._check_size(topics or set(), None)
        flags = {name: flag(params, name) for name in ("skip_ticker_ack", "use_yes_price")}
        self._sids += 1
        subscription = Subscription(self._sids, channel, topics, flags["skip_ticker_ack"], bool(markets.ids))
        subscription.use_yes_price = flags["use_yes_price"] and channel == "orderbook_delta"
        body = msgspec.json.encode({"channel": channel, "sid": subscription.sid})
        self._reply("subscribed", echo, None, body)
        self.subscriptions[channel] = subscription
        self._send_states(subscription, topics or set(), initial=initial)

    def _topics(self, channel: str, markets: Markets, params: Params) -> set[str] | None:
        """Return what a subscription is narrowed to; lifecycle channels are always about everything."""
        if channel == INDEX_CHANNEL:
            indices = set(list_of(params, "index_ids"))
            return None if ALL in indices else indices
        if channel not in MARKET_CHANNELS or not markets:
            return None
        return self._tickers(markets)

    def _tickers(self, markets: Markets) -> set[str]:
        venue = self._publisher.venue
        return {*markets.tickers, *(venue.ticker_of(each) or each for each in markets.ids if venue)}

    def _unsubscribe(self, echo: bytes, params: Params) -> None:
        sids = list_of(params, "sids", int)
        if not sids:
            raise Refused(4)
        for sid in dict.fromkeys(sids):
            subscription = self._by_sid(sid)
            del self.subscriptions[subscription.channel]
            self._reply("unsubscribed", echo, subscription)

    def _update(self, echo: bytes, params: Params) -> None:
        subscription = self._by_sid(sid_of(params))
        action = convert(params.get("action") or "", str)
        if not action:
            raise Refused(15, subscription.sid)
        try:
            if subscription.channel == INDEX_CHANNEL:
                self._update_indices(echo, subscription, action, params)
            else:
                self._update_markets(echo, subscription, action, params)
        except Refused as refused:
            raise Refused(refused.code, subscription.sid) from refused

    def _update_markets(self, echo: bytes, subscription: Subscription, action: str, params: Params) -> None:
        if subscription.channel not in MARKET_CHANNELS:
            raise Refused(13)
        markets = markets_of(params)
        if markets.ids and subscription.channel != "ticker":
            raise Refused(11)
        tickers = self._tickers(markets)
        if action == "add_markets":
            self._add(echo, subscription, tickers, initial=flag(params, "send_initial_snapshot"))
        elif action == "delete_markets":
            if subscription.topics is not None:
                subscription.topics -= tickers
            self._acknowledge(echo, subscription)
        elif action == "get_snapshot" and subscription.channel == "orderbook_delta":
            self._send_states(subscription, tickers, echo=echo)
        else:
            raise Refused(13)

    def _update_indices(self, echo: bytes, subscription: Subscription, action: str, params: Params) -> None:
        if action == "indexlist":
            body = msgspec.json.encode({"index_ids": list(self._publisher.index_ids)})
            self._reply("cfbenchmarks_value_indexlist", echo, subscription, body)
            return
        change_indices(subscription, action, list_of(params, "index_ids"), self._publisher.index_ids)
        self._acknowledge(echo, subscription)

    def _add(self, echo: bytes, subscription: Subscription, topics: set[str] | None, *, initial: bool) -> None:
        added = set[str]() if topics is None else topics - (subscription.topics or set())
        self._check_size(added, subscription)
        if subscription.topics is not None:
            subscription.topics = None if topics is None else subscription.topics | topics
        self._acknowledge(echo, subscription)
        self._send_states(subscription, added, initial=initial)

    def _check_size(self, added: set[str], subscription: Subscription | None) -> None:
        held = len(subscription.topics or ()) if subscription else 0
        if held + len(added) > self._publisher.limits.subscription_markets_max:
            raise Refused(26, subscription.sid if subscription else None)

    def _acknowledge(self, echo: bytes, subscription: Subscription) -> None:
        self._reply("ok", echo, subscription, subscription.listing(self._publisher.venue))

    def _send_states(
        self, subscription: Subscription, topics: Iterable[str], *, echo: bytes = b"", initial: bool = False
    ) -> None:
        """Send the state of each market: its book on the book channel, its summary on ticker where that was asked."""
        venue = self._publisher.venue
        if venue is None:
            return
        for ticker in sorted(topics) if subscription.channel == "orderbook_delta" or initial else ():
            fact = venue.snapshot(ticker) if not initial else venue.summary(ticker)
            if fact is not None:
                self._send_state(subscription, fact, echo)

    def _send_state(self, subscription: Subscription, fact: Fact, echo: bytes) -> None:
        """Send and journal a message that only this client asked for."""
        now_ms = self._publisher.now_ms()
        envelope = self._sending_ts(now_ms) if fact.envelope is None else fact.envelope
        sent = self.deliver(subscription, fact._replace(envelope=echo + envelope), now_ms)
        self._publisher.journal.published(fact, sent, now_ms)

    def _by_sid(self, sid: int) -> Subscription:
        for subscription in self.subscriptions.values():
            if subscription.sid == sid:
                return subscription
        raise Refused(7)

    def _refuse(self, command: Command, refused: Refused) -> None:
        found = next((each for each in self.subscriptions.values() if each.sid == refused.sid), None)
        body = msgspec.json.encode({"code": refused.code, "msg": str(refused)})
        self._reply("error", command.echo, found, body)

    def _reply(self, kind: str, echo: bytes, subscription: Subscription | None, body: bytes | None = None) -> None:
        """Send a control frame, which takes a number where it belongs to a subscription that has numbers."""
        place = b"" if subscription is None else subscription.place()
        fields = b'{"type":"%b",%b%b%b' % (kind.encode(), echo, place, self._sending_ts(self._publisher.now_ms()))
        self.wire.send(fields + b'"msg":%b}' % body if body is not None else fields.removesuffix(b",") + b"}")

    def _sending_ts(self, now_ms: int) -> bytes:
        return b'"sending_ts_ms":%d,' % now_ms if self._publisher.limits.sending_ts else b""
