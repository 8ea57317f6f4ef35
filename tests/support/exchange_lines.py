"""Connections to one exchange, driven without a network."""

from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.simulator.feed.field_sets import NO_FIELDS, FieldSet
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.session import ServerSession
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings

CHANNELS = [
    *("ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle"),
    "cfbenchmarks_value",
]
Frame = dict[str, Any]


class KeptFrames(Wire):
    """A wire that keeps what is sent."""

    def __init__(self) -> None:
        super().__init__(None)
        self.frames: list[Frame] = []

    def send(self, payload: bytes) -> bool:
        self.frames.append(msgspec.json.decode(payload))
        return True


class Lines:
    """Some connections, each with all channels and the books of the start; play() publishes the next 10 ms."""

    def __init__(
        self,
        journal: Path,
        connections: int = 2,
        without: FieldSet = NO_FIELDS,
        deltas_per_second: float = 3_000,
        lifecycles_per_second: float = 4,
    ) -> None:
        publisher = Publisher(Journal(journal), Limits(without=without))
        plan = ModelSettings(
            seed=3, markets=12, deltas_per_second=deltas_per_second, lifecycles_per_second=lifecycles_per_second
        )
        self.model = MarketModel(plan, publisher, lambda _: None)
        self.tickers = list(self.model.markets)
        self._journal = journal
        self.sessions = [ServerSession("key", KeptFrames(), publisher, n) for n in range(1, connections + 1)]
        publisher.sessions.update(self.sessions)
        for session in self.sessions:
            self.command(session, "subscribe", channels=["orderbook_delta"], market_tickers=self.tickers)
            self.command(session, "subscribe", channels=CHANNELS, index_ids=["all"])
        self.play = self.model.tick_publisher(publisher.now_ms() * 1000)

    @staticmethod
    def command(session: ServerSession, name: str, **params: Any) -> None:
        """Send a command on one connection."""
        session.command(msgspec.json.encode({"cmd": name, "params": params}))

    def audit(self) -> None:
        """Ask for each of those books again, on all connections."""
        for each in self.sessions:
            books = {"sid": each.subscriptions["orderbook_delta"].sid, "market_tickers": self.tickers}
            self.command(each, "update_subscription", action="get_snapshot", **books)

    def frames(self, number: int) -> list[Frame]:
        """Return what one connection was sent."""
        wire = self.sessions[number - 1].wire
        assert isinstance(wire, KeptFrames)
        return wire.frames

    def journal(self) -> list[Frame]:
        """End the exchange and return its journal."""
        self.model.close()
        return [msgspec.json.decode(line) for line in self._journal.read_bytes().splitlines()]
