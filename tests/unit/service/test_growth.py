"""When a database will be full, in words and as a reason of health."""

import math

import pytest

from kalshi_data.service.growth import Growth, GrowthLimits, describe_growth, full_reasons

GB = 10**9


@pytest.mark.parametrize(
    ("days", "status"), [(math.inf, []), (7.0, []), (6.9, ["degraded"]), (1.0, ["degraded"]), (0.9, ["unhealthy"])]
)
def test_a_database_that_will_be_full_is_reported_days_before(days: float, status: list[str]) -> None:
    reasons = list(full_reasons(days, 25e9, GrowthLimits(), "production", "enlarge its storage"))
    assert [reason.severity.name.lower() for reason in reasons] == status
    text = f"production is full in {days:.1f} days at the present rate, 25.0 GB a day: enlarge its storage"
    assert all(reason.text == text and reason.check == "space" for reason in reasons)


def test_the_limits_are_settings() -> None:
    limits = GrowthLimits(full_days_min=30, full_days_unhealthy=10)
    assert [each.severity.name for each in full_reasons(9, 1, limits, "it", "")] == ["UNHEALTHY"]
    assert [each.severity.name for each in full_reasons(29, 1, limits, "it", "")] == ["DEGRADED"]


@pytest.mark.parametrize(
    ("growth", "bytes_max", "days"),
    [
        (Growth(), 100 * GB, math.inf),
        (Growth(50 * GB, 40 * GB, 10 * GB), 100 * GB, 6.0),
        (Growth(50 * GB, 40 * GB, 10 * GB), math.inf, math.inf),
        (Growth(50 * GB, 40 * GB, -10 * GB), 30 * GB, math.inf),
        (Growth(50 * GB, 40 * GB, 10 * GB), 30 * GB, 0.0),
    ],
)
def test_days_count_what_may_not_be_dropped(growth: Growth, bytes_max: float, days: float) -> None:
    assert growth.days_left(bytes_max) == days


def test_growth_in_words() -> None:
    assert describe_growth(0.0, 3.0) == ""
    assert describe_growth(25e9, None) == describe_growth(25e9, math.inf) == ", grows by 25.0 GB a day"
    assert describe_growth(25e9, 6.04) == ", grows by 25.0 GB a day, full in 6.0 days"


def test_a_query_without_samples_is_growth_that_is_not_known() -> None:
    assert Growth.of(None) == Growth()
    assert Growth.of((7, 5, 2, 3)) == Growth(7, 5, 2.0, 3.0)


@pytest.mark.parametrize(
    ("per_day", "recent", "days"),
    [
        (0, 240 * GB, 0.25),  # a new database
        (10 * GB, 240 * GB, 0.25),  # a sudden rush
        (10 * GB, 100 * GB, 6.0),  # a busy hour, which says nothing about days
        (240 * GB, 10 * GB, 0.25),
        (-10 * GB, 0, math.inf),
    ],
)
def test_the_last_hour_counts_if_the_database_would_soon_be_full(per_day: float, recent: float, days: float) -> None:
    growth = Growth(50 * GB, 40 * GB, per_day, recent).toward(100 * GB)
    assert growth.days_left(100 * GB) == days
