"""The command line of the benchmarks, and the arithmetic of their figures."""

from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.benchmarks import __main__ as command
from tests.benchmarks import merge
from tests.benchmarks.capturing.benchmark import beside_limit, gains
from tests.benchmarks.capturing.gatherers import shards
from tests.benchmarks.latency.benchmark import read_figures


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, dict[str, Any]]]:
    """Replace all benchmarks by ones that record their arguments."""
    calls: list[tuple[str, float, dict[str, Any]]] = []

    def replace(name: str) -> None:
        def measure(seconds: float, **options: Any) -> dict[str, float]:
            calls.append((name, seconds, options))
            return {"seconds": seconds}

        monkeypatch.setitem(command.BENCHMARKS, name, measure)

    for name in list(command.BENCHMARKS):
        replace(name)
    return calls


@pytest.mark.parametrize(("name", "option"), [("capture", "processes"), ("merge", "shards")])
def test_a_benchmark_gets_the_numbers_of_its_own_option(
    called: list[tuple[str, float, dict[str, Any]]], name: str, option: str
) -> None:
    done = CliRunner().invoke(command.main, [name, "--seconds=3", f"--{option}=1,2"])
    assert called == [(name, 3.0, {option: (1, 2)})]
    assert msgspec.json.decode(done.stdout.splitlines()[-1]) == {name: {"seconds": 3.0}}


@pytest.mark.parametrize(
    "arguments", [["merge", "--processes=1,2"], ["capture", "--shards=1,2"], ["--shards=1,2"], ["--processes=2"]]
)
def test_an_option_of_another_benchmark_is_refused(
    called: list[tuple[str, float, dict[str, Any]]], arguments: list[str]
) -> None:
    done = CliRunner().invoke(command.main, arguments)
    option, owner = ("--processes", "capture") if "--processes" in arguments[-1] else ("--shards", "merge")
    assert done.exit_code == 2
    assert f"{option} belongs to bench {owner}" in done.stderr
    assert called == []


@pytest.mark.parametrize("numbers", ["", "0", "1,", "1,1", "two", "-1", "1;2", "²"])
def test_what_is_no_list_of_numbers_is_refused(called: list[tuple[str, float, dict[str, Any]]], numbers: str) -> None:
    done = CliRunner().invoke(command.main, ["capture", f"--processes={numbers}"])
    assert done.exit_code == 2
    assert "is no list of different numbers" in done.stderr
    assert called == []


def test_all_benchmarks_run_without_options(called: list[tuple[str, float, dict[str, Any]]]) -> None:
    assert CliRunner().invoke(command.main, []).exit_code == 0
    assert called == [(name, 10.0, {}) for name in sorted(command.BENCHMARKS)]


def test_a_gatherer_is_compared_with_a_loop_that_only_receives() -> None:
    limit = {"frames": 300_000.0, "seconds": 3.0, "cpu_seconds": 1.5}
    assert beside_limit(60_000.0, 20.0, limit) == {
        "limit_frames_per_second": 100_000.0,
        "limit_ratio": 0.6,
        "limit_cpu_seconds_per_million": 5.0,
        "limit_cpu_ratio": 4.0,
    }


def test_the_gain_of_more_processes_counts_changes_only() -> None:
    one, two = {"deltas": 100.0, "rows": 150.0, "seconds": 2.0}, {"deltas": 150.0, "rows": 250.0, "seconds": 2.0}
    assert gains({1: one, 2: two}) == {
        "processes_1_deltas_per_second": 50.0,
        "processes_2_deltas_per_second": 75.0,
        "processes_2_gain": 1.5,
    }
    assert gains({1: one}) == {}


def test_each_of_several_processes_receives_its_part() -> None:
    assert (shards(1), shards(2)) == ([""], ["1/2", "2/2"])


def test_the_gain_of_more_shards_is_the_median_of_the_rounds() -> None:
    rounds = [{1: 10.0, 2: 5.0}, {1: 20.0, 2: 20.0}, {1: 12.0, 2: 8.0}]
    assert merge.gains(120, rounds) == {
        "shards_1_polled_rows_per_second": 10.0,
        "shards_2_polled_rows_per_second": 15.0,
        "shards_2_gain": 1.5,
    }


def test_a_late_clock_of_the_exchange_counts_in_the_parts_that_begin_with_it() -> None:
    row = (7, [110.0, 190.0], [20.0, 30.0], [25.0, 50.0], [30.0, 60.0], [35.0, 50.0])
    assert read_figures(row, 10) == {
        "deltas": 7.0,
        "p50_ms": 100.0,
        "p99_ms": 180.0,
        "receive_p50_ms": 10.0,
        "receive_p99_ms": 20.0,
        "commit_p50_ms": 25.0,
        "commit_p99_ms": 50.0,
        "poll_p50_ms": 30.0,
        "poll_p99_ms": 60.0,
        "production_p50_ms": 35.0,
        "production_p99_ms": 50.0,
    }
