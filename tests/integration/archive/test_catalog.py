"""The Iceberg tables list exactly what the archive holds, whatever happens between two runs or during one."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from kalshi_data.archive.catalog import registration, snapshots
from kalshi_data.archive.catalog.connection import open_catalog
from kalshi_data.archive.catalog.digests import read_digests
from kalshi_data.archive.partitions import STREAMS
from kalshi_data.archive.schemas import ARCHIVED, DECIMAL, ArchiveStream, Column
from kalshi_data.errors import ArchiveError, SettingsError
from tests.support.made_archive import DAY, HOUR, MIDNIGHT, NAMESPACE, MadeArchive

TRADES, MARKETS = STREAMS["trades"], STREAMS["markets"]


@pytest.fixture
def made(tmp_path: Path) -> MadeArchive:
    return MadeArchive(tmp_path)


def load(made: MadeArchive, stream: ArchiveStream = TRADES) -> Table:
    opened = open_catalog(made.address, NAMESPACE, made.settings)
    try:
        return opened.catalog.load_table((NAMESPACE, stream.name))
    finally:
        opened.catalog.close()


def listed(made: MadeArchive, stream: ArchiveStream = TRADES) -> list[str]:
    return sorted(task.file.file_path for task in load(made, stream).scan().plan_files())


def rows_of(table: pa.Table) -> list[str]:
    return sorted(map(repr, table.to_pylist()))


def require_equal(made: MadeArchive, stream: ArchiveStream = TRADES) -> None:
    """The table lists each file with rows once, and gives each row as the files do."""
    files = list(made.files(stream))
    assert listed(made, stream) == [f"file://{path}" for path in files]
    scan, expected = load(made, stream).scan(), list[str]()
    for path in files:
        rows = pq.ParquetFile(path).read()
        if stream.time_column is None:
            day = datetime.fromisoformat(path.parent.name.removeprefix("date=")).date()
            rows = rows.append_column("date", pa.array([day] * rows.num_rows, pa.date32()))
        expected += rows_of(rows)
    assert rows_of(scan.to_arrow()) == sorted(expected)
    assert scan.count() == len(expected)


def counts(made: MadeArchive, stream: ArchiveStream = TRADES, **selected: Any) -> tuple[int, int, int]:
    done = made.register(stream, **selected)[stream.name]
    assert done.problems == []
    return done.added, done.replaced, done.removed


def test_every_stream_is_registered_and_a_second_run_changes_nothing(made: MadeArchive) -> None:
    made.fill()
    first = made.register()
    assert {(each.added, each.files, each.commits) for each in first.values()} == {(2, 2, 1)}
    for stream in ARCHIVED:
        require_equal(made, stream)
    before = {stream.name: made.metadata_files(stream) for stream in ARCHIVED}
    assert {(each.added, each.commits) for each in made.register().values()} == {(0, 0)}
    assert {stream.name: made.metadata_files(stream) for stream in ARCHIVED} == before


def test_a_rewritten_hour_is_replaced_in_one_commit(made: MadeArchive) -> None:
    made.fill()
    made.register(TRADES)
    made.put(TRADES, MIDNIGHT, rows=9, seed=3)
    made.put(TRADES, MIDNIGHT + 3 * HOUR)
    before = len(load(made).snapshots())
    assert counts(made) == (1, 1, 0)
    assert len(load(made).snapshots()) == before + 1
    require_equal(made)


def test_a_rewritten_hour_of_the_same_size_is_replaced(made: MadeArchive) -> None:
    """Its bounds are others, by which a reader skips files."""
    first = made.put(TRADES, MIDNIGHT, seed=10)
    made.register(TRADES)
    assert len(made.put(TRADES, MIDNIGHT, seed=11)) == len(first)
    assert counts(made) == (0, 1, 0)
    require_equal(made)
    assert load(made).scan(row_filter="yes_price >= 11").count() == 5


def test_a_removed_hour_and_one_without_rows_leave_the_table(made: MadeArchive) -> None:
    made.fill()
    made.register(TRADES)
    made.remove(TRADES, MIDNIGHT)
    made.put(TRADES, MIDNIGHT + HOUR, rows=0)
    assert counts(made) == (0, 0, 2)
    require_equal(made)
    assert listed(made) == []


def test_hours_outside_of_the_selection_stay(made: MadeArchive) -> None:
    made.fill()
    assert counts(made, from_at=MIDNIGHT + HOUR) == (1, 0, 0)
    made.remove(TRADES, MIDNIGHT + HOUR)
    made.put(TRADES, MIDNIGHT + 4 * HOUR)
    assert counts(made, from_at=MIDNIGHT + 4 * HOUR) == (1, 0, 0)
    assert counts(made) == (1, 0, 1)
    require_equal(made)


@pytest.mark.parametrize("stream", [TRADES, MARKETS], ids=lambda stream: stream.name)
def test_a_new_column_joins_at_the_end(
    made: MadeArchive, stream: ArchiveStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    length = timedelta(hours=stream.hours)
    made.put(stream, MIDNIGHT)
    made.register(stream)
    wider = stream._replace(columns=(*stream.columns, Column("fee", DECIMAL, "US dollars", nullable=True, since=2)))
    monkeypatch.setitem(STREAMS, stream.name, wider)
    made.put(wider, MIDNIGHT + length, seed=2)
    assert counts(made, wider) == (1, 0, 0)
    table = load(made, stream)
    assert table.schema().column_names[-1] == "fee"
    assert table.schema().find_field("fee").doc == "US dollars"
    read = table.scan().to_arrow()
    assert (read.num_rows, read["fee"].null_count) == (10, 6)
    # An older release does not know the column, and lists older hours as before.
    made.put(stream, MIDNIGHT + 2 * length, seed=3)
    done = made.register(stream)[stream.name]
    assert (done.added, done.problems) == (1, [])


def test_a_file_with_an_unknown_column_waits_for_the_release_that_wrote_it(made: MadeArchive) -> None:
    made.put(TRADES, MIDNIGHT)
    made.put(TRADES._replace(columns=(*TRADES.columns, Column("fee", DECIMAL, "", nullable=True))), MIDNIGHT + HOUR)
    done = made.register(TRADES)["trades"]
    assert done.added == 1
    (problem,) = done.problems
    assert "column fee" in problem
    assert "install the release" in problem


def test_an_object_that_is_being_written_waits(made: MadeArchive) -> None:
    """The object is there before its manifest: a table keeps what it has until both fit."""
    made.put(TRADES, MIDNIGHT)
    made.put(TRADES, MIDNIGHT + HOUR, lists=False)
    assert counts(made) == (1, 0, 0)
    manifest = made.put(TRADES, MIDNIGHT + HOUR)
    made.path(TRADES, MIDNIGHT + HOUR).write_bytes(manifest + b"longer")
    done = made.register(TRADES)["trades"]
    assert (done.added, done.waiting, done.problems) == (0, 1, [])
    made.put(TRADES, MIDNIGHT + HOUR)
    assert counts(made) == (1, 0, 0)
    require_equal(made)


def damage_content(made: MadeArchive) -> None:
    path = made.path(TRADES, MIDNIGHT)
    path.write_bytes(bytes(path.stat().st_size))


def damage_manifest(made: MadeArchive) -> None:
    (made.folder / "bucket/parquet/_manifests/trades/date=2026-11-01/hour=00.json").write_text("{")


def move_rows(made: MadeArchive) -> None:
    content = made.put(TRADES, MIDNIGHT + 5 * HOUR)
    made.put(TRADES, MIDNIGHT)
    made.path(TRADES, MIDNIGHT).write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_content, "not a Parquet file"),
        (damage_manifest, "is not a manifest"),
        (move_rows, "rows of another hour"),
    ],
)
def test_a_damaged_hour_is_reported_and_the_others_are_registered(
    made: MadeArchive, damage: Callable[[MadeArchive], None], said: str
) -> None:
    made.fill()
    damage(made)
    done = made.register(TRADES)["trades"]
    assert done.added >= 1
    (problem,) = done.problems
    assert said in problem
    assert "export --again" in problem
    assert str(made.path(TRADES, MIDNIGHT)) not in "".join(listed(made))


class Death(BaseException):
    """The end of the process."""


# Everything that a run changes outside of its memory.
STEPS = [(PyArrowFileIO, "new_output"), (PyArrowFileIO, "delete"), (SqlCatalog, "commit_table")]


def register_until(made: MadeArchive, step: int, *, after: bool) -> bool:
    """Register until a step, before or after which the process dies; return whether it came to it."""
    left = [step]

    def dying(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Death
            done = work(*arguments, **named)
            if left[0] == 0:
                raise Death
            return done

        return run

    with pytest.MonkeyPatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, dying(getattr(owner, name)))
        try:
            made.register(TRADES)
        except Death:
            return True
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_after_a_death_at_any_step_the_next_run_completes_it(made: MadeArchive, after: bool) -> None:
    for number in range(3):
        made.put(TRADES, MIDNIGHT + number * HOUR)
    made.register(TRADES)
    step, died = 0, True
    while died:
        step += 1
        made.put(TRADES, MIDNIGHT, rows=8, seed=step)
        made.put(TRADES, MIDNIGHT + (step + 2) * HOUR)
        made.remove(TRADES, MIDNIGHT + step * HOUR)
        died = register_until(made, step, after=after)
        seen = listed(made)
        assert len(seen) == len(set(seen)) == 3
        made.register(TRADES)
        require_equal(made)
        assert sorted(read_digests(load(made))) == listed(made)
        assert len([path for path in made.metadata_files(TRADES) if path.name.startswith("digests-")]) == 1
    assert step > 5


def test_two_runs_at_once_list_each_file_once(made: MadeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    made.fill()
    made.register(TRADES)
    made.put(TRADES, MIDNIGHT + 5 * HOUR)
    work, ran = SqlCatalog.commit_table, list[bool]()

    def commit_late(*arguments: Any, **named: Any) -> Any:
        if not ran:
            ran.append(True)
            assert counts(made) == (1, 0, 0)
        return work(*arguments, **named)

    monkeypatch.setattr(SqlCatalog, "commit_table", commit_late)
    assert counts(made) == (0, 0, 0)
    assert ran
    require_equal(made)


def test_conflicts_without_end_are_reported(made: MadeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    made.put(TRADES, MIDNIGHT)
    waits: list[float] = []

    def refuse(*_: Any, **__: Any) -> None:
        raise CommitFailedException("another commit was first")

    monkeypatch.setattr(SqlCatalog, "commit_table", refuse)
    monkeypatch.setattr(registration.time, "sleep", waits.append)
    with pytest.raises(ArchiveError, match="changed by another program"):
        made.register(TRADES)
    assert len(waits) == registration.ATTEMPTS_MAX - 1
    assert max(waits) <= registration.RETRY_SECONDS_MAX


def test_many_hours_are_committed_in_parts(made: MadeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "FILES_PER_COMMIT_MAX", 4)
    for number in range(10):
        made.put(TRADES, MIDNIGHT + number * HOUR)
    done = made.register(TRADES)["trades"]
    assert (done.added, done.commits) == (10, 3)
    require_equal(made)


def test_lost_digests_let_every_file_be_registered_again(made: MadeArchive) -> None:
    made.fill()
    made.register(TRADES)
    (digests,) = [path for path in made.metadata_files(TRADES) if path.name.startswith("digests-")]
    digests.write_text('{"damaged": ""}')
    assert counts(made) == (0, 2, 0)
    require_equal(made)


def test_a_table_with_files_of_others_is_refused(made: MadeArchive, tmp_path: Path) -> None:
    """Their rows could be those of the archive, written to other files."""
    made.fill()
    made.register(TRADES)
    table = load(made)
    (tmp_path / "other.parquet").write_bytes(made.path(TRADES, MIDNIGHT).read_bytes())
    table.add_files([f"file://{tmp_path / 'other.parquet'}"])
    with pytest.raises(ArchiveError, match=r"not of this archive: drop kalshi_iceberg\.trades"):
        made.register(TRADES)


def test_old_states_and_their_files_are_removed(made: MadeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of 6 days leave about as many files as those of 3."""
    numbers: list[int] = []
    for day in range(6):
        monkeypatch.setattr(snapshots, "ended", shifted(day))
        for number in range(3):
            made.put(TRADES, MIDNIGHT, seed=day * 10 + number)
            made.register(TRADES)
        numbers.append(len(made.metadata_files(TRADES)))
    require_equal(made)
    assert max(numbers[3:]) <= numbers[2] + 9
    assert len(load(made).snapshots()) <= 9


