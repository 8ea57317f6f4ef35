"""What all tests of a gatherer need."""

import pytest

from kalshi_data.gatherer.monitoring import health_rules
from tests.conftest import MakeDatabase
from tests.support.engines import Database


@pytest.fixture(autouse=True)
def no_maintenance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no Thursday morning excuse what these tests look at; maintenance has unit tests of its own."""

    def is_over(_: object) -> bool:
        return False

    monkeypatch.setattr(health_rules, "in_maintenance", is_over)


@pytest.fixture
def kalshi_meta(make_database: MakeDatabase) -> Database:
    """A gatherer's migrated database of series, events and markets."""
    return make_database("kalshi_meta")
