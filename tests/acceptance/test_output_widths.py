"""Everything that programs print fits terminals of 60 to 200 columns, and loses no number; the rows are a demo's."""

import io
import re
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
import pytest
from click import Command
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn

from kalshi_data.archive.display import EXPORT_VERIFIED, ProgressBar
from kalshi_data.archive.partitions import STREAMS, ArchiveHour
from kalshi_data.cli.progress import NarrowProgress
from kalshi_data.cli.tables import make_console, print_line
from kalshi_data.deduplicator.cli import main as deduplicator
from kalshi_data.demo.display import RunDisplay
from kalshi_data.demo.display import show as show_summary
from kalshi_data.demo.postgres import Server, embedded_binaries, server_account
from kalshi_data.demo.summary import RunSummary
from kalshi_data.gatherer.cli import main as gatherer
from kalshi_data.simulator.cli import main as simulator
from tests.acceptance.test_demo import demo
from tests.support.memory import fast_folder
from tests.support.staging import NOW

WIDTHS = (60, 80, 100, 200)
# Looks at two minutes must show the same.
DAYS = [f"--{name}={datetime.now(UTC).date() + timedelta(days)}" for name, days in (("from", -1), ("to", 2))]
# What differs between two looks at the same rows, or follows from the width: ages, and shares of a strip's signs.
PASSING = re.compile(r"\d+ (?:s|min|h|d)\b|[█░▓▒X·]{2,}")
NUMBERS = re.compile(r"\d[\d,.:-]*")


class KeptDemo(NamedTuple):
    """A demo that was kept, its servers running again, and its report."""

    folder: Path
    summary: RunSummary
    market: str

    @property
    def config(self) -> list[str]:
        return ["--config", str(self.folder / "deduplicator.toml")]


@pytest.fixture(scope="module")
def kept() -> Generator[KeptDemo]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="kt-", dir=fast_folder(with_programs=True)))
        parent = Path(name)
        parent.chmod(0o711)
        patch.setenv("TMPDIR", name)
        report, folder = parent / "report.json", parent / "kept"
        options = ("--seconds", "6", "--markets", "40", "--audit-seconds", "1")
        demo(*options, "--report", str(report), "--keep", str(folder))
        account = server_account()
        binaries = embedded_binaries(account, parent)
        for each in ("production", "gatherer-1"):
            server = Server(folder / each, binaries, account)
            stack.callback(server.stop)
            server.start()
        with psycopg.connect(f"host={folder}/production dbname=kalshi user=postgres") as connection:
            # As if heartbeats had gone on: the minutes after the run are a gap.
            connection.execute("update ops.heartbeats set (beat_at, read_at) = (now() + '9 min', now() + '9 min')")
            connection.execute("select ops.advance_minutes(60, 1000, now() + interval '3 min')")
            row = connection.execute("select max(market_ticker) from market_data.orderbook_deltas").fetchone()
        assert row
        yield KeptDemo(folder, msgspec.json.decode(report.read_bytes(), type=RunSummary), row[0])


def printed(program: Command, arguments: list[str], width: int) -> str:
    result = CliRunner().invoke(program, arguments, env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert result.exit_code in (0, 1), result.output
    return result.output


Print = Callable[[KeptDemo, int], str]


def of_deduplicator(*command: str) -> Print:
    return lambda kept, width: printed(deduplicator, [*command, *kept.config], width)


def verify(kept: KeptDemo, width: int) -> str:
    dsn = f"host={kept.folder}/production dbname=kalshi user=postgres"
    return printed(simulator, ["verify", "--journal", str(kept.folder / "journal.jsonl"), "--production", dsn], width)


def gatherer_status(kept: KeptDemo, width: int) -> str:
    return printed(gatherer, ["status", "--config", str(kept.folder / "settings-1" / "gatherer.toml")], width)


def evidence(kept: KeptDemo, width: int) -> str:
    return of_deduplicator("completeness", *DAYS, "--market", kept.market, "--evidence", "--cells", "24")(kept, width)


def summary(kept: KeptDemo, width: int) -> str:
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as output:
        patch.setenv("COLUMNS", str(width))
        show_summary(kept.summary)
    return output.getvalue()


OUTPUTS: dict[str, Print] = {
    "demo": summary,
    "gatherer status": gatherer_status,
    "deduplicator status": of_deduplicator("status"),
    "completeness": of_deduplicator("completeness", *DAYS, "--cells", "24"),
    "completeness --evidence": evidence,
    "archive list": of_deduplicator("archive", "list"),
    "archive verify": of_deduplicator("archive", "verify"),
    "simulator verify": verify,
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_fits_and_no_number_is_cut(kept: KeptDemo, name: str) -> None:
    outputs = {width: OUTPUTS[name](kept, width) for width in WIDTHS}
    numbers = {width: set(NUMBERS.findall(PASSING.sub("", output))) for width, output in outputs.items()}
    for width, output in outputs.items():
        too_wide = [line for line in output.splitlines() if cell_len(line.rstrip()) > width]
        assert not too_wide, f"at {width} columns:\n{output}"
        assert "…" not in output
        assert numbers[width] == numbers[200], f"at {width} columns:\n{output}\nat 200 columns:\n{outputs[200]}"
    assert len(outputs[200].splitlines()) <= len(outputs[80].splitlines()) <= len(outputs[60].splitlines())


def test_strips_use_the_width(kept: KeptDemo) -> None:
    show = of_deduplicator("completeness", *DAYS)
    shown = {width: max(map(len, re.findall(r"[█░▓▒X·]{2,}", show(kept, width)))) for width in WIDTHS}
    assert shown == {60: 24, 80: 48, 100: 72, 200: 96}


@pytest.mark.parametrize("width", WIDTHS)
def test_progress_fits(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of both bars is drawn as a terminal of this width gets it, at the start, meanwhile and at the end."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None, legacy_windows=False)

    def made(*, stderr: bool = False) -> Console:
        del stderr
        return console

    monkeypatch.setattr("kalshi_data.demo.display.make_console", made)
    monkeypatch.setattr("kalshi_data.archive.display.make_console", made)
    display = RunDisplay()
    display.step("writing the archive, and comparing each of its rows with production")
    for done in (0, 12_345, 30_000):
        display.advance(done, 30_000, "ticks of 10 ms", 1_234_567)
        console.print(*display.progress.get_renderables(), sep="\n")
    assert "30,000 of 30,000 ticks of 10 ms, 1,234,567 rows in production" in " ".join(file.getvalue().split())
    bar = ProgressBar()
    hour = ArchiveHour(STREAMS["orderbook_snapshots"], NOW.replace(minute=0, second=0, microsecond=0))
    bar.start(hour, 12_345_678)
    bar.advance(12_345_678)
    console.print(*bar.progress.get_renderables(), sep="\n")
    bar.end(hour, EXPORT_VERIFIED)
    assert "12,345,678 of 12,345,678 rows" in file.getvalue()
    assert "100%" in file.getvalue()
    assert "…" not in file.getvalue()
    assert all(cell_len(line) <= width for line in file.getvalue().splitlines())


def test_a_file_gets_the_last_line_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    display = RunDisplay()
    for done in (0, 107):
        display.advance(done, 107, "frames", 1_284)
    assert capsys.readouterr().out == "  107 of 107 frames, 1,284 rows in production\n"


def test_a_pipe_gets_whole_lines_unless_columns_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "each word of a long line " * 20
    monkeypatch.delenv("COLUMNS", raising=False)
    print_line(make_console(), text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setenv("COLUMNS", "60")
    print_line(make_console(), text)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60
    assert NarrowProgress(BarColumn(), make_console()).disable
