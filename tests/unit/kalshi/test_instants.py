"""Times of REST and lifecycle messages, and what stands for none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.kalshi.instants import FAR_AWAY_S, timestamp_s, timestamp_s_of_json

NONE = -1.0


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "soon",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00.000001-04:56",
        "0000-00-00T00:00:00Z",
        "1969-12-31T19:00:00-05:00",
        "1970-01-01T00:00:00Z",
        "infinity",
        "now",
        "10000-01-01T00:00:00Z",
    ],
)
def test_what_stands_for_none(text: str | None) -> None:
    assert timestamp_s(text, NONE) == NONE


def test_real_times() -> None:
    assert timestamp_s("2026-11-01T00:00:00.5Z", NONE) == 1_793_491_200.5
    assert timestamp_s("2026-11-01T02:00:00+02:00", NONE) == timestamp_s("2026-11-01T00:00:00", NONE) == 1_793_491_200
    assert timestamp_s("9999-12-31T23:59:59-05:00", NONE) > FAR_AWAY_S


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        ("1793491200", 1_793_491_200.0),
        ("1793491200.5", 1_793_491_200.5),
        ("1793491200500", 1_793_491_200.5),
        ('"2026-11-01T00:00:00Z"', 1_793_491_200.0),
        ("253402300799", FAR_AWAY_S),
        ("0", None),
        ("-62135596800", None),
        ("1" + "0" * 400, None),
        ("1" + "0" * 5_000, None),
        ("1e400", None),
        ("null", None),
        ("true", None),
        ("[]", None),
        ("{}", None),
        ('"\\ud800"', None),
        ("NaN", None),
    ],
)
def test_every_form_of_a_time_of_a_message(encoded: str, expected: float | None) -> None:
    assert timestamp_s_of_json(encoded.encode()) == expected


@given(st.integers() | st.floats() | st.text())
def test_any_number_and_text_is_a_time_or_none(value: float | str) -> None:
    found = timestamp_s_of_json(str(value).encode())
    assert found is None or 0 < found <= FAR_AWAY_S
    assert timestamp_s(str(value), NONE) == NONE or timestamp_s(str(value), NONE) > 0
