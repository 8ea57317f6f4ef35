"""Rows of an archive: half-open ranges, names with wildcards, hours that are missing, columns of other versions."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from kalshi_data.reader import Archive, ArchiveError, HoursMissing, open_archive
from kalshi_data.reader.times import length, microseconds
from tests.support.sample_archive import FED, HEAT, HOUR, after, trade, write_rows, write_sample

arrow: Any = pyarrow
parquet: Any = pyarrow.parquet
END = HOUR + timedelta(hours=1)


def test_a_range_holds_its_beginning_and_not_its_end(archive: Archive) -> None:
    assert archive.trades(after(90), after(150)).num_rows == 1
    assert archive.trades(after(90), after(150.000001)).num_rows == 2
    assert archive.trades(after(90.000001), after(150)).num_rows == 0


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"markets": HEAT}, 3),
        ({"markets": [HEAT, FED]}, 4),
        ({"markets": "KX*"}, 4),
        ({"markets": "*-T4"}, 1),
        ({"markets": "KXFED-26DEC-T?"}, 1),
        ({"markets": "KXFED"}, 0),
        ({"markets": []}, 0),
        ({"markets": [f"KXMANY-{number}" for number in range(100)] + [FED]}, 1),
        # Signs that mean something in patterns of other tools are themselves.
        ({"markets": "KXFED-[2]*"}, 0),
        ({"markets": "KXFED.26DEC*"}, 0),
        ({"series": "KXFED"}, 1),
        ({"series": "KXFE"}, 0),
        ({"series": ["KXFED", "KXHIGHNY"]}, 4),
        ({"series": "KXFED", "markets": HEAT}, 4),
        ({"categories": "Economics"}, 1),
        ({"categories": "Sports"}, 0),
    ],
)
def test_names_choose_markets(archive: Archive, given: dict[str, Any], rows: int) -> None:
    assert archive.trades(HOUR, END, **given).num_rows == rows
    assert sum(batch.num_rows for batch in archive.scan("trades", HOUR, END, **given)) == rows


def test_times_without_an_offset_are_utc_and_others_are_converted() -> None:
    assert microseconds("2026-11-02T15:00") == microseconds("2026-11-02T16:00+01:00") == microseconds(HOUR)
    assert microseconds(datetime(2026, 11, 2, 15)) == microseconds(HOUR)
    assert microseconds(HOUR.date()) == microseconds("2026-11-02")


@pytest.mark.parametrize("text", ["", "s", "1", "1w", "0s", "-1s", "1.5s", "\u0661s", "1 m", "1mm"])
def test_a_length_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time: write 500ms"):
        length(text)


def test_a_range_that_is_empty_or_no_time_is_refused(archive: Archive) -> None:
    with pytest.raises(ValueError, match="the range is empty"):
        archive.trades(END, HOUR)
    with pytest.raises(ValueError, match="'noon' is no time: write 2026-11-01"):
        archive.trades("noon", HOUR)
    with pytest.raises(ArchiveError, match="choose one of at most"):
        archive.trades("1970-01-01", HOUR)
    for year in ("0001-01-01", "1969-12-31", "9999-01-01"):
        with pytest.raises(ValueError, match="choose a year from 1970 to 9998"):
            archive.trades(year, HOUR)


def test_what_is_no_time_and_no_length_is_named(archive: Archive) -> None:
    untyped: Any = archive
    for moment in (1764407520, None, 1.5):
        with pytest.raises(TypeError, match="is no time: take a datetime, a date, or a text such as 2026-11-01T09"):
            untyped.book(HEAT, moment)
    for every in (60, None):
        with pytest.raises(TypeError, match="is no length of time: write 500ms"):
            untyped.candles(HEAT, HOUR, END, every=every)
    with pytest.raises(TypeError, match=r"columns is the text 'price': write a list, such as \['price'\]"):
        untyped.deltas(HOUR, END, columns="price")


def test_a_pattern_may_begin_with_any_character(archive: Archive) -> None:
    assert archive.trades(HOUR, END, "\U0010ffff*").num_rows == 0
    assert archive.trades(HOUR, END, "KXFED-26DEC-T4*").num_rows == 1


def test_books_of_hours_that_are_all_missing_are_refused(archive: Archive) -> None:
    day = timedelta(days=1)
    asked: list[Any] = [archive.walk, archive.prove, archive.bbo, archive.books, archive.candles]
    for ask in asked:
        with pytest.raises(
            ArchiveError, match="from 2026-11-03T15:00Z to 2026-11-03T16:00Z: choose another range; `reader str"
        ):
            ask(HEAT, HOUR + day, END + day)


def test_missing_hours_are_reported_and_never_taken_for_empty_ones(archive: Archive) -> None:
    with pytest.warns(HoursMissing, match="no trades from 2026-11-02T16:00Z to 2026-11-02T18:00Z"):
        assert archive.trades(HOUR, END + timedelta(hours=2)).num_rows == 4
    with pytest.raises(
        ArchiveError, match=r"no trades from 2026-11-02T16:00Z to .* choose another range; `reader streams` and"
    ):
        archive.trades(END, END + timedelta(hours=1))


def test_names_that_do_not_exist_are_refused(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="trades has no column prize: choose of market_ticker"):
        archive.trades(HOUR, END, columns=["prize"])
    with pytest.raises(ArchiveError, match="no stream quotes: choose one of trades"):
        archive.rows("quotes", HOUR, END)
    with pytest.raises(ArchiveError, match="markets is a listing of each day"):
        archive.rows("markets", HOUR, END)
    with pytest.raises(ArchiveError, match="is no folder: name the folder that holds trades"):
        open_archive(tmp_path / "nowhere")
    with pytest.raises(ArchiveError, match="name a folder or s3://BUCKET/PREFIX"):
        open_archive("https://example.com/archive")
    for place in ("", "s3://", "s3:///prefix"):
        with pytest.raises(ArchiveError, match="is no archive: name a folder or s3://BUCKET/PREFIX"):
            open_archive(place)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    path = root / "trades/date=2026-11-02/hour=15/part-0.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(ArchiveError, match=r"hour=15/part-0.parquet is damaged: fetch it again"):
        open_archive(root).trades(HOUR, END)
    manifest = root / "_manifests/trades/date=2026-11-02/hour=15.json"
    for text in ("{", "[]", "{}", '{"begins_at": 1}', '{"begins_at": "noon"}'):
        manifest.write_text(text)
        with pytest.raises(ArchiveError, match=r"hour=15.json is no manifest"):
            open_archive(root).streams()


def test_files_of_older_and_newer_schemas_are_read_together(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    path = write_rows(root, "trades", [trade(3700, "0.5", "1", "yes")], END)
    table = parquet.ParquetFile(path).read()
    parquet.write_table(table.append_column("venue", arrow.array(["main"])), path)
    older = root / "trades/date=2026-11-02/hour=15/part-0.parquet"
    parquet.write_table(parquet.ParquetFile(older).read().drop_columns(["time_digits"]), older)
    found = open_archive(root).trades(HOUR, END + timedelta(hours=1), HEAT)
    assert found["venue"].to_pylist() == [None] * 3 + ["main"]
    assert found["time_digits"].to_pylist() == [None] * 3 + [3]
    reader = open_archive(root).scan("trades", HOUR, END + timedelta(hours=1), HEAT)
    assert reader.read_all().equals(found)


def test_the_hours_of_a_long_range_are_in_order_and_reported(tmp_path: Path) -> None:
    moments = [HOUR + timedelta(hours=number) for number in range(20)]
    for moment in moments:
        seconds = (moment - HOUR).total_seconds()
        write_rows(tmp_path, "trades", [trade(seconds + each, "0.5", "1", "yes") for each in (1, 2)], moment)
    reported: list[tuple[int, int]] = []
    archive = open_archive(tmp_path, progress=lambda done, of: reported.append((done, of)))
    found = archive.trades(moments[0], moments[-1] + timedelta(hours=1), HEAT)["exchange_ts"].to_pylist()
    assert found == [moment + timedelta(seconds=each) for moment in moments for each in (1, 2)]
    assert reported == [(number + 1, 20) for number in range(20)]


def test_the_folder_above_the_streams_may_be_named_as_well(tmp_path: Path) -> None:
    write_sample(tmp_path)
    assert open_archive(tmp_path).trades(HOUR, END).equals(open_archive(f"file://{tmp_path}/parquet").trades(HOUR, END))


def test_a_file_of_another_stream_is_not_read(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    path, other = (root / f"{stream}/date=2026-11-02/hour=15/part-0.parquet" for stream in ("trades", "tickers"))
    path.write_bytes(other.read_bytes())
    with pytest.raises(ArchiveError, match=r"part-0.parquet is a file of tickers, not one of trades: fetch it again"):
        open_archive(root).trades(HOUR, END)
    parquet.write_table(parquet.read_table(other).replace_schema_metadata(None), path)
    with pytest.raises(ArchiveError, match=r"part-0.parquet has no column trade_id, not one of trades: fetch it again"):
        open_archive(root).trades(HOUR, END)


@pytest.mark.parametrize("stream", ["orderbook_deltas", "orderbook_snapshots"])
def test_a_byte_that_changed_never_changes_a_row(tmp_path: Path, stream: str) -> None:
    root = write_sample(tmp_path)
    path = root / f"{stream}/date=2026-11-02/hour=15/part-0.parquet"
    contents, rows = path.read_bytes(), open_archive(root).rows(stream, HOUR, END)
    footer = len(contents) - 8 - int.from_bytes(contents[-8:-4], "little")
    refused = 0
    for place in range(4, footer, 7):
        path.write_bytes(contents[:place] + bytes([contents[place] ^ 1 << place % 8]) + contents[place + 1 :])
        found = rows_or_error(root, stream)
        refused += isinstance(found, str)
        assert found == rows or f"{path} is damaged: fetch it again" in str(found)
    assert refused > footer / 7 / 3


def rows_or_error(root: Path, stream: str) -> Any:
    """Return the rows of an hour, or the text of the error that it cannot be read."""
    try:
        return open_archive(root).rows(stream, HOUR, END)
    except ArchiveError as error:
        return str(error)
