"""What is known at a moment: the newest states that were fetched by then, and nothing later."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.reader import open_archive
from kalshi_data.reader.files.known_objects import newest
from kalshi_data.reader.files.missing_hours import HoursMissing
from tests.support.sample_archive import FED, HEAT, HOUR, Row, after, write_rows

DAY = timedelta(days=1)
STATES = st.lists(
    st.tuples(st.sampled_from("AB"), st.none() | st.integers(0, 3), st.integers(0, 3), st.binary(max_size=1))
)
State = tuple[str, int | None, int, bytes]


def is_newer(one: State, other: State) -> bool:
    """Production's rule for two states of an object of which one is timed, or for two that are both timed or not."""
    if one[1] is not None and other[1] is not None:
        return one[1:] > other[1:]
    if one[1] is None and other[1] is None:
        return one[2:] > other[2:]
    return one[2] > other[2] if one[1] is None else one[2] >= other[2]


@given(STATES)
def test_the_newest_state_is_that_of_production(states: list[State]) -> None:
    names = ("ticker", "updated_time", "fetched_at", "body_sha256")
    types: Any = (pa.string(), pa.int64(), pa.int64(), pa.binary())
    columns = zip(*states, strict=True) if states else [()] * 4
    table = pa.table({name: pa.array(list(each), kind) for name, each, kind in zip(names, columns, types, strict=True)})
    found = [states[place] for place in newest(table)]
    expected: list[State] = []
    for ticker in sorted({each[0] for each in states}):
        own = [each for each in states if each[0] == ticker]
        timed = max((each for each in own if each[1] is not None), key=lambda each: each[1:], default=None)
        untimed = max((each for each in own if each[1] is None), key=lambda each: each[2:], default=None)
        candidates = [each for each in (timed, untimed) if each]
        newer = candidates[0]
        for each in candidates[1:]:
            newer = each if is_newer(each, newer) else newer
        expected.append(newer)
    assert found == expected


def market(title: str, seconds: float, ticker: str = FED, **given: Any) -> Row:
    times = {"fetched_at": after(seconds), "updated_time": after(seconds)}
    return {"ticker": ticker, "title": title, "status": "active", "body": "{}", **times, **given}


def titles(folder: Path, seconds: float) -> dict[str, str]:
    found = open_archive(folder).markets(after(seconds)).to_pylist()
    return {row["ticker"]: row["title"] for row in found}


def test_a_state_is_known_from_when_it_was_fetched(tmp_path: Path) -> None:
    write_rows(tmp_path, "markets", [market("listed", -50_000)])
    write_rows(tmp_path, "markets_history", [market("first", 60), market("new", 90, HEAT), market("second", 3599)])
    write_rows(tmp_path, "markets_history", [market("third", 3600)], HOUR + timedelta(hours=1))
    moments = {0: "listed", 59: "listed", 60: "first", 3598: "first", 3599: "second", 3600: "third"}
    assert {at: titles(tmp_path, at)[FED] for at in moments} == moments
    assert [HEAT in titles(tmp_path, at) for at in (89, 90)] == [False, True]


def test_a_list_that_was_written_later_hides_no_earlier_state(tmp_path: Path) -> None:
    """A day's list can be written again in the afternoon, and then lacks what it had in the morning."""
    write_rows(tmp_path, "markets", [market("yesterday", -90_000), market("quiet", -90_000, HEAT)], HOUR - DAY)
    write_rows(tmp_path, "markets", [market("afternoon", 7200), market("quiet", -90_000, HEAT)])
    write_rows(tmp_path, "markets_history", [market("morning", -40_000)], HOUR - timedelta(hours=12))
    assert titles(tmp_path, -45_000) == {FED: "yesterday", HEAT: "quiet"}
    with pytest.warns(HoursMissing, match="from 2026-11-02T04:00Z to 2026-11-02T15:00Z"):
        assert titles(tmp_path, 0) == {FED: "morning", HEAT: "quiet"}
    with pytest.warns(HoursMissing, match="from 2026-11-02T04:00Z to 2026-11-02T17:00Z"):
        assert titles(tmp_path, 7200) == {FED: "afternoon", HEAT: "quiet"}


