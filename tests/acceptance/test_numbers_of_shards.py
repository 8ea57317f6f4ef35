"""Other numbers of gatherers and deduplicators share the books: nothing is lost, and nothing is read again."""

from kalshi_data.database.connection import query
from kalshi_data.simulator.verification import VERIFIED_STREAMS
from tests.acceptance.conftest import Rehearse
from tests.acceptance.rehearsal import Rehearsal
from tests.support.waiting import wait_until

COVERED = "subscriptions where channel = 'orderbook_delta' and ended_at is null"
MARKETS = 40
NEWEST = " union all ".join(f"select '{name}', max(ingest_xid)::text from capture.{name}" for name in VERIFIED_STREAMS)


def parts(number: int) -> list[str]:
    return [f"--shard={part}-of-{number}" for part in range(1, number + 1)]


def merged(rehearsal: Rehearsal, stream: str, deduplicators: int) -> int:
    """Return the position up to which all deduplicators have merged a stream."""
    with rehearsal.production.connect() as connection:
        key = {"stream": stream, "shards": deduplicators}
        found = connection.execute(query("production/cursors/read_merged"), key).fetchall()
    return int(found[0][2]) if found else 0


def share(rehearsal: Rehearsal, turn: int, gatherers: int, deduplicators: int) -> None:
    """Let some processes share the work for a while, and stop them when everything received is merged."""
    mergers = [rehearsal.start_deduplicator(f"merger-{turn}-{part[-6:]}", part) for part in parts(deduplicators)]
    rehearsal.beside = [rehearsal.start_beside(f"shard-{turn}-{part[-6:]}", part) for part in parts(gatherers)]
    if turn == 0:
        rehearsal.until("started")
    wait_until(lambda: rehearsal.counted(COVERED) == MARKETS, lambda: f"all books\n{rehearsal.tails()}")
    rehearsal.wait_for("orderbook_deltas", rehearsal.counted("orderbook_deltas") + 200)
    rehearsal.stop_gatherers()
    wait_until(
        lambda: all(
            newest is None or int(newest) <= merged(rehearsal, stream, deduplicators)
            for stream, newest in rehearsal.rows(NEWEST)
        ),
        lambda: f"everything merged\n{rehearsal.tails()}",
        progress=rehearsal.polled,
    )
    for merger in mergers:
        merger.stop()


def test_nothing_is_lost_or_read_again_when_the_number_of_shards_changes(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start_exchange("--lifecycles=1", "--rate=600")
    for turn, numbers in enumerate([(1, 1), (2, 1), (1, 2), (3, 1)]):
        share(rehearsal, turn, *numbers)
    rehearsal.end_publishing()
    rehearsal.beside = []
    found = rehearsal.compare()
    assert found.complete, str(found)
    captured = dict(rehearsal.captured(1))
    assert {name: rehearsal.polled()[name, 1] for name in VERIFIED_STREAMS} == {
        name: captured[name] for name in VERIFIED_STREAMS
    }
    # Each former shard's log was committed, and no book is left to it.
    assert rehearsal.rows("select count(*) from capture.heartbeat") == [(1,)]
