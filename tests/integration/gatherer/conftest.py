"""What all tests of a gatherer need."""

import pytest

from kalshi_data.gatherer.monitoring import health_rules


@pytest.fixture(autouse=True)
def no_maintenance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no Thursday morning excuse what these tests look at; maintenance has unit tests of its own."""

    def is_over(_: object) -> bool:
        return False

    monkeypatch.setattr(health_rules, "in_maintenance", is_over)
