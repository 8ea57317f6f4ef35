"""A client's connection: its commands, its subscriptions and their sequence numbers.

Source: the exchange's AsyncAPI description 3.34.0. A connection has one sid per channel. The numbers of
a sid start at 1; acknowledgements, errors and snapshots of a sid take numbers as data frames do.
"""

from collections.abc import Iterable

import msgspec

from kalshi_data.simulator.feed.commands import (
    ERRORS,
    INDEX_CHANNEL,
    MARKET_CHANNELS,
    Command,
    CommandError,
    NamedMarkets,
    Params,
    check_channels,
    convert,
    decode_command,
    flag,
    list_of,
    markets_of,
    sid_of,
)
from kalshi_data.simulator.feed.context import FeedContext
from kalshi_data.simulator.feed.field_sets import ENVELOPE_FIELD, ConnectionFields, without
from kalshi_data.simulator.feed.subscription import ALL, Subscription, change_indices
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.limits import TokenBucket
from kalshi_data.simulator.messages import Message, with_yes_prices


class ServerSession:
    """Answers a client's commands and sends it the messages that its subscriptions cover."""

    def __init__(self, client: str, wire: Wire, context: FeedContext, number: int = 0) -> None:
        """Serve connection `number` of a client over `wire`."""
        self.client = client
        self.number = number
        self.wire = wire
        self.subscriptions: dict[str, Subscription] = {}
        self.refuse_next: int | None = None
        self.silent = False
        self.fields = ConnectionFields(context.without)
        self._context = context
        self._sids = 0
        limit = context.limits.commands_per_second_max
        self._commands = TokenBucket(limit, limit)

    def command(self, raw: str | bytes) -> None:
        """Answer one command, or send the error code of a wrong one."""
        command = Command()
        try:
            command = decode_command(raw)
            self._check_rate()
            self._run(command)
        except CommandError as error:
            self._send_error(command, error)
        finally:
            self._context.subscriptions_changed()

    def deliver(self, subscription: Subscription, message: Message, now_ms: int) -> bool:
        """Send a data frame; return False if a fault or the end of the connection prevents it."""
        if subscription.use_yes_price:
            message = with_yes_prices(message)
        envelope = message.envelope
        if envelope is None:
            envelope = self._sending_ts(now_ms)
        return self.wire.send(
            b'{"type":"%b",%b%b"msg":%b}' % (message.type.encode(), subscription.next_fields(), envelope, message.body)
        )

    def terminate(self, subscription: Subscription, code: int) -> None:
        """End one subscription with an error; the connection stays open."""
        body = msgspec.json.encode({"code": code, "msg": ERRORS[code]})
        self._reply("error", b"", subscription, body)
        self.subscriptions.pop(subscription.channel, None)
        self._context.subscriptions_changed()

    def _check_rate(self) -> None:
        code, self.refuse_next = self.refuse_next, None
        if code is not None:
            raise CommandError(code)
        if not self._commands.take(1):
            raise CommandError(27)

    def _run(self, command: Command) -> None:
        if command.cmd == "list_subscriptions":
            listed = [{"channel": each.channel, "sid": each.sid} for each in self.subscriptions.values()]
            self._reply("ok", command.echo, None, msgspec.json.encode(listed))
            return
        commands = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "update_subscription": self._update}
        if command.cmd not in commands:
            raise CommandError(5)
        if not command.params:
            raise CommandError(2)
        commands[command.cmd](command.echo, command.params)

    def _subscribe(self, echo: bytes, params: Params) -> None:
        channels = list(dict.fromkeys(list_of(params, "channels")))
        if not channels:
            raise CommandError(3)
        check_channels(channels)
        markets = markets_of(params)
        if "orderbook_delta" in channels and not markets:
            raise CommandError(14)
        if markets.ids and any(channel in MARKET_CHANNELS - {"ticker"} for channel in channels):
            raise CommandError(14 if "orderbook_delta" in channels else 11)
        for channel in channels:
            self._subscribe_channel(echo, channel, markets, params)

    def _subscribe_channel(self, echo: bytes, channel: str, markets: NamedMarkets, params: Params) -> None:
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
        self._send_snapshots(subscription, topics or set(), initial=initial)

    def _topics(self, channel: str, markets: NamedMarkets, params: Params) -> set[str] | None:
        """Return the markets or indices a subscription names, or None for all; lifecycle channels cover all."""
        if channel == INDEX_CHANNEL:
            indices = set(list_of(params, "index_ids"))
            return None if ALL in indices else indices
        if channel not in MARKET_CHANNELS or not markets:
            return None
        return self._tickers(markets)

    def _tickers(self, markets: NamedMarkets) -> set[str]:
        venue = self._context.venue
        return {*markets.tickers, *(venue.ticker_of(each) or each for each in markets.ids if venue)}

    def _unsubscribe(self, echo: bytes, params: Params) -> None:
        sids = list_of(params, "sids", int)
        if not sids:
            raise CommandError(4)
        for sid in dict.fromkeys(sids):
            subscription = self._by_sid(sid)
            del self.subscriptions[subscription.channel]
            self._reply("unsubscribed", echo, subscription)

    def _update(self, echo: bytes, params: Params) -> None:
        subscription = self._by_sid(sid_of(params))
        action = convert(params.get("action") or "", str)
        if not action:
            raise CommandError(15, subscription.sid)
        try:
            if subscription.channel == INDEX_CHANNEL:
                self._update_indices(echo, subscription, action, params)
            else:
                self._update_markets(echo, subscription, action, params)
        except CommandError as error:
            raise CommandError(error.code, subscription.sid) from error

    def _update_markets(self, echo: bytes, subscription: Subscription, action: str, params: Params) -> None:
        if subscription.channel not in MARKET_CHANNELS:
            raise CommandError(13)
        markets = markets_of(params)
        if markets.ids and subscription.channel != "ticker":
            raise CommandError(11)
        tickers = self._tickers(markets)
        if action == "add_markets":
            self._add(echo, subscription, tickers, initial=flag(params, "send_initial_snapshot"))
        elif action == "delete_markets":
            if subscription.topics is not None:
                subscription.topics -= tickers
            self._acknowledge(echo, subscription)
        elif action == "get_snapshot" and subscription.channel == "orderbook_delta":
            self._send_snapshots(subscription, tickers, echo=echo)
        else:
            raise CommandError(13)

    def _update_indices(self, echo: bytes, subscription: Subscription, action: str, params: Params) -> None:
        if action == "indexlist":
            body = msgspec.json.encode({"index_ids": list(self._context.index_ids)})
            self._reply("cfbenchmarks_value_indexlist", echo, subscription, body)
            return
        change_indices(subscription, action, list_of(params, "index_ids"), self._context.index_ids)
        self._acknowledge(echo, subscription)

    def _add(self, echo: bytes, subscription: Subscription, topics: set[str] | None, *, initial: bool) -> None:
        added = set[str]() if topics is None else topics - (subscription.topics or set())
        self._check_size(added, subscription)
        if subscription.topics is not None:
            subscription.topics = None if topics is None else subscription.topics | topics
        self._acknowledge(echo, subscription)
        self._send_snapshots(subscription, added, initial=initial)

    def _check_size(self, added: set[str], subscription: Subscription | None) -> None:
        held = len(subscription.topics or ()) if subscription else 0
        if held + len(added) > self._context.limits.subscription_markets_max:
            raise CommandError(26, subscription.sid if subscription else None)

    def _acknowledge(self, echo: bytes, subscription: Subscription) -> None:
        self._reply("ok", echo, subscription, subscription.listing(self._context.venue))

    def _send_snapshots(
        self, subscription: Subscription, topics: Iterable[str], *, echo: bytes = b"", initial: bool = False
    ) -> None:
        """Send each market's order book on the book channel, or its ticker message if the client asked for it."""
        venue = self._context.venue
        if venue is None:
            return
        for ticker in sorted(topics) if subscription.channel == "orderbook_delta" or initial else ():
            message = venue.snapshot(ticker) if not initial else venue.ticker_message(ticker)
            if message is not None:
                self._send_snapshot(subscription, message, echo)

    def _send_snapshot(self, subscription: Subscription, message: Message, echo: bytes) -> None:
        """Send a message that only this client asked for, and record it in the journal."""
        now_ms, lacked = self._context.now_ms(), self.fields.take(message.type)
        form = without(message, lacked)
        envelope = echo + (self._sending_ts(now_ms) if form.envelope is None else form.envelope)
        sent = self.deliver(subscription, form._replace(envelope=envelope), now_ms)
        number = 0 if self.wire.frame_fault else self.number
        place = b'"receiver":[%d,%d],' % (number, subscription.sid)
        recorded = message._replace(journal_fields=place if number else b"")
        self._context.journal.record_message(recorded, [lacked] * sent, now_ms, [number])

    def _by_sid(self, sid: int) -> Subscription:
        if (found := self._find(sid)) is not None:
            return found
        raise CommandError(7)

    def _find(self, sid: int | None) -> Subscription | None:
        return next((each for each in self.subscriptions.values() if each.sid == sid), None)

    def _send_error(self, command: Command, error: CommandError) -> None:
        body = msgspec.json.encode({"code": error.code, "msg": str(error)})
        self._reply("error", command.echo, self._find(error.sid), body)

    def _reply(self, kind: str, echo: bytes, subscription: Subscription | None, body: bytes | None = None) -> None:
        """Send a control frame; it takes a sequence number if it belongs to a subscription on a sequenced channel."""
        position = b"" if subscription is None else subscription.next_fields()
        fields = b'{"type":"%b",%b%b%b' % (kind.encode(), echo, position, self._sending_ts(self._context.now_ms()))
        self.wire.send(fields + b'"msg":%b}' % body if body is not None else fields.removesuffix(b",") + b"}")

    def _sending_ts(self, now_ms: int) -> bytes:
        return b"" if ENVELOPE_FIELD in self.fields.lacked else b'"sending_ts_ms":%d,' % now_ms
