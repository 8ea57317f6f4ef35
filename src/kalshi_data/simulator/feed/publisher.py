"""Send each published message to every subscription that covers it, and write it to the journal."""

import asyncio
from collections.abc import Callable, Mapping

from kalshi_data.simulator.feed.context import FeedContext
from kalshi_data.simulator.feed.field_sets import NO_FIELDS, FieldSet, without
from kalshi_data.simulator.feed.session import ServerSession, Subscription
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.messages import Message

# An unpaced run waits while a client has more than this to read, instead of ending its subscription.
UNREAD_BYTES_MAX = 1 << 20
WAIT_SECONDS = 0.001
BUFFER_OVERFLOW = 25
# Channels of keys that an announcement names.
MISSING_MAX = 5

Route = list[tuple[ServerSession, Subscription]]


class Publisher(FeedContext):
    """Holds all sessions, and routes messages to their subscriptions."""

    def __init__(self, journal: Journal, limits: Limits | None = None) -> None:
        """Write every published message to `journal`."""
        super().__init__(journal, limits or Limits())
        self.sessions: set[ServerSession] = set()
        # Whether a fault halts a shard of the exchange.
        self.is_halted: Callable[[str, int], bool] = lambda _name, _shard: False
        self._routes: dict[tuple[str, str | None], Route] = {}

    def subscriptions_changed(self) -> None:
        """Forget all routes; publish() finds them again."""
        self._routes.clear()

    def publish(self, message: Message) -> int:
        """Send a message to every subscription that covers it; return to how many connections it was sent."""
        route = self._routes.get((message.channel, message.topic))
        if route is None:
            route = self._find_route(message.channel, message.topic)
        published_ms = self.now_ms()
        lacked: list[FieldSet] = []
        connections: list[int] = []
        forms: dict[FieldSet, Message] = {NO_FIELDS: message}
        for session, subscription in route:
            fields = session.fields.take(message.type)
            form = forms.get(fields) or forms.setdefault(fields, without(message, fields))
            # A fault of some frames is over after the last of them.
            number = 0 if session.wire.frame_fault else session.number
            if session.deliver(subscription, form, published_ms):
                lacked.append(fields)
                connections.append(number)
        self.journal.record_message(message, lacked, published_ms, connections)
        return len(lacked)

    def end_overflowing(self) -> None:
        """End the busiest subscription of each client that reads too slowly, with error 25."""
        for session in tuple(self.sessions):
            if session.wire.unread_bytes > self.limits.buffer_bytes_max and session.subscriptions:
                busiest = max(session.subscriptions.values(), key=lambda each: each.seq)
                session.terminate(busiest, BUFFER_OVERFLOW)

    async def wait_for_clients(self) -> None:
        """Yield to other tasks, and wait until every client has read most of what it was sent."""
        await asyncio.sleep(0)
        while any(session.wire.unread_bytes > UNREAD_BYTES_MAX for session in self.sessions):
            await asyncio.sleep(WAIT_SECONDS)

    def missing_subscriptions(
        self, clients: int, wanted: Callable[[], Mapping[str, set[str]]], connections_per_channel: int = 1
    ) -> str:
        """Return what is missing until `clients` keys have subscribed every wanted channel, with all of its topics.

        A channel that a key subscribes for all markets must be on `connections_per_channel` of its connections.

        Returns:
            It in words; nothing if nothing is missing.
        """
        keys = {session.client for session in self.sessions}
        if len(keys) < clients:
            return f"{clients - len(keys)} of {clients} keys to connect"
        if not clients:
            return ""
        channels = wanted()
        lacking = {
            key: [
                (name, *self._missing(key, name, topics, connections_per_channel)) for name, topics in channels.items()
            ]
            for key in keys
        }
        # Of more keys than are waited for, those that lack the least decide.
        nearest = sorted(keys, key=lambda key: (sum(count for _, count, _ in lacking[key]), key))[:clients]
        parts = [
            f"{key} to subscribe {name}" + (f" ({count:,} of {total:,} missing)" if total else "")
            for key in nearest
            for name, count, total in lacking[key]
            if count
        ]
        return "; ".join(parts[:MISSING_MAX])

    def _missing(self, client: str, channel: str, topics: set[str], connections: int) -> tuple[int, int]:
        """Return how many of a channel's topics a client lacks, 1 for the channel itself, and how many there are."""
        found = [
            session.subscriptions[channel]
            for session in self.sessions
            if session.client == client and channel in session.subscriptions
        ]
        whole = sum(each.topics is None for each in found)
        if whole:
            return int(whole < connections), len(topics)
        missing = len(topics - set[str]().union(*(each.topics or () for each in found)))
        return (missing if found else max(missing, 1)), len(topics)

    def _find_route(self, channel: str, topic: str | None) -> Route:
        route = [
            (session, subscription)
            for session in self.sessions
            if (subscription := session.subscriptions.get(channel)) is not None and subscription.covers(topic)
        ]
        self._routes[channel, topic] = route
        return route
