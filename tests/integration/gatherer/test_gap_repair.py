"""Gaps in trades are repaired one by one: what REST refuses blocks nothing, and counts as not repaired."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.health_rules import evaluate
from kalshi_data.gatherer.repair import gap_repair as gap_repair_module
from kalshi_data.gatherer.repair.gap_repair import TradeRecovery
from kalshi_data.gatherer.repair.missed_ranges import CLOCK_MARGIN, EDGE, SPAN_MAX, missed_ranges
from kalshi_data.gatherer.repair.trade_history import TradeSource
from kalshi_data.gatherer.settings import RecoverySettings
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.rest import Rest
from tests.integration.gatherer.test_registry import SOON_SECONDS, settings, soon
from tests.support.engines import Database
from tests.support.listing_server import Answer, Listed, serve, trade
from tests.support.waiting import wait_until_async

T = datetime(2026, 11, 28, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIVE = "markets/trades"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat requests without a pause."""
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 1)
    monkeypatch.setattr(gap_repair_module, "delay_seconds", soon)


class Repair:
    """A running recovery, and the gaps that it reported as repaired."""

    def __init__(self, rest: Rest, database: Database) -> None:
        self.counters = Counters()
        self.repaired: list[int] = []
        self.recovery = TradeRecovery(
            TradeSource(rest),
            database.conninfo("gatherer"),
            RecoverySettings(settle_seconds=SOON_SECONDS),
            self.counters,
            lambda number, _: self.repaired.append(number),
        )

    def reasons(self) -> list[str]:
        return [
            reason.text for reason in evaluate(self.counters, settings(), 0.0, 0.0).reasons if reason.check == "trades"
        ]


def repair(listed: Listed, database: Database, use: Callable[[Repair], Awaitable[None]]) -> None:
    """Run a recovery while `use` requests trades."""

    async def run(rest: Rest) -> None:
        one = Repair(rest, database)
        running = asyncio.ensure_future(one.recovery.run())
        try:
            await use(one)
        finally:
            running.cancel()
            await asyncio.wait([running])
        assert running.cancelled()

    serve(listed, run)


def exchange() -> Listed:
    listed = Listed()
    now = datetime.now(UTC)
    listed.lists[LIVE] = [trade(number, (now - number * timedelta(seconds=1)).isoformat()) for number in range(3)]
    return listed


def held(database: Database) -> int:
    with database.connect() as connection:
        return len(connection.execute("select from capture.trades").fetchall())


def refuse(listed: Listed, is_refused: Callable[[web.Request], bool], response: Callable[[], web.Response]) -> Answer:
    """Answer some requests for trades with an error."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if is_refused(request):
            return response()
        del listed.answers[LIVE]
        answered = await listed.answer(request)
        listed.answers[LIVE] = answer
        return answered

    return answer


BAD_REQUEST = {"status": 400, "text": "min_ts is out of range"}
ERROR_BODY = {"text": '{"error": {"code": "service_unavailable"}}'}


@pytest.mark.parametrize(("response", "words"), [(BAD_REQUEST, "min_ts is out"), (ERROR_BODY, "has no trades")])
def test_a_stretch_that_rest_refuses_blocks_no_later_gap(
    kalshi_ts: Database, response: dict[str, object], words: str
) -> None:
    listed = exchange()
    old = datetime.now(UTC) - timedelta(hours=3)

    def is_old(request: web.Request) -> bool:
        return int(request.query["min_ts"]) < old.timestamp() + 60

    listed.answers[LIVE] = refuse(listed, is_old, lambda: web.Response(**response))  # pyright: ignore[reportArgumentType]

    async def use(one: Repair) -> None:
        one.recovery.request(old, 1)
        one.recovery.request(datetime.now(UTC) - MINUTE, 2)
        await wait_until_async(lambda: one.repaired == [2])
        assert held(kalshi_ts) == 3
        await wait_until_async(lambda: one.counters.trade_gaps_unrepaired == 1)
        (reason,) = one.reasons()
        assert words in reason
        listed.answers.clear()
        await wait_until_async(lambda: one.repaired == [2, 1])
        await wait_until_async(lambda: one.counters.trade_gaps_unrepaired == 0)
        assert one.reasons() == []

    repair(listed, kalshi_ts, use)


def test_a_gap_is_not_repaired_while_trades_of_its_list_cannot_be_read(kalshi_ts: Database) -> None:
    listed = exchange()
    good = list(listed.lists[LIVE])
    listed.lists[LIVE].insert(1, {**good[0], "trade_id": "odd", "count_fp": "many"})

    async def use(one: Repair) -> None:
        one.recovery.request(datetime.now(UTC) - MINUTE, 1)
        await wait_until_async(lambda: one.counters.trades_refused >= 2)
        assert (one.repaired, held(kalshi_ts)) == ([], 3)
        listed.lists[LIVE] = good
        await wait_until_async(lambda: one.repaired == [1])

    repair(listed, kalshi_ts, use)


def test_what_does_not_fit_into_the_queue_is_fetched_later(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gap_repair_module, "WAITING_MAX", 2)
    with kalshi_ts.connect() as connection:
        for number in (11, 12, 13, 14):
            connection.execute(
                "insert into capture.gaps (connection_id, sid, channel, seq_expected, seq_received, began_at,"
                " detected_at, frame_number) values (1, 1, 'trade', 1, 3, now(), now(), %s)",
                [number],
            )

    async def use(one: Repair) -> None:
        one.recovery.request(datetime.now(UTC) - MINUTE, None)
        one.recovery.request(datetime.now(UTC) - MINUTE, 14)
        one.recovery.request(datetime.now(UTC) - 2 * MINUTE, None)
        await wait_until_async(lambda: {*one.repaired} == {11, 12, 13, 14})
        assert held(kalshi_ts) == 3

    repair(exchange(), kalshi_ts, use)


def gap(begin: datetime, end: datetime, ahead: timedelta = timedelta(), now: datetime = T) -> tuple[bool, list[bool]]:
    """Return whether a range is whole, and whether it holds the exchange's times 11:30 and 12:00."""
    ranges, is_whole = missed_ranges(begin, end, ahead, now)
    times = (T - 30 * MINUTE, T)
    return is_whole, [any(since <= each < until + MINUTE for since, until in ranges) for each in times]


