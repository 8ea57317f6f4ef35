"""Windows that cannot be played, or only in part: each is refused at once, with what to do, or plays what is known."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.errors import ArchiveError
from kalshi_data.reader import open_archive
from kalshi_data.reader.times import microseconds
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.replay.archive_replay import ArchiveReplay
from kalshi_data.simulator.replay.archive_source import ArchiveSource, ReplayWindow
from kalshi_data.simulator.replay.play_clock import PlayClock
from tests.support.sample_archive import FED, HEAT, after, trade, write_rows
from tests.unit.simulator.test_archive_windows import NEW, place, play, replay_command

__all__ = ["place"]
FROM, TO = "--from=2026-11-02T15:00", "--to=2026-11-02T16:00"


def refused(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit status and the words of a command; an archive that cannot be read would be another error."""
    status, output = replay_command(f"--archive={folder / 'none'}", *arguments, folder=folder)
    return status, " ".join(output.split())


@pytest.mark.parametrize(
    "times",
    [
        ("2026-11-02T16:00", "2026-11-02T15:00"),
        ("2026-11-02T15:00", "2026-11-02T15:00"),
        # Without a zone a time is UTC, so this one ends before it begins.
        ("2026-11-02T15:00", "2026-11-02T16:00+02:00"),
        ("2026-11-02T15:00-01:00", "2026-11-02T16:00"),
    ],
)
def test_a_window_that_ends_before_it_begins_is_refused_before_anything_is_read(
    tmp_path: Path, times: tuple[str, str]
) -> None:
    status, words = refused(tmp_path, f"--from={times[0]}", f"--to={times[1]}")
    assert status == 2
    assert "is not before --to" in words


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    status, words = refused(tmp_path, "--from=2026-11-02T15:00", "--to=2026-11-02T15:00-02:00")
    assert status == 1
    assert "is no folder" in words


@pytest.mark.parametrize("speed", ["0", "-1", "1001", "inf", "nan", "fast"])
def test_a_speed_out_of_its_range_is_refused_before_anything_is_read(tmp_path: Path, speed: str) -> None:
    status, words = refused(tmp_path, FROM, TO, f"--speed={speed}")
    assert status == 2
    assert "Invalid value for '--speed'" in words


@pytest.mark.parametrize("options", [(), ("--over-gaps",)])
@pytest.mark.parametrize("day", ["2026-11-01", "2026-11-03"])
def test_a_window_outside_of_the_archive_is_refused(
    place: Path, tmp_path: Path, day: str, options: tuple[str, ...]
) -> None:
    times = f"--from={day}T15:00", f"--to={day}T15:10"
    status, output = replay_command(f"--archive={place}", *times, *options, folder=tmp_path)
    words = " ".join(output.split())
    assert status == 1
    assert f"{day}T15:00" in words
    assert "choose a" in words


@pytest.mark.parametrize("name", ["KXTYPO-*", "KXHIGHNY", "[K]*"])
def test_a_market_that_the_archive_lacks_is_refused(place: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match=r"the archive has no market .* check the name") as refusal:
        play(place, markets=[HEAT, name])
    assert name in str(refusal.value)


def test_a_market_with_nothing_but_trades_is_played(place: Path) -> None:
    write_rows(place, "trades", [trade(150, "0.43", "2", "no", "KXALONE-1")])
    assert [each["market_ticker"] for each in play(place, markets=["KXALONE-*"]).of("trade")] == ["KXALONE-1"]


def loaded(place: Path) -> ArchiveReplay:
    window = ReplayWindow(microseconds(after(100)), microseconds(after(1_270)))
    source = ArchiveSource(open_archive(place), window)
    try:
        return ArchiveReplay(source, PlayClock(window.from_us, 1_000.0), None, lambda _: None, Limits())
    finally:
        source.close()


def test_an_archive_without_listings_lists_the_markets_whose_books_are_known(place: Path) -> None:
    for listing in ("markets", "events", "series"):
        shutil.rmtree(place / listing, ignore_errors=True)
    listings = loaded(place).listings
    assert set(listings.markets) == {FED, HEAT}
    assert listings.markets[HEAT].body()["status"] == "active"
    assert {"KXFED", "KXHIGHNY"} <= set(listings.series)
    # A market that is created in the window is listed from its message.
    assert NEW in play(place).replay.listings.markets


@pytest.mark.parametrize("listing", ["markets", "events"])
def test_a_listing_that_cannot_be_read_is_no_missing_one(place: Path, listing: str) -> None:
    for path in (place / listing).rglob("*.parquet"):
        path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ArchiveError, match=rf"{listing}.*part-0\.parquet"):
        loaded(place)


def books(replay: ArchiveReplay, *markets: str) -> dict[str, Any]:
    return {market: replay.levels(market) for market in markets}


def test_a_book_that_is_not_known_is_not_an_empty_one(place: Path) -> None:
    found = books(loaded(place), HEAT, NEW, "KXUNKNOWN")
    assert found[NEW] is found["KXUNKNOWN"] is None
    assert found[HEAT]["no"] == [["0.5500", "80.00"]]
