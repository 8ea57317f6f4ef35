"""The command prints what the library returns: tables for people, JSON for programs, one line for an error."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from kalshi_data.reader.__main__ import main
from kalshi_data.reader.command.commands import EXAMPLES, SQL_FILES, make_parser
from kalshi_data.reader.command.exports import STREAMS
from kalshi_data.reader.command.shown import ReadProgress
from tests.conftest import ROOT
from tests.support.sample_archive import HEAT, drop_row, trade, write_rows, write_sample

parquet: Any = pyarrow.parquet
RANGE = ("--from", "2026-11-02T15:00", "--to", "2026-11-02T16:00")
COMMANDS = [each.__name__ for each in EXAMPLES] + [
    "export",
    "export tardis",
    "export nautilus",
    "export trades",
    "plot",
    "plot book",
    "plot candles",
    "plot coverage",
]


class Printed:
    """Runs commands and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder

    def __call__(self, *arguments: str, status: int = 0) -> str:
        assert main([*arguments, "--archive", str(self._folder)]) == status
        captured = self._capsys.readouterr()
        return captured.out if status == 0 else captured.out + captured.err


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], sample: Path) -> Printed:
    """The command over the sample."""
    return Printed(capsys, sample)


def test_a_book_is_shown_as_a_ladder(printed: Printed) -> None:
    lines = printed("book", HEAT, "2026-11-02T15:02:30").splitlines()
    assert lines == [
        "side  price  size",
        "ask    0.45    50",
        "bid    0.43    20",
        "bid    0.42   100",
        "bid    0.41    50",
    ]
    found = json.loads(printed("book", HEAT, "2026-11-02T15:02:30", "--json", "--depth", "1"))
    assert found == {
        "market": HEAT,
        "at": "2026-11-02T15:02:30Z",
        "clock": 12,
        "bids": [{"price": "0.43", "size": "20"}],
        "asks": [{"price": "0.45", "size": "50"}],
    }


def test_a_book_that_is_not_known_has_status_1(printed: Printed) -> None:
    at = "2026-11-02T15:00"
    assert printed("book", HEAT, at, status=1) == f"{HEAT}: the book is not known: before the first snapshot\n"
    assert json.loads(printed("book", HEAT, at, "--json", status=1))["absent"] == "before the first snapshot"


@pytest.mark.parametrize("command", ["candles", "prove"])
def test_a_mistyped_market_has_status_1(printed: Printed, command: str) -> None:
    advice = "not recorded in that time: check the ticker, or choose another range"
    assert printed(command, "KXTYPO-1", *RANGE, status=1) == f"reader: KXTYPO-1: {advice}\n"
    found = json.loads(printed(command, "KXTYPO-1", *RANGE, "--json", status=1))
    assert found == {"market": "KXTYPO-1", "absent": "not recorded"}
    assert printed(command, "KXHIGH*", *RANGE, status=1).startswith("reader: KXHIGH* has wildcards: name one market")
    # Its book is not known before the first snapshot, but the archive has it.
    assert printed(command, HEAT, "--from", "2026-11-02T15:00", "--to", "2026-11-02T15:00:30")


def test_a_market_without_a_book_but_with_trades_has_candles(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = write_sample(tmp_path)
    write_rows(root, "trades", [trade(30, "0.70", "4", "no", "KXTRADED-1")])
    printed = Printed(capsys, root)
    assert "0.7" in printed("candles", "KXTRADED-1", *RANGE)
    assert "unproven" in printed("prove", "KXTRADED-1", *RANGE)


def test_ranges_are_shown(printed: Printed) -> None:
    assert len(printed("candles", HEAT, *RANGE, "--every", "5m").splitlines()) == 13
    assert json.loads(printed("candles", HEAT, *RANGE, "--json"))[1]["close"] == "0.45"
    assert "not judged" in printed("coverage", *RANGE)
    assert printed("prove", HEAT, *RANGE).splitlines()[2].split()[-2:] == ["proven", "0"]
    assert printed("streams").splitlines()[1].split()[0] == "trades"
    assert json.loads(printed("streams", "--json"))[0]["columns"]["size"]["unit"] == "contracts"


def test_a_wrong_interval_has_status_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    drop_row(root / "orderbook_deltas/date=2026-11-02/hour=15/part-0.parquet", 0)
    assert "wrong" in Printed(capsys, root)("prove", HEAT, *RANGE, status=1)


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_rows_are_exported(printed: Printed, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"trades.{kind}"
    shown = printed("export", "trades", *RANGE, "--output", str(path), "--market", HEAT, "--series", "KXFED")
    assert shown == f"{path}: 4 rows of trades\n"
    assert path.stat().st_size > 0
    if kind == "parquet":
        assert parquet.read_table(path).num_rows == 4


def test_an_export_without_a_row_of_its_markets_has_status_1(printed: Printed, tmp_path: Path) -> None:
    path = str(tmp_path / "rows.csv")
    for chosen in (("--market", "KXTYPO-1"), ("--market", "KXTYPO-*"), ("--series", "KXTYPO")):
        shown = printed("export", "trades", *RANGE, "--output", path, *chosen, status=1)
        assert f"{path}: 0 rows of trades" in shown
        assert f"reader: {chosen[1]}: not recorded in that time: check the ticker" in shown
    assert printed("export", "index_values", *RANGE, "--output", path) == f"{path}: 0 rows of index_values\n"


def test_coverage_of_a_mistyped_market_has_status_1(printed: Printed) -> None:
    assert printed("coverage", *RANGE, "--market", "KXTYPO-1", status=1).startswith("reader: KXTYPO-1: not recorded")
    assert "not judged" in printed("coverage", *RANGE, "--market", HEAT)
    assert "not judged" in printed("coverage", *RANGE, "--market", "KXTYPO-*")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("book", HEAT, "noon"), "'noon' is no time: write 2026-11-01"),
        (("book", HEAT, "2026-11-02T15:02:30", "--depth", "0"), "depth is 0: ask for at least 1 level"),
        (("book", HEAT, "2026-11-02T15:02:30", "--depth", "-1"), "depth is -1: ask for at least 1 level"),
        (("candles", HEAT, *RANGE, "--every", "1w"), "'1w' is no length of time"),
        (("export", "trades", *RANGE, "--output", "rows.txt"), "name a file that ends in .parquet, .csv, .arrow"),
        (("export", "orderbook_snapshots", *RANGE, "--output", "/dev/null/rows.csv"), "/dev/null/rows.csv"),
    ],
)
def test_an_error_is_one_line(printed: Printed, arguments: tuple[str, ...], words: str) -> None:
    shown = printed(*arguments, status=1)
    assert re.fullmatch(rf"reader: .*{re.escape(words)}.*\n", shown)


