"""One tick runs the SQL files that sql/README.md lists, in the order of that list."""

import re
from contextlib import closing
from threading import Event

import pytest

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.merge import batch_merge, polling, sightings, source, stream_merge
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.streams import STREAMS
from tests.conftest import ROOT, MakeDatabase
from tests.integration.merge.test_merge import trade
from tests.support.engines import Database
from tests.support.staging import claim, receive, settings


def test_a_tick_runs_the_listed_files_in_their_order(
    production: Database, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []

    def record(name: str) -> bytes:
        used.append(name)
        return query(name)

    for module in (stream_merge, polling, batch_merge, source, sightings):
        monkeypatch.setattr(module, "query", record)
    gatherer = make_database("kalshi_ts")
    receive(gatherer, [trade("a")])
    trades = next(stream for stream in STREAMS if stream.name == "trades")
    merging = StreamMerge(trades, settings(production, [gatherer]), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        merging.tick(connection)
    listed = re.findall(r"^\d+\. `([^`]+)\.sql`", (ROOT / "sql" / "README.md").read_text(), re.MULTILINE)
    names = [name.replace("/queries/", "/").replace("<stream>", "trades") for name in listed]
    # The lock belongs to the database package.
    expected = [name for name in names if "/locks/" not in name]
    assert [name for name in dict.fromkeys(used) if name != "capture/poll/read_epoch"] == expected
