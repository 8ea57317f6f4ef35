"""Objects appear complete or not at all, and every error has a message of one sentence."""

import gc
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore
from kalshi_data.archive.storage.open import open_store
from kalshi_data.errors import ArchiveError
from tests.support.s3 import KEY, SECRET, Moto, client, cutting, failing, rclone, sleeping

MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 find these credentials and no others."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")


@pytest.fixture(scope="module")
def server() -> Iterator[Moto]:
    with Moto().running() as running:
        yield running


@pytest.fixture
def moto(server: Moto) -> Iterator[Moto]:
    server.fault = None
    server.requests.clear()
    yield server
    server.fault = None


@pytest.fixture
def name(moto: Moto) -> str:
    made = f"archive-{uuid.uuid4().hex}"
    client(moto.url).create_bucket(Bucket=made)
    return made


def settings(target: str, **changes: Any) -> ArchiveSettings:
    known = {"target": target, "region": "us-east-1", "part_bytes": 5 * MEBIBYTE, "attempts_max": 2}
    return msgspec.convert({**known, **changes}, ArchiveSettings)


def bucket(moto: Moto, name: str, **changes: Any) -> ObjectStore:
    return open_store(settings(f"s3://{name}", endpoint_url=moto.url, **changes))


def made_file(folder: Path, size: int) -> tuple[Path, bytes]:
    path = folder / "made"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).digest()


def held(moto: Moto, name: str) -> list[str]:
    return [each["Key"] for each in client(moto.url).list_objects_v2(Bucket=name).get("Contents", [])]


def uploads(moto: Moto, name: str) -> list[Any]:
    return client(moto.url).list_multipart_uploads(Bucket=name).get("Uploads", [])


@pytest.mark.parametrize("size", [0, 100, 12 * MEBIBYTE])
def test_what_is_put_comes_back_with_its_checksum_and_class(moto: Moto, name: str, tmp_path: Path, size: int) -> None:
    path, sha256 = made_file(tmp_path, size)
    store = bucket(moto, name, storage_class="STANDARD_IA")
    moved: list[int] = []
    etag = store.put("a/b", path, sha256, moved.append)
    assert sum(moved) == size
    head = client(moto.url).head_object(Bucket=name, Key="a/b", ChecksumMode="ENABLED")
    assert head["ETag"].strip('"') == etag
    assert head["Metadata"] == {"sha256": sha256.hex()}
    assert head["StorageClass"] == "STANDARD_IA"
    parts = [request for request in moto.requests if "partNumber" in request]
    assert len(parts) == (3 if size > 5 * MEBIBYTE else 0)
    assert store.fetch("a/b", tmp_path / "back")
    assert hashlib.sha256((tmp_path / "back").read_bytes()).digest() == sha256
    assert list(store.keys("a/")) == ["a/b"]
    assert not store.fetch("a/c", tmp_path / "none")


@pytest.mark.parametrize("fault", [failing(1), failing(1, "partNumber=2"), cutting(1)])
def test_a_passing_error_is_retried(moto: Moto, name: str, tmp_path: Path, fault: Any) -> None:
    path, sha256 = made_file(tmp_path, 12 * MEBIBYTE)
    moto.fault = fault
    bucket(moto, name).put("a", path, sha256)
    assert held(moto, name) == ["a"]
    assert uploads(moto, name) == []


@pytest.mark.parametrize(
    ("fault", "seconds_max", "message"),
    [
        (failing(1_000), 30, "500 InternalError try again; it is tried again later"),
        (failing(1_000, "partNumber=2"), 30, "500 InternalError"),
        (cutting(1_000), 30, "cannot be reached"),
        (sleeping(6), 4, "cannot be reached"),
    ],
)
def test_a_lasting_error_leaves_nothing_behind(
    moto: Moto, name: str, tmp_path: Path, fault: Any, seconds_max: float, message: str
) -> None:
    path, sha256 = made_file(tmp_path, 12 * MEBIBYTE)
    store = bucket(moto, name, request_seconds_max=seconds_max)
    moto.fault = fault
    with pytest.raises(ArchiveError, match=message) as caught:
        store.put("a", path, sha256)
    assert str(caught.value).startswith(f"s3://{name} at {moto.url}: a cannot be written: ")
    assert "\n" not in str(caught.value)
    moto.fault = None
    assert held(moto, name) == []
    assert uploads(moto, name) == []