def shifted(day: int) -> Callable[[Any, datetime], bool]:
    """Return `ended` as it is if each earlier run was made days ago."""
    made_on = SHIFTS.setdefault

    def ended(snapshot: Any, moment: datetime) -> bool:
        age = day - made_on(snapshot.snapshot_id, day)
        return age * DAY > datetime.now(UTC) - moment

    return ended


SHIFTS: dict[int, int] = {}


@pytest.mark.parametrize(
    ("address", "kind", "said"),
    [
        ("hive", SettingsError, "write glue or sql:ADDRESS"),
        ("sql:", ArchiveError, "write the address like sqlite:"),
        ("sql:sqlite:////nonexistent/x.db", ArchiveError, "make the folder"),
        ("sql:oracle://host/x", ArchiveError, "install the driver"),
    ],
)
def test_an_address_that_cannot_be_opened_names_the_remedy(
    made: MadeArchive, address: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        open_catalog(address, NAMESPACE, made.settings)


def test_a_catalogue_keeps_its_namespace(made: MadeArchive) -> None:
    opened: Catalog = open_catalog(made.address, NAMESPACE, made.settings).catalog
    assert opened.list_namespaces() == [(NAMESPACE,)]
    assert open_catalog(made.address, NAMESPACE, made.settings).catalog.list_namespaces() == [(NAMESPACE,)]


WITHOUT_ICEBERG = """
import sys
sys.modules["pyiceberg"] = None
from kalshi_data.deduplicator.__main__ import main
sys.argv = ["deduplicator", "archive", "catalog", "--iceberg", "glue", "--config", sys.argv[1]]
main()
"""


def test_without_its_libraries_the_command_names_what_to_install(tmp_path: Path) -> None:
    """As in the deduplicator's single file."""
    config = tmp_path / "deduplicator.toml"
    config.write_text(
        """
production.runtime.conninfo = "dbname=nowhere"
production.owner.conninfo = "dbname=nowhere"
[[gatherers]]
id = 1
kalshi_ts.conninfo = "dbname=nowhere"
kalshi_meta.conninfo = "dbname=nowhere"
"""
    )
    done = subprocess.run([sys.executable, "-c", WITHOUT_ICEBERG, config], capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert "pyiceberg is not installed: put the program catalog beside this one" in done.stderr
