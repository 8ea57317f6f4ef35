"""Gives pages all the time that a busy machine needs, for tests of what they show."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from kalshi_data.service import listener
from kalshi_data.status_page import sessions

PATIENCE_SECONDS = 60


@contextmanager
def patient_pages() -> Generator[None]:
    """Let neither requests nor queries end early; sites and servers made inside have these limits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listener, "REQUEST_SECONDS_MAX", PATIENCE_SECONDS)
        patch.setattr(sessions, "STATEMENT_SECONDS_MAX", PATIENCE_SECONDS)
        patch.setattr(sessions, "WAIT_SECONDS_MAX", PATIENCE_SECONDS)
        patch.setitem(sessions.LIMITS, "transaction_timeout", f"{PATIENCE_SECONDS}s")
        yield
