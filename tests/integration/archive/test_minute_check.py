"""The archive's files alone answer whether a minute of a market is complete, and why."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kalshi_data.archive.minute_check import MinuteAnswer, MinuteCheck
from kalshi_data.archive.partitions import STREAMS
from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.cli import main
from kalshi_data.errors import ArchiveError
from tests.integration.archive.test_coverage import fill, ops
from tests.support.coverage import T0, at
from tests.support.engines import Database
from tests.support.exporting import export, part, settings, toml

__all__ = ["ops"]

WRITTEN = tuple(STREAMS[name] for name in ("coverage", "incidents", "trades", "orderbook_deltas"))


@pytest.fixture
def archive(production: Database, ops: Connection, tmp_path: Path) -> Path:
    """An archive of a market that no gatherer covered from minute 70 to 75."""
    fill(ops)
    export(settings(production, tmp_path), streams=WRITTEN, from_at=at(0), until_at=at(600), early=True)
    return tmp_path


def ask(production: Database, folder: Path, minute: float, market: str = "KXA-1") -> MinuteAnswer:
    return MinuteCheck(settings(production, folder).archive).answer(market, at(minute))


def states(answer: MinuteAnswer) -> dict[str, str | None]:
    return {each.stream: each.state for each in answer.streams}


def test_each_state_of_a_minute_is_known_from_files_alone(production: Database, archive: Path) -> None:
    nothing = {"tickers": None, "lifecycle_events": None}
    for minute, state, is_complete in ((61.5, "covered", True), (62.5, "idle", True), (72.5, "gap", False)):
        answer = ask(production, archive, minute)
        assert states(answer) == {"orderbook_deltas": state, "trades": "idle", **nothing}
        assert answer.is_complete == is_complete
        assert answer.minute == at(int(minute))
    run = next(each for each in ask(production, archive, 72).streams if each.stream == "orderbook_deltas")
    lost = "gatherer 1 missed some of it: its connection closed; it is lost"
    assert (run.from_at, run.to_at, run.reason) == (at(70), at(75), lost)
    assert states(ask(production, archive, 62, "KXB-1"))["orderbook_deltas"] is None


def test_a_minute_is_not_complete_if_the_file_with_its_rows_is_not_there_or_damaged(
    production: Database, archive: Path
) -> None:
    path = part(archive, "trades", T0)
    content = path.read_bytes()
    for change in (path.unlink, lambda: path.write_bytes(content[:-1])):
        change()
        answer = ask(production, archive, 10)
        assert not answer.is_complete
        (problem,) = [problem for each in answer.streams for problem in each.problems]
        assert "trades" in problem


def test_without_coverage_nothing_is_answered(production: Database, archive: Path) -> None:
    with pytest.raises(ArchiveError, match="the archive holds no coverage of that hour"):
        ask(production, archive, 300)
    part(archive, "coverage", T0).write_bytes(b"?")
    with pytest.raises(ArchiveError, match=r"cannot be read: .* has 1 bytes"):
        ask(production, archive, 10)


def test_a_gap_whose_incidents_are_not_there_says_so(production: Database, archive: Path) -> None:
    part(archive, "incidents", at(60)).unlink()
    reasons = [each.reason for each in ask(production, archive, 72).streams if each.state == "gap"]
    assert [reason.partition(" why ")[0] for reason in reasons] == ["no gatherer received all of it;"]
    assert "is missing" in reasons[0]


def test_a_file_that_does_not_belong_to_the_archive_is_shown(production: Database, archive: Path) -> None:
    for name, minute in (("trades", 10), ("coverage", 10), ("incidents", 10)):
        stray = part(archive, name, T0).with_name("part-1.parquet")
        shutil.copy(part(archive, name, T0), stray)
        answer = ask(production, archive, minute)
        words = (
            f"{stray.relative_to(archive / 'bucket')} is not an object of the archive, but readers take it: remove it"
        )
        assert [*answer.problems, *(each for held in answer.streams for each in held.problems)] == [words]
        assert not answer.is_complete
        shown = run(production, archive, minute)
        assert shown.exit_code == 1
        assert words in " ".join(shown.output.split())
        stray.unlink()
    assert ask(production, archive, 10).is_complete


def run(production: Database, folder: Path, minute: float, *options: str) -> Result:
    asked = ("--market", "KXA-1", "--at", f"{at(minute):%Y-%m-%dT%H:%MZ}")
    return CliRunner().invoke(main, ["archive", "minute", *asked, *options, "--config", str(toml(production, folder))])


def test_the_command_answers_people_and_programs(production: Database, archive: Path) -> None:
    shown = run(production, archive, 72)
    assert shown.exit_code == 1
    assert "gatherer 1 missed some of it" in " ".join(shown.output.split())
    assert shown.output.endswith("\nnot complete\n")
    found = run(production, archive, 62, "--json")
    assert found.exit_code == 0
    assert json.loads(found.output)["is_complete"]
