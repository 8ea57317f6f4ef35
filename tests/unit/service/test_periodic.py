"""Periodic work in a thread."""

import threading

from kalshi_data.service.periodic import PeriodicThread

PATIENCE_SECONDS = 10.0


def test_it_calls_at_once_then_after_each_pause_and_at_last_once_more() -> None:
    calls: list[str] = []
    thrice = threading.Event()

    def call() -> None:
        calls.append("call")
        if len(calls) == 3:
            thrice.set()

    work = PeriodicThread("test", call, lambda: 0.001, lambda: calls.append("last"))
    work.start()
    assert thrice.wait(PATIENCE_SECONDS)
    work.stop(PATIENCE_SECONDS)
    assert calls[:3] == ["call"] * 3
    assert calls.count("last") == 1
    assert calls[-1] == "last"


def test_a_stop_ends_a_long_pause() -> None:
    called = threading.Event()
    work = PeriodicThread("test", called.set, lambda: 3_600.0)
    work.start()
    assert called.wait(PATIENCE_SECONDS)
    work.stop(PATIENCE_SECONDS)
    assert "test" not in {thread.name for thread in threading.enumerate()}


def test_a_running_call_sees_the_stop() -> None:
    running = threading.Event()
    seen: list[bool] = []

    def call() -> None:
        running.set()
        while not work.is_stopping:
            running.wait(0.001)
        seen.append(work.is_stopping)

    work = PeriodicThread("test", call, lambda: 0.0)
    work.start()
    assert running.wait(PATIENCE_SECONDS)
    work.stop(PATIENCE_SECONDS)
    assert seen == [True]


def test_what_never_started_is_stopped_without_a_last_call() -> None:
    calls: list[str] = []
    PeriodicThread("test", lambda: calls.append("call"), lambda: 0.0, lambda: calls.append("last")).stop(1.0)
    assert calls == []
