"""Verify without production finds what an archive lacks altogether, and nothing in an archive that is right."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kalshi_data.archive.manifest import data_key, manifest_key
from kalshi_data.archive.partitions import STREAMS, HourSelection
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.archive.verify import VERIFIED, WAITING, WRONG, Finding, Verifier
from tests.support.made_archive import DAY, HOUR, MIDNIGHT, MadeArchive

TRADES, BOOKS, MARKETS, COVERAGE = (STREAMS[name] for name in ("trades", "books", "markets", "coverage"))
HOURLY = [stream for stream in STREAMS.values() if stream.hours == 1]
DAILY = [stream for stream in STREAMS.values() if stream.hours == 24]
HOURS = [MIDNIGHT + number * HOUR for number in range(3)]


@pytest.fixture
def archive(tmp_path: Path) -> MadeArchive:
    """Two days of each list and three hours of each other stream, of which the second has no rows."""
    made = MadeArchive(tmp_path)
    for day in (MIDNIGHT, MIDNIGHT + DAY):
        for stream in DAILY:
            made.put(stream, day)
    fill(made, HOURS)
    return made


def fill(archive: MadeArchive, hours: list[datetime], without: tuple[ArchiveStream, ...] = ()) -> None:
    for stream in HOURLY:
        for number, hour in enumerate(hours):
            if stream not in without:
                archive.put(stream, hour, rows=0 if number == 1 else 2, seed=number + 1)


def verify(
    archive: MadeArchive,
    *streams: ArchiveStream,
    from_at: datetime = MIDNIGHT - 9 * DAY,
    until_at: datetime | None = None,
) -> list[Finding]:
    """Return what is not verified."""
    selection = HourSelection(streams or tuple(STREAMS.values()), from_at, until_at or MIDNIGHT + 999 * DAY)
    return [each for each in Verifier(archive.settings).offline(selection) if each.state != VERIFIED]


def described(findings: list[Finding]) -> list[tuple[str, datetime | None, str]]:
    return [(each.stream, each.begins_at, each.state) for each in findings]


def test_an_archive_that_is_right_has_no_finding(archive: MadeArchive) -> None:
    assert verify(archive) == []
    for stream in STREAMS.values():
        assert verify(archive, stream) == []


@pytest.mark.parametrize("makes_folder", [False, True])
def test_a_place_without_an_archive_is_a_finding(tmp_path: Path, makes_folder: bool) -> None:
    archive = MadeArchive(tmp_path)
    if makes_folder:
        (tmp_path / "bucket" / "parquet").mkdir(parents=True)
    for streams in ((), (TRADES,)):
        (found,) = verify(archive, *streams)
        assert (found.stream, found.begins_at, found.state) == ("archive", None, WRONG)
        place = f"there is no archive in file://{tmp_path}/bucket below parquet/"
        assert found.problems == [f"{place}: correct target and prefix under [archive]"]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("stream", [TRADES, COVERAGE, BOOKS], ids=lambda each: each.name)
def test_an_hour_that_other_streams_have_is_a_finding(archive: MadeArchive, stream: ArchiveStream, number: int) -> None:
    lost = HOURS[number]
    archive.remove(stream, lost)
    for streams in ((), (stream,)):
        (found,) = verify(archive, *streams)
        assert described([found]) == [(stream.name, lost, WRONG)]
        assert found.problems[0].startswith("its file and its manifest are missing: ")
    assert verify(archive, STREAMS["tickers"]) == []
    assert verify(archive, stream, until_at=lost) == []
    assert described(verify(archive, from_at=lost, until_at=lost + HOUR)) == [(stream.name, lost, WRONG)]


def test_a_day_that_other_lists_have_is_a_finding(archive: MadeArchive) -> None:
    archive.remove(MARKETS, MIDNIGHT + DAY)
    assert described(verify(archive)) == [("markets", MIDNIGHT + DAY, WRONG)]
    assert verify(archive, TRADES) == []


@pytest.mark.parametrize("stream", [TRADES, COVERAGE, MARKETS], ids=lambda each: each.name)
def test_a_stream_without_any_file_is_a_finding(archive: MadeArchive, stream: ArchiveStream) -> None:
    for place in ("", "_manifests/"):
        shutil.rmtree(archive.folder / "bucket" / archive.settings.prefix / f"{place}{stream.name}")
    for streams in ((), (stream,)):
        (found,) = verify(archive, *streams)
        assert described([found]) == [(stream.name, None, WRONG)]
        assert f"the archive holds no {stream.name} of any hour, though it holds" in found.problems[0]
    assert verify(archive, BOOKS) == []


def test_a_stream_is_judged_from_its_first_hour_on(archive: MadeArchive) -> None:
    for hour in HOURS[:2]:
        archive.remove(BOOKS, hour)
    assert verify(archive) == []


def test_hours_before_the_first_connection_have_files_of_streams_with_rows_only(archive: MadeArchive) -> None:
    """A recording of last year that is played now, or an outcome that the exchange dates back."""
    for stream, hours in ((TRADES, 9_000), (TRADES, 5), (BOOKS, 5), (STREAMS["lifecycle_events"], 3)):
        archive.put(stream, MIDNIGHT - hours * HOUR)
    assert verify(archive) == []
    assert verify(archive, TRADES, BOOKS) == []


def test_an_hour_that_is_written_early_has_files_of_streams_with_rows_only(archive: MadeArchive) -> None:
    early = HOURS[-1] + HOUR
    archive.put(TRADES, early)
    assert len(verify(archive)) == len(HOURLY) - 1
    path = archive.folder / "bucket" / manifest_key(archive.settings, TRADES, early)
    exported = (early + timedelta(minutes=50)).isoformat()
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"exported_at": exported}))
    assert verify(archive) == []


def test_an_hour_that_may_not_be_due_yet_is_waiting(tmp_path: Path) -> None:
    archive, now = MadeArchive(tmp_path), datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - number * HOUR for number in (30, 3, 2)]
    fill(archive, hours)
    for hour in hours[1:]:
        archive.remove(COVERAGE, hour)
    archive.remove(BOOKS, hours[1])
    found = verify(archive, *HOURLY)
    assert set(described(found)) == {
        ("coverage", hours[1], WAITING),
        ("coverage", hours[2], WAITING),
        ("books", hours[1], WRONG),
    }
    assert {"it is not written yet" in each.problems[0] for each in found if each.state == WAITING} == {True}


def test_a_time_of_which_the_archive_has_nothing_is_a_finding(archive: MadeArchive) -> None:
    (found,) = verify(archive, TRADES, from_at=MIDNIGHT + 5 * DAY)
    assert "the archive holds no hour of the selected time" in found.problems[0]
    assert "2026-11-01T00:00Z to 2026-11-01T02:00Z" in found.problems[0]


def test_a_file_without_a_manifest_is_not_missing_too(archive: MadeArchive) -> None:
    (archive.folder / "bucket" / manifest_key(archive.settings, TRADES, HOURS[1])).unlink()
    (found,) = verify(archive)
    assert "has no manifest" in found.problems[0]
    (archive.folder / "bucket" / data_key(archive.settings, TRADES, HOURS[2])).unlink()
    assert [each.problems[0].rpartition(" ")[2] for each in verify(archive, TRADES)] == ["missing", "finished"]


def test_a_manifest_of_no_stream_is_a_finding(archive: MadeArchive) -> None:
    strays = ("_manifests/other/date=2026-11-01/hour=00.json", "_manifests/notes.txt")
    for stray in strays:
        path = archive.folder / "bucket" / "parquet" / stray
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    words = [f"parquet/{stray} is the manifest of no stream of the archive: remove it" for stray in sorted(strays)]
    assert [problem for each in verify(archive) for problem in each.problems] == words
    assert verify(archive, TRADES) == []
