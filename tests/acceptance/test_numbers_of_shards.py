"""Other numbers of gatherers and deduplicators share the books: what was received is held, and read only once."""

from kalshi_data.database.connection import query
from kalshi_data.simulator.verification import VERIFIED_STREAMS, verify_journal
from tests.acceptance.conftest import Rehearse
from tests.acceptance.rehearsal import Rehearsal
from tests.acceptance.test_gatherer_crashes import captured_rows, logged_rows
from tests.support.waiting import wait_until

COVERED = "subscriptions where channel = 'orderbook_delta' and ended_at is null"
MARKETS = 40
NEWEST = " union all ".join(f"select '{name}', max(ingest_xid)::text from capture.{name}" for name in VERIFIED_STREAMS)


def parts(number: int) -> list[str]:
    return [f"--shard={part}-of-{number}" for part in range(1, number + 1)]


def is_merged(rehearsal: Rehearsal, shards: int) -> bool:
    """Return whether all deduplicators have merged up to the newest row of each stream."""
    with rehearsal.production.connect() as connection:
        for stream, newest in rehearsal.rows(NEWEST):
            key = {"stream": stream, "shards": shards}
            rows = connection.execute(query("production/cursors/read_merged"), key).fetchall()
            if newest is not None and [int(position) for *_, position in rows] < [int(newest)]:
                return False
    return True


def share(rehearsal: Rehearsal, turn: int, gatherers: int, deduplicators: int) -> None:
    """Let some processes share the work for a while, and stop them when what was received is merged."""
    mergers = [rehearsal.start_deduplicator(f"merger-{turn}-{part[-6:]}", part) for part in parts(deduplicators)]
    rehearsal.beside = [rehearsal.start_beside(f"shard-{turn}-{part[-6:]}", part) for part in parts(gatherers)]
    if turn == 0:
        rehearsal.until("started")
    wait_until(lambda: rehearsal.counted(COVERED) == MARKETS, lambda: f"all books\n{rehearsal.tails()}")
    rehearsal.wait_for("orderbook_deltas", rehearsal.counted("orderbook_deltas") + 200)
    rehearsal.stop_gatherers()
    wait_until(
        lambda: is_merged(rehearsal, deduplicators),
        lambda: f"everything merged\n{rehearsal.tails()}",
        progress=rehearsal.polled,
    )
    for merger in mergers:
        merger.stop()


def test_nothing_received_is_lost_or_read_again_when_the_number_of_shards_changes(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start_exchange("--lifecycles=0", "--rate=600")
    for turn, numbers in enumerate([(1, 1), (2, 1), (1, 2), (3, 1)]):
        share(rehearsal, turn, *numbers)
    rehearsal.exchange.stop()
    # While no gatherer ran, messages were lost, but none is held twice.
    found = verify_journal(rehearsal.production.conninfo(), rehearsal.journal)
    assert {name: counts.invented for name, counts in found.streams.items()} == dict.fromkeys(found.streams, 0)
    captured, polled = dict(rehearsal.captured(1)), rehearsal.polled()
    assert {name: polled[name, 1] for name in VERIFIED_STREAMS} == {name: captured[name] for name in VERIFIED_STREAMS}
    held, folder = captured_rows(rehearsal, 1), rehearsal.frames()
    for frames in (folder, folder / "shard-2", folder / "shard-3"):
        logged = logged_rows(frames)
        assert len(logged) > 20
        assert logged <= held