def test_an_object_is_replaced_whole_or_not_at_all(moto: Moto, name: str, tmp_path: Path) -> None:
    path, sha256 = made_file(tmp_path, 6 * MEBIBYTE)
    store = bucket(moto, name)
    store.put("a", path, sha256)
    other, other_sha256 = made_file(tmp_path, 7 * MEBIBYTE)
    moto.fault = failing(1_000, "partNumber=1")
    with pytest.raises(ArchiveError):
        store.put("a", other, other_sha256)
    moto.fault = None
    store.fetch("a", tmp_path / "back")
    assert hashlib.sha256((tmp_path / "back").read_bytes()).digest() == sha256


# boto3 leaves the file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_progress_callback_can_end_an_upload(moto: Moto, name: str, tmp_path: Path) -> None:
    path, sha256 = made_file(tmp_path, 12 * MEBIBYTE)

    def stop(_: int) -> None:
        raise InterruptedError

    with pytest.raises((InterruptedError, ArchiveError)):
        bucket(moto, name).put("a", path, sha256, stop)
    assert held(moto, name) == []
    assert uploads(moto, name) == []
    gc.collect()  # here, and not in a test after this one


def test_a_missing_bucket_is_named(moto: Moto, tmp_path: Path) -> None:
    path, sha256 = made_file(tmp_path, 10)
    store = bucket(moto, "nowhere-at-all")
    with pytest.raises(ArchiveError, match="no such bucket: create it, or correct target"):
        store.put("a", path, sha256)
    with pytest.raises(ArchiveError, match="no such bucket"):
        store.fetch("a", tmp_path / "back")
    with pytest.raises(ArchiveError, match="no such bucket"):
        list(store.keys("a"))


def test_a_server_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    path, sha256 = made_file(tmp_path, 10)
    store = open_store(settings("s3://some-bucket", endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(ArchiveError, match=r"cannot be reached .*: check endpoint_url"):
        store.put("a", path, sha256)


def test_missing_credentials_are_reported(
    moto: Moto, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    path, sha256 = made_file(tmp_path, 10)
    with pytest.raises(ArchiveError, match="there are no credentials: give the deduplicator"):
        bucket(moto, name).put("a", path, sha256)


def test_signatures_are_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "served" / "archive").mkdir(parents=True)
    path, sha256 = made_file(tmp_path, 12 * MEBIBYTE)
    with rclone(tmp_path / "served") as url:
        store = open_store(settings("s3://archive", endpoint_url=url))
        store.put("a/b", path, sha256)
        assert (tmp_path / "served/archive/a/b").read_bytes() == path.read_bytes()
        assert store.fetch("a/b", tmp_path / "back")
        assert list(store.keys("a/")) == ["a/b"]
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        with pytest.raises(ArchiveError, match=r"the secret key is wrong|credentials"):
            open_store(settings("s3://archive", endpoint_url=url)).put("a/c", path, sha256)
        assert not (tmp_path / "served/archive/a/c").exists()


def test_a_folder_does_the_same(tmp_path: Path) -> None:
    path, sha256 = made_file(tmp_path, MEBIBYTE)
    store = open_store(settings(f"file://{tmp_path}/store"))
    store.put("a/b", path, sha256)
    assert store.fetch("a/b", tmp_path / "back")
    assert not store.fetch("a/c", tmp_path / "none")
    with pytest.raises(ArchiveError, match="the disk returned other bytes"):
        store.put("a/d", path, bytes(32))
    # A writer that died leaves a file that no reader sees.
    (tmp_path / "store/a/.unfinished-1").write_bytes(b"half")
    assert list(store.keys("a/")) == ["a/b"]
    assert [each.name for each in (tmp_path / "store/a").iterdir() if not each.name.startswith(".")] == ["b"]


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    path, sha256 = made_file(tmp_path, 10)
    (tmp_path / "store").write_bytes(b"")
    with pytest.raises(ArchiveError, match="cannot be written: "):
        open_store(settings(f"file://{tmp_path}/store")).put("a", path, sha256)


def test_a_missing_target_is_reported() -> None:
    with pytest.raises(ArchiveError, match="set target under \\[archive\\]"):
        open_store(settings(""))
