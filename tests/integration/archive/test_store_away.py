"""A store that is away or refuses the keys: production is not read in vain, and new keys are read from their file."""

import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.archive import partition_export
from kalshi_data.archive.control_totals import read_control_totals
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import StoreAway
from kalshi_data.archive.storage.local import FolderStore
from kalshi_data.archive.storage.open import open_store
from tests.deployment.hosts.services.metadata import MetadataAnswer
from tests.integration.archive.test_other_stores import PART_BYTES, certificate, credentials, made_file
from tests.support.engines import Database
from tests.support.exporting import HOUR, HOURLY, THEN, exporter, fill, settings, states
from tests.support.plain_store import Answer, Headers, PlainStore

__all__ = ["certificate", "credentials"]

NOWHERE = {"target": "s3://archive", "endpoint_url": "http://127.0.0.1:9", "region": "us-east-1", "attempts_max": 1}


VALUES = """
insert into market_data.index_values (source_ts, index_id, published_at, value, payload, received_at, gatherer_id)
select %s, n::text, %s, 99999999999999999999.999999999999999998, '{}', now(), 1 from generate_series(1, 3) as n
"""


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    reads, original = [0], partition_export.write_partition

    def write(*arguments: Any) -> Any:
        reads[0] += 1
        return original(*arguments)

    monkeypatch.setattr(partition_export, "write_partition", write)
    return reads


def test_no_new_hour_is_read_from_production_while_the_store_is_away(
    production: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = count_reads(monkeypatch)
    with production.connect("deduplicator") as connection:
        fill(connection)
        exporting = exporter(settings(production, tmp_path, **NOWHERE))
        with exporting.session() as session:
            for _ in range(3):
                with pytest.raises(StoreAway, match="cannot be reached"):
                    exporting.tick(session)
        assert reads == [0]
        assert "cannot be reached" in str(exporting.state.error)
        assert not any(state == "verified" for state in states(connection).values())


def test_hours_are_written_once_the_store_answers_again(
    production: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, is_away = FolderStore.put, [True]

    def put(*arguments: Any) -> str | None:
        if is_away[0]:
            raise StoreAway("the store is away")
        return original(*arguments)

    monkeypatch.setattr(FolderStore, "put", put)
    with production.connect("deduplicator") as connection:
        fill(connection)
        exporting = exporter(settings(production, tmp_path, retry_seconds_max=1))
        with exporting.session() as session:
            with pytest.raises(StoreAway):
                exporting.tick(session)
            is_away[0] = False
            assert exporting.tick(session) > 0


def test_new_keys_are_read_from_their_file(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "credentials"

    def write_key(name: str) -> None:
        keys.write_text(f"[default]\naws_access_key_id = {name}\naws_secret_access_key = secret\n")

    accepted = ["old"]

    def refuse(headers: Headers) -> Answer | None:
        is_known = f"Credential={accepted[0]}/" in headers.get("authorization", "")
        return None if is_known else (403, "InvalidAccessKeyId", "no such key")

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    path, sha256 = made_file(tmp_path, 1_000)
    with PlainStore(refuse).running(certificate) as url:
        chosen = {"target": "s3://archive", "region": "us-east-1", "part_bytes": PART_BYTES, "attempts_max": 1}
        store = open_store(msgspec.convert({**chosen, "endpoint_url": url}, ArchiveSettings))
        # The keys may come later than the program.
        with pytest.raises(StoreAway, match="no credentials"):
            store.put("a", path, sha256)
        write_key("old")
        store.put("a", path, sha256)
        accepted[0] = "new"
        with pytest.raises(StoreAway, match="the access key is unknown"):
            store.put("a", path, sha256)
        write_key("new")
        store.put("a", path, sha256)


def test_a_role_is_asked_for_again_while_the_host_is_busy(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned_away = list[str]()

    class Busy(MetadataAnswer):
        """Turns away the first two requests for a token, and the first two for the role."""

        def do_PUT(self) -> None:  # noqa: N802 - the library's name
            if not self.is_turned_away("token"):
                super().do_PUT()

        def do_GET(self) -> None:  # noqa: N802 - the library's name
            if not self.is_turned_away("role"):
                super().do_GET()

        def is_turned_away(self, what: str) -> bool:
            if turned_away.count(what) == 2:
                return False
            turned_away.append(what)
            self.send_error(503)
            return True

    def accept(_: Headers) -> Answer | None:
        return None

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    path, sha256 = made_file(tmp_path, 1_000)
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as metadata, PlainStore(accept).running(certificate) as url:
        threading.Thread(target=metadata.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{metadata.server_port}")
        chosen = {"target": "s3://archive", "region": "us-east-1", "part_bytes": PART_BYTES, "attempts_max": 1}
        try:
            open_store(msgspec.convert({**chosen, "endpoint_url": url}, ArchiveSettings)).put("a", path, sha256)
        finally:
            metadata.shutdown()
    assert sorted(turned_away) == ["role", "role", "token", "token"]


def test_a_profile_that_does_not_exist_yet_is_found_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "archive")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    store = open_store(msgspec.convert(NOWHERE, ArchiveSettings))
    with pytest.raises(StoreAway, match="archive"):
        list(store.keys(""))
    (tmp_path / "config").write_text("[profile archive]\n")
    with pytest.raises(StoreAway, match="cannot be reached"):
        list(store.keys(""))


def test_a_sum_of_more_than_28_digits_is_exact(production: Database) -> None:
    (stream,) = [each for each in HOURLY if each.name == "index_values"]
    with production.connect("deduplicator") as connection:
        fill(connection)
        with production.connect() as superuser:
            superuser.execute(VALUES.encode(), (THEN, THEN))
        totals = read_control_totals(connection, stream, THEN, THEN + HOUR)
    assert str(totals.sums["value"]) == "299999999999999999999.999999999999999994"
