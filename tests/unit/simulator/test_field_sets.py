"""Messages without some of their fields: for all connections, for single ones, and at random by a seed."""

from itertools import islice
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.simulator.cli import main
from kalshi_data.simulator.faults.rollouts import GROUPS, TIMES, field_changes
from kalshi_data.simulator.feed.field_sets import DEPRECATED, FIELDS, NO_FIELDS, OPTIONAL, ConnectionFields, without
from kalshi_data.simulator.messages import Message
from tests.support.exchange_lines import Lines


def test_all_messages_lack_what_the_exchange_does_not_send(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "journal", without=FIELDS, lifecycles_per_second=50)
    for _ in range(300):
        lines.play()
    kinds: set[str] = set()
    for frame in lines.frames(1):
        assert "sending_ts_ms" not in frame
        assert not OPTIONAL.get(frame["type"], NO_FIELDS) & frame["msg"].keys()
        kinds.add(frame["type"])
    assert kinds > {"orderbook_delta", "orderbook_snapshot", "ticker", "trade", "market_lifecycle_v2"}
    # The journal has the whole truth, and names what no connection got.
    deltas = [each for each in lines.journal() if "after" in each and each["sent"]]
    assert deltas
    for each in deltas:
        assert each["frame"]["msg"].keys() >= OPTIONAL["orderbook_delta"]
        assert each["unsent"] == each["lacking"] == ["clock", "market_id", "sending_ts_ms", "ts", "ts_ms"]


def test_a_field_that_one_connection_lacks_is_in_the_journal(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "journal")
    lines.sessions[0].fields.lack(frozenset({"clock", "time"}))
    lines.sessions[1].fields.lack(frozenset({"ts", "clock"}))
    for _ in range(50):
        lines.play()
    for number, lacked in ((1, "clock"), (2, "ts")):
        deltas = [each["msg"] for each in lines.frames(number) if each["type"] == "orderbook_delta"]
        assert deltas
        assert not any(lacked in each for each in deltas)
    assert all("time" not in each["msg"] for each in lines.frames(1) if each["type"] == "ticker")
    assert all("time" in each["msg"] for each in lines.frames(2) if each["type"] == "ticker")
    kinds: dict[str, tuple[list[str], list[str]]] = {
        "orderbook_delta": (["clock"], ["clock", "ts"]),
        "ticker": ([], ["time", "ts"]),
        "trade": ([], ["ts"]),
    }
    seen: set[str] = set()
    for each in (line for line in lines.journal() if line.get("frame", {}).get("type") in kinds and line["sent"]):
        assert (each["unsent"], each["lacking"]) == kinds[each["frame"]["type"]]
        seen.add(each["frame"]["type"])
    assert seen == kinds.keys()


def test_whole_messages_are_journalled_without_lists_of_fields(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "journal")
    lines.play()
    assert not any({"unsent", "lacking"} & line.keys() for line in lines.journal())


def test_a_number_of_messages_lacks_fields(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "journal")
    lines.sessions[0].fields.lack_for(3, DEPRECATED)
    for _ in range(50):
        lines.play()
    changed = [each for each in lines.frames(1) if each["type"] in ("orderbook_delta", "ticker", "trade")]
    assert ["ts" in each["msg"] for each in changed[:5]] == [False] * 3 + [True] * 2
    assert [line["unsent"] for line in lines.journal() if "lacking" in line] == [[]] * 3


ENVELOPE = st.sampled_from([None, b"", b'"sending_ts_ms":7,', b'"sending_ts_ms":7,"odd":{"a":1},', b'"odd":null,'])


@given(ENVELOPE, st.frozensets(st.sampled_from(sorted(FIELDS))))
def test_every_other_field_stays_as_it_was_sent(envelope: bytes | None, fields: frozenset[str]) -> None:
    body = b'{"clock":9007199254740993, "ts":"", "price_dollars":"0.4100", "odd":1.50}'
    lean = without(Message("orderbook_delta", "orderbook_delta", "A", body, envelope), fields)
    left = msgspec.json.decode(lean.body, type=dict[str, msgspec.Raw])
    assert {name: bytes(value) for name, value in left.items()} == {
        name: value
        for name, value in (
            *(("clock", b"9007199254740993"), ("ts", b'""')),
            *(("price_dollars", b'"0.4100"'), ("odd", b"1.50")),
        )
        if name not in fields
    }
    gone = "sending_ts_ms" in fields
    if envelope is None:
        assert lean.envelope == (b"" if gone else None)
    else:
        assert lean.envelope == (envelope.replace(b'"sending_ts_ms":7,', b"") if gone else envelope)


@pytest.mark.parametrize("body", [b"7", b"{", b"null", b'"\xff"'])
def test_a_recorded_body_that_is_no_object_is_played_as_it_is(body: bytes) -> None:
    assert without(Message("trade", "trade", None, body), frozenset({"ts"})).body == body


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_seed_gives_the_same_changes_and_one_client_has_times(seed: int, clients: int) -> None:
    changes = list(islice(field_changes(seed, clients), 60))
    assert changes == list(islice(field_changes(seed, clients), 60))
    current: dict[tuple[int, int], frozenset[str]] = {}
    for change in changes:
        current[change.client, change.group] = change.lacked
        if len(current) < clients * GROUPS:
            assert change.after_seconds == 0
            continue
        assert any(not any(current[client, group] >= TIMES for group in range(GROUPS)) for client in range(clients))
    assert len({change.lacked for change in changes}) > 10
    assert frozenset().union(*current.values()) <= FIELDS


def test_fields_are_counted_only_for_messages_that_can_have_them() -> None:
    fields = ConnectionFields(frozenset({"clock"}))
    fields.lack_for(1, frozenset({"time"}))
    assert fields.take("orderbook_delta") == {"clock"}
    assert fields.take("ticker") == {"time"}
    assert fields.take("ticker") == NO_FIELDS
    assert fields.take("orderbook_snapshot") == {"clock"}


def test_an_unknown_field_is_refused_with_the_list_of_all() -> None:
    shown = CliRunner().invoke(main, ["run", "--without", "clock,colour"])
    assert shown.exit_code == 2
    words = " ".join(shown.output.replace("│", " ").split())
    assert "no field to leave out: colour; choose from: " in words
    assert all(name in words for name in FIELDS)
