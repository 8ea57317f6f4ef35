"""The pictures show what the library returns, with titles, units and times in UTC."""

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader import Archive, Book
from kalshi_data.reader.__main__ import main
from kalshi_data.reader.plots import figure as figures
from kalshi_data.reader.plots.book_plot import draw_book
from kalshi_data.reader.plots.candle_plot import draw_candles
from kalshi_data.reader.plots.coverage_plot import MARKETS_MAX, OTHER, STYLES, draw_coverage
from tests.support.sample_archive import HEAT, after

RANGE = ("--from", "2026-11-02T15:00", "--to", "2026-11-02T17:00")
HOURS = (after(0), after(3600))
MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml"}
Run = dict[str, Any]


@pytest.fixture
def plot(sample: Path, tmp_path: Path) -> Callable[..., int]:
    """The command over the sample; the picture is in the folder of the test."""

    def run(*arguments: str, name: str) -> int:
        return main(["plot", *arguments, "--archive", str(sample), "--output", str(tmp_path / name)])

    return run


@pytest.mark.parametrize("suffix", MAGIC)
@pytest.mark.parametrize(
    "arguments", [("book", HEAT, "2026-11-02T15:30"), ("candles", HEAT, *RANGE), ("coverage", *RANGE)]
)
def test_each_picture_is_a_file_that_is_the_same_each_time(
    plot: Callable[..., int], tmp_path: Path, arguments: tuple[str, ...], suffix: str
) -> None:
    names = [f"{number}{suffix}" for number in range(2)]
    assert [plot(*arguments, name=name) for name in names] == [0, 0]
    first, second = ((tmp_path / name).read_bytes() for name in names)
    assert first.startswith(MAGIC[suffix])
    assert first == second


def test_candles_are_those_of_the_library(archive: Archive) -> None:
    rows: list[Any] = archive.candles(HEAT, *HOURS, every="10m").to_pylist()
    prices, volumes = draw_candles(rows, "High above 56 °F?", "of a test").axes
    assert (prices.get_ylabel(), volumes.get_ylabel()) == ("price of YES (US dollars)", "volume\n(contracts)")
    assert volumes.get_xlabel() == "time (UTC)"
    assert "High above 56 °F?" in prices.get_title(loc="left")
    assert [bar.get_height() for bar in volumes.patches] == [float(row["volume"]) for row in rows]
    bids, asks = (line.get_ydata()[:-1].tolist() for line in prices.lines)
    known = [number for number, row in enumerate(rows) if row["is_known"]]
    assert known
    for drawn, name in ((bids, "bid_close"), (asks, "ask_close")):
        assert [drawn[number] for number in known] == [float(rows[number][name]) for number in known]
    wicks = {tuple(float(y) for _, y in path) for each in prices.collections[1:] for path in each.get_segments()}
    assert wicks == {(float(row["low"]), float(row["high"])) for row in rows if row["open"] is not None}


def test_a_time_in_which_the_book_is_not_known_is_marked(archive: Archive) -> None:
    rows: list[Any] = archive.candles("KXNONE-1", *HOURS, every="30m").to_pylist()
    figure = draw_candles(rows, "Nothing", "of a test")
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["bid to ask", "book not known"]


def test_a_book_is_that_of_the_library(archive: Archive) -> None:
    book = archive.book(HEAT, after(1800))
    assert isinstance(book, Book)
    figure = draw_book(book, "High above 56 °F?")
    ladder, depths = figure.axes
    drawn = {(round(bar.get_x() + bar.get_width() / 2, 4), bar.get_height()) for bar in ladder.patches}
    assert drawn == {(float(each.price), float(each.size)) for each in (*book.bids(), *book.asks())}
    totals = [float(sum((each.size for each in side), Decimal(0))) for side in (book.bids(), book.asks())]
    assert [line.get_ydata()[-1] for line in depths.lines] == totals
    assert depths.get_xlabel() == "price of YES (US dollars)"
    assert "2026-11-02 15:30:00 UTC" in ladder.texts[0].get_text()


def run_of(market: str, begin: int, end: int, state: str) -> Run:
    times = {"from_at": after(60 * begin), "to_at": after(60 * end)}
    return {"market_ticker": market, "stream": "trades", "state": state, **times}


def test_coverage_has_a_strip_per_market_and_a_colour_per_state() -> None:
    rows = [run_of("A", 0, 10, "proven"), run_of("A", 10, 60, "gap"), run_of("", 0, 60, "proven")]
    rows += [run_of("B", 0, 60, "new word")]
    figure = draw_coverage(rows, *HOURS, "Coverage of trades", "of a test")
    (panel,) = figure.axes
    assert [each.get_text() for each in panel.get_yticklabels()] == ["all markets", "A", "B"]
    assert [each.get_text() for each in figure.legends[0].get_texts()] == ["proven", "gap", "new word"]
    minutes = [
        round((path.vertices[:, 0].max() - path.vertices[:, 0].min()) * 1440)
        for strip in panel.collections
        for path in strip.get_paths()
    ]
    assert minutes == [60, 10, 50, 60]
    assert len({*STYLES.values(), OTHER}) == len(STYLES) + 1


def test_what_cannot_be_drawn_is_said(
    plot: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plot("book", "KXNONE-1", "2026-11-02T15:30", name="book.svg") == 1
    assert "the book is not known" in capsys.readouterr().err
    assert plot("candles", "KXNONE-1", *RANGE, name="candles.svg") == 1
    assert "KXNONE-1: not recorded in that time: check the ticker" in capsys.readouterr().err
    assert plot("candles", HEAT, *RANGE, name="candles.pdf") == 1
    assert "name a file that ends in .svg or .png" in capsys.readouterr().err
    many = [run_of(f"M{number}", 0, 1, "gap") for number in range(MARKETS_MAX + 1)]
    with pytest.raises(ValueError, match="61 markets are too many for one picture"):
        draw_coverage(many, *HOURS, "", "")
    with pytest.raises(ValueError, match="nothing was expected"):
        draw_coverage([], *HOURS, "", "")

    def without(name: str) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(figures, "import_module", without)
    assert plot("candles", HEAT, *RANGE, name="candles.svg") == 1
    assert "pip install 'kalshi-data[plot]'" in capsys.readouterr().err
