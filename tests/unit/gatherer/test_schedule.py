"""The registry's state in memory: the schedule of markets, and the queue of objects to fetch."""

import pytest

from kalshi_data.gatherer.markets import fetch_queue as fetch_queue_module
from kalshi_data.gatherer.markets import schedule as schedule_module
from kalshi_data.gatherer.markets.fetch_queue import ATTEMPTS_MAX, BATCH_MAX, FetchQueue
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.kalshi.bodies import to_page
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, MarketFields, decode_page

STARTED_S = 1_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now_s = STARTED_S

    def __call__(self) -> float:
        return self.now_s


def make() -> tuple[Schedule, Clock]:
    clock = Clock()
    return Schedule(RegistrySettings(open_early_seconds=5, close_late_seconds=30), clock), clock


def learn(
    schedule: Schedule, opens: float = -100, closes: float = 100, updated: float = -50, *, over: bool = False
) -> None:
    schedule.learn("A", STARTED_S + opens, STARTED_S + closes, STARTED_S + updated, is_over=over)


def test_an_older_rest_answer_changes_nothing() -> None:
    schedule, clock = make()
    learn(schedule, closes=100, updated=-50)
    learn(schedule, closes=-100, updated=-60)
    assert "A" in schedule.wanted
    assert schedule.close_at("A", STARTED_S + 10)
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
    assert not schedule.markets, "REST reports it as over too, so it is forgotten"
    learn(schedule, over=True)
    assert not schedule.markets


def test_the_close_time_does_not_move_if_rest_repeats_that_a_market_is_over() -> None:
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
    assert schedule.close_at("A", STARTED_S + 500)
    assert schedule.reopen("A")
    assert list(schedule.wanted) == ["A"]
    assert not schedule.reopen("B")


def test_changed_is_set_only_if_wanted_changes() -> None:
    schedule, _ = make()
    learn(schedule)
    schedule.changed.clear()
    learn(schedule)
    schedule.create("A", 0, 0)
    schedule.create("B", STARTED_S + 6, STARTED_S + 10)
    assert not schedule.changed.is_set()
    schedule.create("C", STARTED_S + 4, STARTED_S + 10)
    assert schedule.changed.is_set()
    assert list(schedule.wanted) == ["A", "C"]


def test_the_heap_stays_small_if_a_market_moves_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "STALE_ENTRIES_MAX", 10)
    schedule, clock = make()
    learn(schedule)
    for number in range(1000):
        schedule.close_at("A", STARTED_S + 1000 + number)
        schedule.advance()
        assert schedule.pending() <= 12
    clock.now_s += 1999 + 30
    schedule.advance()
    assert not schedule.wanted


def test_fetches_come_in_batches_events_first() -> None:
    clock = Clock()
    queue = FetchQueue(clock)
    for number in range(BATCH_MAX + 1):
        assert queue.add_market(f"A-{number}")
    assert queue.add_event("A")
    assert queue.add_event("KXMVEA")
    assert queue.next_batch() is None
    clock.now_s += 2
    assert queue.next_batch() == (EVENTS, ["A"])
    queue.remove(EVENTS, ["A"])
    assert queue.next_batch() == (MULTIVARIATE_EVENTS, ["KXMVEA"])
    queue.remove(MULTIVARIATE_EVENTS, ["KXMVEA"])
    assert queue.next_batch() == (MARKETS, [f"A-{number}" for number in range(BATCH_MAX)])
    assert len(queue) == BATCH_MAX + 1


def test_fetches_are_retried_with_growing_delays_until_the_last_attempt() -> None:
    clock = Clock()
    queue = FetchQueue(clock)
    queue.add_market("A", 10)
    waits: list[float] = []
    given_up: list[str] = []
    while not given_up:
        started_s = clock.now_s
        while queue.next_batch() is None:
            clock.now_s += 0.1
        waits.append(clock.now_s - started_s)
        given_up = queue.retry_missing(MARKETS, ["A"])
    assert given_up == ["A"]
    assert len(waits) == ATTEMPTS_MAX
    assert max(waits) <= 61
    assert len(queue) == 0
    assert queue.retry_missing(MARKETS, ["A"]) == []


def test_the_fetch_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_queue_module, "PENDING_MAX", 2)
    queue = FetchQueue(Clock())
    assert [queue.add_market(ticker) for ticker in ("A", "B", "C", "A")] == [True, True, False, True]