def test_an_archive_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "is no folder: name the folder" in Printed(capsys, tmp_path / "none")("streams", status=1)


@pytest.mark.parametrize("command", ["sql", "streams"])
def test_a_folder_that_is_no_archive_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    (tmp_path / "letters").mkdir()
    for folder, words in ((tmp_path / "none", "is no folder"), (tmp_path, "holds no ")):
        shown = Printed(capsys, folder)(command, status=1)
        assert re.fullmatch(rf"reader: {folder} {words}.*: name the folder .*\n", shown)


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_the_folder_of_an_export_is_made(printed: Printed, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "new" / "folder" / f"trades.{kind}"
    assert printed("export", "trades", *RANGE, "--output", str(path)) == f"{path}: 4 rows of trades\n"
    assert path.stat().st_size > 0


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_help_has_an_example_that_is_accepted(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        make_parser().parse_args([*command.split(), "--help"])
    assert ended.value.code == 0
    examples = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  reader ")]
    assert examples
    for example in examples:
        make_parser().parse_args(shlex.split(example.partition(">")[0])[1:])


WINDOW = ("--from", "2026-11-02T15:00:30", "--to", "2026-11-02T16:00")


def test_markets_are_exported_as_csv_files_of_tardis(printed: Printed, tmp_path: Path) -> None:
    folder = str(tmp_path / "tardis")
    assert printed("export", "tardis", HEAT, *WINDOW, "--output", folder).splitlines() == [
        "market                known_from           book_rows  trade_rows  block_trades",
        "KXHIGHNY-26NOV02-T56  2026-11-02 15:00:30          8           3             0",
    ]
    (found,) = json.loads(printed("export", "tardis", "KXHIGH*", *WINDOW, "--output", folder, "--json"))
    assert Path(found["book"]).stat().st_size > 0
    assert found["book_rows"] == 8


def test_a_market_without_a_book_makes_an_export_fail(printed: Printed, tmp_path: Path) -> None:
    shown = printed("export", "tardis", HEAT, "KXNONE-1", *WINDOW, "--output", str(tmp_path / "tardis"), status=1)
    remedy = "choose others, or a later end"
    assert shown == f"reader: the archive has no book of KXNONE-1 in that time: {remedy}\n"
    assert not (tmp_path / "tardis").exists()


def test_an_export_for_an_engine_that_is_not_installed_names_the_package(printed: Printed, tmp_path: Path) -> None:
    shown = printed("export", "nautilus", HEAT, *WINDOW, "--output", str(tmp_path), status=1)
    assert "pip install 'kalshi-data[nautilus]', which needs Python 3.12" in shown


def test_each_stream_with_a_time_can_be_exported(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"trades", "coverage", "books"} < set(STREAMS)
    with pytest.raises(SystemExit) as ended:
        main(["export", "markets", *RANGE, "--output", "rows.csv"])
    assert ended.value.code == 2
    assert "invalid choice: 'markets'" in capsys.readouterr().err


def test_the_place_of_the_archive_is_printed_only_if_it_is_named(
    printed: Printed, capsys: pytest.CaptureFixture[str], sample: Path
) -> None:
    assert printed("sql").startswith(f"set variable archive = '{sample}';\n")
    main(["sql", "--archive", "s3://it's/parquet"])
    assert capsys.readouterr().out.startswith("set variable archive = 's3://it''s/parquet';\n")
    main(["sql"])
    assert "set variable archive" not in capsys.readouterr().out


def test_every_file_for_duckdb_is_printed() -> None:
    assert {path.stem for path in (ROOT / "sql" / "duckdb").glob("*.sql")} == set(SQL_FILES)


class Terminal:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_a_long_read_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal: Any = Terminal()
    progress = ReadProgress(out=terminal)
    progress(1, 3)
    assert terminal.text == ""
    monkeypatch.setattr("kalshi_data.reader.command.shown.QUIET_SECONDS", -1)
    progress(2, 3)
    progress(3, 3)
    assert terminal.text == "\r  read 2 of 3 files \r\033[K"
