"""Coverage says of each minute what is known of it, and why it is not proven."""

import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.archive.streams.reasons import INCIDENTS_MAX, STATES, explain
from kalshi_data.reader import Archive, HoursMissing, open_archive
from tests.support.sample_archive import FED, HEAT, HOUR, after, write_rows, write_sample

DELTAS = "orderbook_deltas"
RANGE = ("2026-11-02T15:00", "2026-11-02T17:00")


def run(state: str, begin: float, end: float, market: str = HEAT, stream: str = DELTAS) -> dict[str, Any]:
    times = {"from_at": after(begin * 60), "to_at": after(end * 60)}
    return {"market_ticker": market, "stream": stream, "state": state, **times}


def missed(gatherer: int | None, begin: float, end: float, reason: str, repair: str, by: str | None) -> dict[str, Any]:
    what = {"kind": "missed", "gatherer_id": gatherer, "reason": reason, "repair": repair, "repaired_by": by}
    return {**run("", begin, end), **what}


@pytest.fixture
def judged(tmp_path: Path) -> Archive:
    """An archive of an hour that production judged, with a second one that it did not."""
    root = write_sample(tmp_path)
    states = (("proven", 0, 10), ("repaired", 10, 20), ("gap", 20, 21), ("covered", 21, 30), ("repaired", 30, 60))
    runs = [run(*each) for each in states] + [run("repaired", 0, 1, FED), run("gap", 0, 60, "", "trades")]
    write_rows(root, "coverage", runs)
    incidents = [
        missed(2, 10.5, 20.5, "it crashed", "gatherer", "1,3"),
        missed(1, 20.2, 20.5, "it was stopped", "none", None),
        missed(None, 35, 36, "no gatherer had subscribed", "books", None),
        {**missed(1, 0, 0.5, "it missed messages on its connection", "rest", "1"), "market_ticker": FED},
    ]
    write_rows(root, "incidents", incidents)
    for name in ("tickers", DELTAS):
        write_rows(root, name, [], HOUR + timedelta(hours=1))
    (root / "coverage/date=2026-11-02/hour=16/part-0.parquet").unlink()
    return open_archive(root)


def test_each_minute_that_is_not_proven_has_its_reason(judged: Archive) -> None:
    rows = judged.coverage(*RANGE).to_pylist()
    assert all(row["reason"] for row in rows)
    found = {(row["from_at"].minute, row["state"]): row["reason"] for row in rows if row["market_ticker"] == HEAT}
    crashed = "gatherer 2 missed some of it: it crashed; gatherers 1 and 3 received it"
    assert found == {
        (0, "proven"): STATES["proven"],
        (10, "repaired"): crashed,
        (20, "gap"): f"{crashed}; gatherer 1 missed some of it: it was stopped; it is lost",
        (21, "covered"): STATES["covered"],
        (30, "repaired"): "no gatherer had subscribed; the books around it show that nothing happened",
    }
    others = {(row["market_ticker"], row["stream"], row["state"]): row["reason"] for row in rows}
    fetched = "gatherer 1 missed some of it: it missed messages on its connection; gatherer 1 fetched it by REST"
    assert others[FED, DELTAS, "repaired"] == fetched
    # Nothing more is known of it than its state.
    assert others["", "trades", "gap"] == STATES["gap"]
    assert others["", "tickers", "not judged"] == "the archive has rows of the hour, and no judgement"
    assert others["", "trades", "missing"] == "the archive lacks the hour"


def test_reasons_of_chosen_markets_are_those_of_all(judged: Archive) -> None:
    every = judged.coverage(*RANGE).to_pylist()
    chosen = judged.coverage(*RANGE, markets=HEAT).to_pylist()
    assert chosen == [row for row in every if row["market_ticker"] in ("", HEAT)]


def test_an_archive_without_incidents_still_has_reasons(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    write_rows(root, "coverage", [run("repaired", 10, 20)])
    rows = open_archive(root).coverage(*RANGE, markets=HEAT).to_pylist()
    assert [row["reason"] for row in rows if row["market_ticker"] == HEAT] == [STATES["repaired"]]


def test_a_reason_has_a_length_that_a_person_reads() -> None:
    incidents = [missed(1, 0, 1, f"reason {number}", "none", None) for number in range(INCIDENTS_MAX + 2)]
    assert explain("gap", incidents).endswith("; and 2 more")
    assert explain("gap", incidents[:1] * 3) == explain("gap", incidents[:1])
    assert explain("paused", []) == "unknown to this version of the program"


def test_an_hour_whose_judgement_has_no_rows_is_not_judged_if_it_has_others(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    write_rows(root, "coverage", [])
    write_rows(root, "tickers", [])
    found = open_archive(root).coverage("2026-11-02T15:00", "2026-11-02T16:00").to_pylist()
    assert {(row["stream"], row["state"]) for row in found} == {
        (DELTAS, "not judged"),
        ("trades", "not judged"),
        ("lifecycle_events", "not judged"),
    }


def test_an_hour_without_its_file_of_coverage_is_warned_of(judged: Archive) -> None:
    later = HOUR + timedelta(minutes=90)
    with pytest.warns(HoursMissing, match="the archive has no coverage from 2026-11-02T16:00Z to 2026-11-02T17:00Z"):
        assert judged.book(HEAT, later)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert judged.book(HEAT, later, over_gaps=True)
        assert not judged.book(HEAT, after(5))