def test_the_first_day_is_known_from_the_history_alone(tmp_path: Path) -> None:
    write_rows(tmp_path, "markets", [market("listed", 5000)])
    write_rows(tmp_path, "markets_history", [market("first", 60)])
    assert titles(tmp_path, 61) == {FED: "first"}


def test_messages_change_a_market_until_it_is_fetched_again(tmp_path: Path) -> None:
    said: list[tuple[float, str, dict[str, Any]]] = [
        (10, "deactivated", {"is_deactivated": True}),
        (20, "activated", {}),
        (30, "close_date_updated", {"close_ts": 1793646000}),
        (40, "determined", {"result": "no"}),
        (50, "settled", {"settled_ts": 1793646100}),
    ]
    rows = [
        {"subject_ticker": FED, "seen_at": after(at), "kind": kind, "payload": json.dumps(body)}
        for at, kind, body in said
    ]
    write_rows(tmp_path, "markets", [market("listed", -50_000)])
    write_rows(tmp_path, "lifecycle_events", rows)
    write_rows(tmp_path, "markets_history", [market("amended", 60, status="amended", result="yes")])
    archive = open_archive(tmp_path)

    def at(seconds: float) -> Row:
        (row,) = archive.markets(after(seconds)).to_pylist()
        return row

    assert [at(each)["status"] for each in (9, 10, 20, 40, 50, 60)] == [
        "active",
        "inactive",
        "active",
        "determined",
        "finalized",
        "amended",
    ]
    assert [at(each)["result"] for each in (39, 40, 60)] == [None, "no", "yes"]
    assert [at(each)["close_time"] is None for each in (29, 30)] == [True, False]
    assert f"{at(50)['settlement_ts']:%Y-%m-%d}" == "2026-11-02"


def test_hours_whose_states_are_missing_are_reported(tmp_path: Path) -> None:
    write_rows(tmp_path, "markets_history", [market("first", 60)])
    write_rows(tmp_path, "lifecycle_events", [])
    archive = open_archive(tmp_path)
    assert archive.markets(after(3599)).num_rows == 1
    with pytest.warns(HoursMissing, match="no markets_history from 2026-11-02T16:00Z to 2026-11-02T18:00Z"):
        assert archive.markets(after(2 * 3600 + 1)).num_rows == 1


def test_settlements_are_those_of_the_stream_and_else_of_messages(tmp_path: Path) -> None:
    paid = {"market_ticker": HEAT, "result": "yes", "seen_at": after(10), "source": "markets_history"}
    write_rows(tmp_path, "settlements", [paid])
    for hour in (HOUR, HOUR + timedelta(hours=1)):
        event = {"subject_ticker": FED, "seen_at": hour, "kind": "determined", "payload": '{"result": "no"}'}
        write_rows(tmp_path, "lifecycle_events", [event], hour)
    archive = open_archive(tmp_path)
    with pytest.warns(HoursMissing):
        found = archive.settlements(HOUR, HOUR + timedelta(hours=3)).to_pylist()
    assert [(row["market_ticker"], row["result"], row["source"]) for row in found] == [
        (FED, "no", "lifecycle_events"),
        (HEAT, "yes", "markets_history"),
    ]
    assert archive.settlements(HOUR, HOUR + timedelta(hours=1))["market_ticker"].to_pylist() == [HEAT]
    assert archive.settlements(HOUR, HOUR + timedelta(hours=1), series="KXFED").num_rows == 0


def test_categories_are_those_that_were_known_at_the_end(tmp_path: Path) -> None:
    def fed(category: str, seconds: float) -> Row:
        return {"ticker": "KXFED", "category": category, "fetched_at": after(seconds), "body": "{}"}

    write_rows(tmp_path, "trades", [{"market_ticker": FED, "exchange_ts": after(5)}])
    write_rows(tmp_path, "series_history", [fed("Economics", 0), fed("Politics", 7200)])
    archive = open_archive(tmp_path)
    span = (HOUR, HOUR + timedelta(hours=1))
    assert [archive.trades(*span, categories=each).num_rows for each in ("Economics", "Politics")] == [1, 0]
