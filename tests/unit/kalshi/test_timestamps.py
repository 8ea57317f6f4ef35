"""Times of the exchange."""

from datetime import UTC, datetime

import pytest

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.timestamps import (
    engine_time,
    from_ms,
    from_ns,
    from_rfc3339,
    from_seconds,
    text_from_ns,
    to_text,
    to_unique_text,
)

AT = datetime(2026, 8, 7, 6, 47, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-08-07T06:47:24Z", 0),
        ("2026-08-07T06:47:24.6Z", 600_000),
        ("2026-08-07T06:47:24.258Z", 258_000),
        ("2026-08-07T06:47:24.258595Z", 258_595),
        ("2026-08-07T06:47:24.258595999Z", 258_595),
        ("2026-08-07T08:47:24.25+02:00", 250_000),
    ],
)
def test_fractions_of_any_length_are_cut_to_microseconds(text: str, microsecond: int) -> None:
    assert from_rfc3339(text) == AT.replace(microsecond=microsecond)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-08-07T06:47:24"])
def test_a_text_that_is_no_time_is_rejected(text: str) -> None:
    with pytest.raises(BadFrame, match="bad time"):
        from_rfc3339(text)


def test_unix_times() -> None:
    assert from_seconds(int(AT.timestamp())) == AT
    assert from_ms(int(AT.timestamp()) * 1000 + 7) == AT.replace(microsecond=7000)
    assert from_ns(int(AT.timestamp()) * 10**9 + 7999) == AT.replace(microsecond=7)
    for beyond in (from_seconds, from_ms):
        with pytest.raises(BadFrame, match="out of range"):
            beyond(2**62)


def test_finer_digits_are_used_only_if_both_times_agree() -> None:
    milliseconds = int(AT.timestamp()) * 1000 + 258
    assert engine_time("2026-08-07T06:47:24.258595Z", milliseconds) == AT.replace(microsecond=258_595)
    assert engine_time("2026-08-07T06:47:24Z", milliseconds) == AT.replace(microsecond=258_000)
    assert engine_time(None, milliseconds) == AT.replace(microsecond=258_000)
    assert engine_time("2026-08-07T06:47:24.258595Z", None) == AT.replace(microsecond=258_595)
    assert engine_time(int(AT.timestamp()), None) == AT
    with pytest.raises(BadFrame, match="missing field ts_ms"):
        engine_time(None, None)


@pytest.mark.parametrize("nanoseconds", [0, 999, 1_000, 1_793_109_600_447_123_999, 1_793_109_600_000_000_000])
def test_text_names_the_same_moment(nanoseconds: int) -> None:
    moment = from_ns(nanoseconds)
    assert datetime.fromisoformat(text_from_ns(nanoseconds)) == datetime.fromisoformat(to_text(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("2026-08-07T06:47:24Z", "2026-08-07T06:47:24.258595Z", "2026-08-07T01:00:00.25+02:00"),
        *("1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_unique_text_names_the_same_moment_with_all_digits(text: str) -> None:
    moment = from_rfc3339(text)
    unique = to_unique_text(moment)
    assert datetime.fromisoformat(unique) == moment
    assert len(unique) == len("2026-08-07 06:47:24.258595+00:00")
