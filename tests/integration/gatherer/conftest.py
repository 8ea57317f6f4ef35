"""What all tests of a gatherer need."""

import pytest

from kalshi_data.gatherer.monitoring import health_rules
from tests.conftest import MakeDatabase
from tests.support.engines import Database


@pytest.fixture(autouse=True)
def no_maintenance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no maintenance of the schedule excuse what these tests look at; maintenance has unit tests of its own."""

    def not_expected(*_: object) -> str:
        return ""

    monkeypatch.setattr(health_rules, "why_expected", not_expected)


@pytest.fixture
def kalshi_meta(make_database: MakeDatabase) -> Database:
    """A gatherer's migrated database of series, events and markets."""
    return make_database("kalshi_meta")
