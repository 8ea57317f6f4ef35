"""Until when a production that was restored from the archive knows its minutes."""

from datetime import UTC, datetime, timedelta

import pytest

from kalshi_data.database.connection import query
from tests.support.engines import Database


@pytest.mark.parametrize(("hours", "is_over"), [(-1, True), (1, False)])
def test_upkeep_goes_on_within_an_hour_that_was_archived_early(production: Database, hours: int, is_over: bool) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    until = now + timedelta(hours=hours)
    with production.connect("deduplicator") as ops:
        ops.execute(query("production/restore/mark_restored"), {"restored_until": until})
        found = ops.execute("select moment from ops.watermarks where name = 'market_minutes'").fetchone()
    assert found is not None
    assert found[0] == until if is_over else now <= found[0] < until