YEARS = timedelta(days=73 * 365)


@pytest.mark.parametrize("step", [timedelta(seconds=0.6), timedelta(seconds=6), timedelta(minutes=6)])
def test_a_clock_that_is_set_back_leaves_no_trade_out(step: timedelta) -> None:
    """Which clock is right is unknown: the gap may lie before the end, or behind the beginning."""
    ranges, is_whole = missed_ranges(T, T - step, timedelta(), T)
    assert is_whole
    for begin, end in ((T - step - EDGE, T - step), (T, T + CLOCK_MARGIN)):
        assert any(since <= begin and end <= until for since, until in ranges)


@pytest.mark.parametrize(
    ("begin", "end", "ahead"),
    [
        (T - 30 * MINUTE, T + YEARS, timedelta()),
        (T - 30 * MINUTE, T - YEARS / 2, timedelta()),
        (T - 30 * MINUTE, T + YEARS, YEARS),
        (T - 30 * MINUTE + YEARS, T + YEARS, YEARS),
        (T - 30 * MINUTE - YEARS / 2, T - YEARS / 2, -YEARS / 2),
        (T - 40 * MINUTE, T - 10 * MINUTE, -10 * MINUTE),
        (T - 20 * MINUTE, T + 10 * MINUTE, 10 * MINUTE),
    ],
)
def test_a_wrong_clock_leaves_no_trade_out_if_its_times_can_be_read(
    begin: datetime, end: datetime, ahead: timedelta
) -> None:
    assert gap(begin, end, ahead) == (True, [True, True])


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (T + YEARS, T + YEARS + MINUTE),
        (T - YEARS / 2, T - YEARS / 2 + MINUTE),
        (T - YEARS / 2, T),
        (T + YEARS, T),
        (T - timedelta(days=8), T),
        (T - timedelta(days=8), T + YEARS),
    ],
)
def test_a_range_of_which_only_the_ends_are_known_is_not_whole(begin: datetime, end: datetime) -> None:
    is_whole, _ = gap(begin, end)
    assert not is_whole
    ranges, _ = missed_ranges(begin, end, timedelta(), T)
    assert sum((until - since for since, until in ranges), timedelta()) <= SPAN_MAX + 2 * EDGE


def test_a_gap_of_a_wrong_clock_is_not_called_repaired(kalshi_ts: Database) -> None:
    """One that ends in 2100 has ended by now. One that begins then is unknown, and REST is asked for it only once."""
    listed = exchange()
    now = datetime.now(UTC)
    with kalshi_ts.connect() as connection:
        for number, began_at, detected_at in (
            (1, now + YEARS, now + YEARS),
            (2, now - timedelta(days=8), now + YEARS),
            (3, now - MINUTE, now + YEARS),
        ):
            connection.execute(
                "insert into capture.gaps (connection_id, sid, channel, seq_expected, seq_received, began_at,"
                " detected_at, frame_number) values (1, 1, 'trade', 1, 3, %s, %s, %s)",
                [began_at, detected_at, number],
            )

    async def use(one: Repair) -> None:
        await wait_until_async(lambda: one.counters.trade_gaps_unrepaired == 2)
        assert (one.repaired, held(kalshi_ts)) == ([3], 3)
        (reason,) = one.reasons()
        assert "gatherer backfill trades" in reason

    repair(listed, kalshi_ts, use)
    assert len(listed.asked(LIVE)) <= 8
