"""Changes of the exchange's messages in steps: single connections get other fields than the others for a while."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from kalshi_data.simulator.faults.scenarios import Fault
from kalshi_data.simulator.feed.field_sets import FIELDS, NO_FIELDS, FieldSet
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.session import ServerSession

# A client's connections take turns in these groups, by their numbers.
GROUPS = 2
# How many of the fields a connection lacks: none, few, about half or most of them.
SHARES = (0.0, 0.15, 0.5, 0.85)
STEP_SECONDS = (0.5, 3.0)
WAIT_SECONDS = 0.05
# A change, trade or ticker without either has no time; one client at least keeps one of them.
TIMES: FieldSet = frozenset({"ts", "ts_ms"})
BOOK_CHANNEL = "orderbook_delta"


class FieldChange(NamedTuple):
    """After a while, a group of a client's connections lacks these fields; clients are in the order of their ids."""

    after_seconds: float
    client: int
    group: int
    lacked: FieldSet


def field_changes(seed: int, clients: int) -> Iterator[FieldChange]:
    """Yield changes without end, the same ones for the same seed; the first ones are due at once, one per group."""
    chance = random.Random(seed)  # noqa: S311 - not used for secrets
    places = [(client, group) for client in range(clients) for group in range(GROUPS)]
    current = dict.fromkeys(places, NO_FIELDS)
    first = iter(places)
    while True:
        place = next(first, None)
        after_seconds = 0.0 if place else chance.uniform(*STEP_SECONDS)
        place = place or chance.choice(places)
        share = chance.choice(SHARES)
        current[place] = frozenset(name for name in sorted(FIELDS) if chance.random() < share)
        if not _some_client_has_times(current):
            current[place] -= TIMES
        yield FieldChange(after_seconds, *place, current[place])


def _some_client_has_times(current: dict[tuple[int, int], FieldSet]) -> bool:
    clients = {client for client, _ in current}
    return any(all(not current[each, group] >= TIMES for group in range(GROUPS)) for each in clients)


class Rollouts:
    """Changes the fields of connections, as faults or by a plan, and records each change in the journal."""

    def __init__(self, publisher: Publisher) -> None:
        """Change the connections of one exchange."""
        self._publisher = publisher

    async def run(self, fault: Fault, session: ServerSession) -> None:
        """Toggle fields for some connections, and after a while for all connections, including new ones.

        The connections are those of the client, if the fault names one, otherwise the one of the session.
        """
        toggled = self._publisher.without ^ frozenset(fault.fields)
        chosen = self._sessions_of(session.client) if fault.client and fault.connection is None else [session]
        for each in chosen:
            each.fields.lack(toggled)
        await asyncio.sleep(fault.lasting_seconds)
        self._publisher.without = toggled
        for each in self._publisher.sessions:
            each.fields.lack(toggled)

    async def play(self, seed: int, clients: Sequence[str]) -> None:
        """Change fields at random from when all clients have subscribed books, without end."""
        while any(not self._has_books(client) for client in clients):
            await asyncio.sleep(WAIT_SECONDS)
        for change in field_changes(seed, len(clients)):
            await asyncio.sleep(change.after_seconds)
            self._apply(change, clients[change.client])

    def _apply(self, change: FieldChange, client: str) -> None:
        lacked = self._publisher.limits.without | change.lacked
        chosen = self._sessions_of(client)[change.group :: GROUPS]
        for each in chosen:
            each.fields.lack(lacked)
        details = {"client": client, "group": change.group, "lacking": sorted(lacked)}
        numbers = [each.number for each in chosen]
        self._publisher.journal.record(self._publisher.now_ms(), rollout={**details, "connections": numbers})

    def _sessions_of(self, client: str) -> list[ServerSession]:
        """Return a client's connections in the order in which they were opened."""
        found = (each for each in self._publisher.sessions if each.client == client)
        return sorted(found, key=attrgetter("number"))

    def _has_books(self, client: str) -> bool:
        return any(BOOK_CHANNEL in each.subscriptions for each in self._sessions_of(client))
