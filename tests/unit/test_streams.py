"""The catalogue of streams agrees with the SQL files and with every other list of streams."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from kalshi_data.gatherer.retention import HISTORIES, PLAIN_TABLES
from kalshi_data.streams import STREAMS, Stream
from tests.conftest import ROOT

SQL = ROOT / "sql"
Condition = Callable[[Stream], bool]
DERIVED_NAMES = tuple(stream.name for stream in DERIVED)


def names(condition: Condition) -> set[str]:
    return {stream.name for stream in STREAMS if condition(stream)}


def has_times(stream: Stream) -> bool:
    return stream.has_times


def is_feed(stream: Stream) -> bool:
    return stream.source == "capture" and stream.time_column is not None


def is_captured_by_time(stream: Stream) -> bool:
    return stream.is_captured_by_time


def is_any(_: Stream) -> bool:
    return True


def is_archived(stream: Stream) -> bool:
    return stream.is_archived


def is_captured(stream: Stream) -> bool:
    return stream.source == "capture"


def is_listing(stream: Stream) -> bool:
    return stream.source == "registry"


def has_sightings(stream: Stream) -> bool:
    return stream.has_sightings


def files(folder: str, pattern: str = "*.sql", beside: tuple[str, ...] = ()) -> set[str]:
    return {re.sub(r"_v\d+$", "", path.stem) for path in Path(SQL / folder).glob(pattern)} - set(beside)


@pytest.mark.parametrize(
    ("folder", "condition", "beside"),
    [
        ("production/queries/stage", is_any, ("copy", "prepare_partitions")),
        ("production/queries/merge", is_any, ()),
        ("production/queries/reject", has_times, ("misfits",)),
        ("production/queries/export", is_archived, DERIVED_NAMES),
        ("production/queries/sightings", has_sightings, ("record_late_rows",)),
        (
            "capture/queries/poll",
            is_captured,
            ("acknowledge", "read_epoch", "read_lag"),
        ),
        ("registry/queries/poll", is_listing, ("read_epoch", "read_lag")),
        ("capture/views", is_captured, ("heartbeat", "instance")),
        ("athena/tables", is_archived, DERIVED_NAMES),
    ],
)
def test_each_folder_has_a_file_for_each_stream(folder: str, condition: Condition, beside: tuple[str, ...]) -> None:
    assert files(folder, beside=beside) == names(condition)


def test_the_simulator_compares_the_streams_it_publishes() -> None:
    compared = files("verification/queries/verify", "*.sql", beside=("books", "exchange_status"))
    compared |= files("verification/queries/facts/published")
    assert compared == names(lambda stream: stream.is_verified)


def test_functions_that_list_streams_list_those_of_the_catalogue() -> None:
    classified = (SQL / "production/functions/completeness/classified_streams.sql").read_text()
    assert set(re.findall(r"\('(\w+)', '", classified)) == names(lambda stream: stream.is_classified)


def test_functions_of_arbitration_list_the_streams_with_sightings() -> None:
    for path in (SQL / "production/functions/arbitration").glob("*.sql"):
        listed = set(re.findall(r"'(trades|orderbook_\w+|tickers|lifecycle_events|index_values)'", path.read_text()))
        assert listed == names(lambda stream: stream.has_sightings), path.name


def test_minutes_with_rows_are_found_for_each_classified_stream() -> None:
    text = (SQL / "production/functions/completeness/active_minutes.sql").read_text()
    assert set(re.findall(r"when '(\w+)' then", text)) == names(lambda stream: stream.is_classified)


def test_each_stream_of_the_feed_is_a_time_series_of_the_gatherer() -> None:
    """Functions of the gatherer's database visit every time series, and so every stream."""
    migrations = "".join(path.read_text() for path in (SQL / "capture/migrations").glob("*.sql"))
    assert set(re.findall(r"make_time_series\('capture\.(\w+)'", migrations)) == names(is_captured_by_time)


def test_the_archive_holds_the_streams_of_the_catalogue() -> None:
    archived = {(stream.name, stream.target, stream.time_column) for stream in STREAMS if stream.is_archived}
    merged = [stream for stream in ARCHIVED if not stream.is_derived]
    assert {(stream.name, stream.table, stream.time_column) for stream in merged} == archived


def test_production_knows_what_derived_streams_are_derived_from() -> None:
    text = (SQL / "production/functions/derived/derived_streams.sql").read_text()
    listed = dict(re.findall(r"\('(\w+)', (null|'\w+'), interval", text))
    assert set(listed) == set(DERIVED_NAMES)
    assert all(stream.is_derived for stream in DERIVED)
    assert {name.strip("'") for name in listed.values() if name != "null"} <= names(is_any)


def test_retention_has_a_setting_for_each_stream_that_may_be_dropped() -> None:
    settings = {name.removesuffix("_days") for name in ProductionRetentionSettings.__struct_fields__}
    others = {*ProductionRetentionSettings().days_of_tables(), "database_bytes_max"}
    assert settings - others == names(lambda stream: stream.is_expirable)
    assert not others & names(lambda stream: stream.is_expirable)


def test_a_gatherer_deletes_old_rows_of_what_has_no_partitions() -> None:
    for folder, tables in (("capture", PLAIN_TABLES), ("registry", HISTORIES)):
        deleted = files(f"{folder}/queries/retention", "delete_*.sql")
        assert {name.removeprefix("delete_") for name in deleted} == set(tables)


def test_late_rows_are_marked_by_their_time() -> None:
    assert names(lambda stream: stream.marks_late_rows) <= names(is_feed)


@pytest.mark.parametrize("stream", [stream for stream in STREAMS if stream.is_staged_ahead], ids=lambda each: each.name)
def test_what_is_done_ahead_touches_nothing_that_a_merge_changes(stream: Stream) -> None:
    """Bad rows are rejected in a transaction that began before the merge ahead of it has ended."""
    statements = (SQL / f"production/queries/reject/{stream.name}.sql").read_text()
    header, body = (re.findall(pattern, statements, re.MULTILINE) for pattern in (r"^-- (\w+): (.*)", r"^(?!--).*"))
    assert [text for kind, text in header if kind in {"Reads", "Writes"}] == ["pg_temp.stage, ops.rejected_rows"]
    written = re.findall(r"(?:update|insert into|delete from) (\S+)", "\n".join(body))
    assert set(written) <= {"stage", "pg_temp.stage", "ops.rejected_rows"}
    # The transaction's time may be that of a moment long before.
    assert "now()" not in "\n".join(body)
