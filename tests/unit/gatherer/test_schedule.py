"""What the registry holds in memory: the schedule of markets, and what is to be asked of REST."""

import pytest

from kalshi_data.gatherer.markets import fetch_queue as asks_module
from kalshi_data.gatherer.markets import schedule as schedule_module
from kalshi_data.gatherer.markets.fetch_queue import ATTEMPTS_MAX, BATCH_MAX, Asks
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, MarketFacts, decode_facts

BEGAN_S = 1_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now_s = BEGAN_S

    def __call__(self) -> float:
        return self.now_s


def make() -> tuple[Schedule, Clock]:
    clock = Clock()
    return Schedule(RegistrySettings(open_early_seconds=5, close_late_seconds=30), clock), clock


def learn(
    schedule: Schedule, opens: float = -100, closes: float = 100, updated: float = -50, *, over: bool = False
) -> None:
    schedule.learn("A", BEGAN_S + opens, BEGAN_S + closes, BEGAN_S + updated, is_over=over)


def test_an_older_body_changes_nothing() -> None:
    schedule, clock = make()
    learn(schedule, closes=100, updated=-50)
    learn(schedule, closes=-100, updated=-60)
    assert "A" in schedule.wanted
    assert schedule.close_at("A", BEGAN_S + 10)
    learn(schedule, closes=100, updated=-40)
    clock.now_s += 41
    schedule.advance()
    assert not schedule.wanted
    learn(schedule, closes=100, updated=30)
    assert "A" in schedule.wanted


def test_a_market_that_is_over_does_not_come_back_with_an_older_answer() -> None:
    schedule, clock = make()
    learn(schedule)
    assert schedule.end("A")
    clock.now_s += 31
    schedule.advance()
    learn(schedule)
    assert not schedule.wanted
    learn(schedule, updated=20, over=True)
    assert not schedule.markets, "REST has said so as well, so nothing is kept of it"
    learn(schedule, over=True)
    assert not schedule.markets


def test_the_end_does_not_move_when_it_is_told_again() -> None:
    schedule, clock = make()
    learn(schedule)
    for _ in range(4):
        learn(schedule, updated=10, over=True)
        clock.now_s += 10
        schedule.advance()
    assert not schedule.markets


def test_a_market_that_closed_stays_known_and_can_open_again() -> None:
    schedule, clock = make()
    learn(schedule, closes=10)
    clock.now_s += 41
    schedule.advance()
    assert (list(schedule.wanted), list(schedule.markets)) == ([], ["A"])
    assert schedule.close_at("A", BEGAN_S + 500)
    assert schedule.reopen("A")
    assert list(schedule.wanted) == ["A"]
    assert not schedule.reopen("B")


def test_changes_are_told_and_only_they() -> None:
    schedule, _ = make()
    learn(schedule)
    schedule.changed.clear()
    learn(schedule)
    schedule.create("A", 0, 0)
    schedule.create("B", BEGAN_S + 6, BEGAN_S + 10)
    assert not schedule.changed.is_set()
    schedule.create("C", BEGAN_S + 4, BEGAN_S + 10)
    assert schedule.changed.is_set()
    assert list(schedule.wanted) == ["A", "C"]


def test_what_moves_again_and_again_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "STALE_MAX", 10)
    schedule, clock = make()
    learn(schedule)
    for number in range(1000):
        schedule.close_at("A", BEGAN_S + 1000 + number)
        schedule.advance()
        assert schedule.waiting() <= 12
    clock.now_s += 1999 + 30
    schedule.advance()
    assert not schedule.wanted


def test_asks_come_in_batches_events_first() -> None:
    clock = Clock()
    asks = Asks(clock)
    for number in range(BATCH_MAX + 1):
        assert asks.market(f"A-{number}")
    assert asks.event("A")
    assert asks.event("KXMVEA")
    assert asks.due() is None
    clock.now_s += 2
    assert asks.due() == (EVENTS, ["A"])
    asks.answered(EVENTS, ["A"])
    assert asks.due() == (MULTIVARIATE_EVENTS, ["KXMVEA"])
    asks.answered(MULTIVARIATE_EVENTS, ["KXMVEA"])
    assert asks.due() == (MARKETS, [f"A-{number}" for number in range(BATCH_MAX)])
    assert len(asks) == BATCH_MAX + 1


def test_asks_wait_longer_each_time_and_end() -> None:
    clock = Clock()
    asks = Asks(clock)
    asks.market("A", 10)
    waits: list[float] = []
    given_up: list[str] = []
    while not given_up:
        began = clock.now_s
        while asks.due() is None:
            clock.now_s += 0.1
        waits.append(clock.now_s - began)
        given_up = asks.missed(MARKETS, ["A"])
    assert given_up == ["A"]
    assert len(waits) == ATTEMPTS_MAX
    assert max(waits) <= 61
    assert len(asks) == 0
    assert asks.missed(MARKETS, ["A"]) == []


def test_asks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asks_module, "PENDING_MAX", 2)
    asks = Asks(Clock())
    assert [asks.market(ticker) for ticker in ("A", "B", "C", "A")] == [True, True, False, True]


def test_an_object_without_a_ticker_costs_no_other() -> None:
    page = b'[{"ticker":"A"},{"ticker":7},{"no":"ticker"},{"ticker":"B","status":"finalized"}]'
    assert [(each.ticker, each.is_over) for each in decode_facts(page, MarketFacts)] == [("A", False), ("B", True)]
    assert decode_facts(b'{"not":"a list"}', MarketFacts) == []