def test_an_object_without_a_ticker_does_not_affect_the_others() -> None:
    page = b'[{"ticker":"A"},{"ticker":7},{"no":"ticker"},{"ticker":"B","status":"finalized"}]'
    markets, good, refused = decode_page(to_page(page), MarketFields)
    assert [(each.ticker, each.is_over) for each in markets] == [("A", False), ("B", True)]
    assert good == b'[{"ticker":"A"},{"ticker":"B","status":"finalized"}]'
    assert len(refused) == 2


NO_TIME = -STARTED_S
LAG = schedule_module.BELIEVED_SECONDS


@pytest.mark.parametrize("updated", [NO_TIME, -50], ids=["without a time", "with the time of before"])
def test_rest_is_believed_some_time_after_a_message(updated: float) -> None:
    schedule, clock = make()
    learn(schedule, closes=3600, updated=updated)
    assert schedule.close_at("A", STARTED_S + 600)
    assert not schedule.learn("A", 0, STARTED_S + 3600, max(STARTED_S + updated, 0), is_over=False), "REST lags behind"
    clock.now_s += 1200
    schedule.advance()
    assert not schedule.wanted
    learn(schedule, closes=10_800, updated=updated)
    assert list(schedule.wanted) == ["A"]
    assert schedule.reopen("A")
    clock.now_s += LAG
    learn(schedule, closes=10_800, updated=updated, over=True)
    clock.now_s += 31
    schedule.advance()
    assert not schedule.wanted


def test_without_a_time_what_was_asked_later_wins() -> None:
    schedule, _ = make()
    for closes, updated in ((-100, -50), (100, NO_TIME), (-100, -60), (100, NO_TIME), (-100, NO_TIME)):
        learn(schedule, closes=closes, updated=updated)
        assert bool(schedule.wanted) == (closes > 0)


def test_a_time_of_a_change_that_is_to_come_is_none() -> None:
    """The exchange names the year 9999, or the clock was in 2100 and believed 2099."""
    schedule, clock = make()
    learn(schedule, closes=100, updated=200_000_000)
    learn(schedule, closes=200, updated=-40)
    assert schedule.markets["A"].closes_s == STARTED_S + 200
    clock.now_s += 3_000_000_000
    learn(schedule, closes=300, updated=2_900_000_000)
    clock.now_s -= 3_000_000_000
    learn(schedule, closes=400, updated=-30)
    learn(schedule, closes=500, updated=-35)
    assert schedule.markets["A"].closes_s == STARTED_S + 400


def test_a_clock_that_is_set_back_opens_what_it_had_closed() -> None:
    schedule, clock = make()
    learn(schedule, closes=1000)
    schedule.advance()
    clock.now_s += 86_400
    schedule.advance()
    assert not schedule.wanted
    clock.now_s -= 86_400
    schedule.advance()
    assert list(schedule.wanted) == ["A"]
    assert schedule.close_at("A", STARTED_S + 500)
    clock.now_s -= 3600
    learn(schedule, opens=-7200, closes=2000)
    clock.now_s += 3600 + 1000
    schedule.advance()
    assert list(schedule.wanted) == ["A"], "a message in the future protects nothing"


def test_the_schedule_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "MARKETS_MAX", 1)
    schedule, _ = make()
    learn(schedule)
    schedule.create("B", 0, STARTED_S + 100)
    assert schedule.learn("C", 0, STARTED_S + 100, 0, is_over=False)
    assert list(schedule.markets) == ["A"]


def test_a_batch_that_fails_is_divided_until_the_bad_object_stands_alone() -> None:
    clock = Clock()
    queue = FetchQueue(clock)
    tickers = [f"A-{number}" for number in range(40)]
    for ticker in tickers:
        queue.add_market(ticker)
    given_up: list[str] = []
    while len(queue):
        clock.now_s += 1
        while batch := queue.next_batch():
            listing, names = batch
            if "A-7" in names:
                given_up += queue.fail(listing, names)
            else:
                queue.remove(listing, names)
    assert given_up == ["A-7"]


def test_a_batch_fits_into_an_address() -> None:
    clock = Clock()
    queue = FetchQueue(clock)
    for number in range(BATCH_MAX):
        queue.add_market(f"{number:0200}")
    clock.now_s += 2
    batch = queue.next_batch()
    assert batch is not None
    assert 3_000 < len(",".join(batch[1])) <= 4_000


def test_what_is_due_is_fetched_although_the_clock_was_set_back() -> None:
    clock = Clock()
    queue = FetchQueue(clock)
    queue.add_market("A")
    clock.now_s -= 86_400
    assert queue.next_batch() == (MARKETS, ["A"])
