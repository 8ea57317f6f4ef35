"""Times of the exchange."""

from datetime import UTC, datetime

import pytest

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.timestamps import (
    MILLISECOND_US,
    SECOND_US,
    SentTime,
    decimal_places,
    exchange_time,
    finest_time,
    from_ns,
    from_rfc3339,
    to_text,
    to_unique_text,
    with_text_from_ns,
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


SECOND = int(AT.timestamp())
FORMS: list[tuple[SentTime, int]] = [
    (SECOND, 0),
    (str(SECOND), 0),
    (SECOND * 10**3 + 258, 258_000),
    (str(SECOND * 10**3 + 258), 258_000),
    (SECOND * 10**6 + 258_595, 258_595),
    (str(SECOND * 10**6 + 258_595), 258_595),
    (SECOND * 10**9 + 258_595_999, 258_595),
    (str(SECOND * 10**9 + 258_595_999), 258_595),
    (SECOND + 0.258, 258_000),
    (f"{SECOND}.258595999", 258_595),
    ("2026-08-07T06:47:24.258595999Z", 258_595),
    ("2026-08-07t06:47:24.25z", 250_000),
    ("2026-08-07T08:47:24.25+02:00", 250_000),
]


@pytest.mark.parametrize(("sent", "microsecond"), FORMS)
def test_a_time_is_read_in_any_form(sent: SentTime, microsecond: int) -> None:
    assert exchange_time(sent) == AT.replace(microsecond=microsecond)


def test_a_field_in_milliseconds_holds_milliseconds_or_a_finer_unit() -> None:
    assert exchange_time(14_000, MILLISECOND_US) == from_ns(14 * 10**9)
    for unit in (10**3, 10**6, 10**9):
        assert exchange_time(SECOND * unit, MILLISECOND_US) == AT
        assert exchange_time(str(SECOND * unit), MILLISECOND_US) == AT


@pytest.mark.parametrize("sent", [None, "", "0001-01-01T00:00:00Z", -62_135_596_800])
def test_what_stands_for_no_time_reads_as_absent(sent: SentTime) -> None:
    assert exchange_time(sent) is None


@pytest.mark.parametrize("sent", ["yesterday", " ", 2**63, -(2**63), 10**400, 1e300, "9" * 20])
def test_a_value_that_is_no_time_is_rejected(sent: SentTime) -> None:
    with pytest.raises(BadFrame, match="bad time"):
        exchange_time(sent)


def test_finer_digits_are_used_only_if_both_times_agree() -> None:
    coarse, fine, second = (AT.replace(microsecond=258_000), 3), (AT.replace(microsecond=258_595), 6), (AT, 0)
    assert finest_time(coarse, fine) == finest_time(second, fine) == finest_time(fine, coarse) == fine
    assert finest_time(second, coarse) == finest_time(coarse, (AT, 6)) == coarse
    assert finest_time(coarse, second) == finest_time(coarse, None) == coarse
    assert finest_time(None, second) == second
    assert finest_time(None, None) is None


@pytest.mark.parametrize(
    ("sent", "unit", "places"),
    [
        *((text, SECOND_US, 0) for text in ("2026-08-07T06:47:24Z", "20260807T064724+00:00", SECOND, f"{SECOND}")),
        *((text, SECOND_US, 3) for text in ("2026-08-07T06:47:24.6Z", "2026-08-07T06:47:24.25+02:00", SECOND + 0.25)),
        *((text, SECOND_US, 3) for text in ("2026-08-07T06:47:24.258Z", f"{SECOND}.000", SECOND * 1000)),
        *((text, SECOND_US, 6) for text in ("2026-08-07T06:47:24.2585Z", "2026-08-07T06:47:24.258595999Z")),
        *((text, SECOND_US, 6) for text in ("2026-08-07T06:47:24,258595+00:00", f"{SECOND}.2585", SECOND * 10**6)),
        *((number, MILLISECOND_US, 3) for number in (SECOND * 1000, f"{SECOND}258", SECOND * 1000.0)),
        *((number, MILLISECOND_US, 6) for number in (SECOND * 10**6, SECOND * 10**9, SECOND * 1e9, f"{SECOND}258.5")),
        ("2026-08-07T06:47:24Z", MILLISECOND_US, 0),
    ],
)
def test_the_decimal_places_of_a_time_follow_from_its_form(sent: str | float, unit: int, places: int) -> None:
    assert decimal_places(sent, unit) == places


@pytest.mark.parametrize("nanoseconds", [0, 999, 1_000, 1_793_109_600_447_123_999, 1_793_109_600_000_000_000])
def test_text_names_the_same_moment(nanoseconds: int) -> None:
    moment, text = with_text_from_ns(nanoseconds)
    assert moment == from_ns(nanoseconds)
    assert datetime.fromisoformat(text) == datetime.fromisoformat(to_text(moment)) == moment


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
