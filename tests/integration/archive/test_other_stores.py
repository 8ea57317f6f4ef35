"""Stores other than Amazon's hold the archive, also those that refuse what is newer than signature version 4."""

import hashlib
import os
from pathlib import Path

import msgspec
import pytest

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore
from kalshi_data.archive.storage.open import open_store
from kalshi_data.errors import ArchiveError
from tests.support.plain_store import (
    PlainStore,
    Refusal,
    has_trailer,
    without_checksum_headers,
    without_storage_class,
    without_trailers,
    write_certificate,
)
from tests.support.s3 import KEY, SECRET

PART_BYTES = 5 * 1024 * 1024
# The answers of stores that refuse a body with a trailer, as clients have met them.
STORES: dict[str, Refusal] = {
    "signature": without_trailers(403, "SignatureDoesNotMatch", "Invalid argument."),
    "unauthorized": without_trailers(401, "Unauthorized", "Unauthorized"),
    "not implemented": without_trailers(501, "NotImplemented", "STREAMING-UNSIGNED-PAYLOAD-TRAILER is not supported"),
    "other sha256": without_trailers(400, "XAmzContentSHA256Mismatch", ""),
    "no length": without_trailers(411, "MissingContentLength", "You must provide the Content-Length HTTP header."),
    "no checksum headers": without_checksum_headers,
    "no storage class": without_storage_class,
    "takes everything": lambda _: None,
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("store") / "localhost.pem")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    known = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CA_BUNDLE": str(certificate),
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in known.items():
        monkeypatch.setenv(name, value)


def opened(url: str | None) -> ObjectStore:
    settings = {"target": "s3://archive", "region": "us-east-1", "part_bytes": PART_BYTES, "attempts_max": 1}
    return open_store(msgspec.convert({**settings, "endpoint_url": url}, ArchiveSettings))


def made_file(folder: Path, size: int) -> tuple[Path, bytes]:
    path = folder / "made"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).digest()


@pytest.mark.parametrize("size", [0, 1_000, 2 * PART_BYTES + 1])
@pytest.mark.parametrize("refusal", STORES.values(), ids=STORES)
def test_a_store_without_trailing_checksums_holds_the_archive(
    certificate: Path, tmp_path: Path, refusal: Refusal, size: int
) -> None:
    path, sha256 = made_file(tmp_path, size)
    server = PlainStore(refusal)
    with server.running(certificate) as url:
        store = opened(url)
        store.put("a/b", path, sha256)
        assert store.fetch("a/b", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == path.read_bytes()
    # Every body came with its sha256 in the signature, which the store has compared.
    assert server.hashed_bodies == -(-size // PART_BYTES)


def test_amazons_store_still_gets_trailing_checksums(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sha256 = made_file(tmp_path, 1_000)
    asked: list[bool] = []

    def note(headers: dict[str, str]) -> None:
        asked.append(has_trailer(headers))

    with PlainStore(note).running(certificate) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        opened(None).put("a", path, sha256)
    assert asked[0]


@pytest.mark.parametrize(
    ("status", "code", "message", "shown"),
    [
        (403, "SignatureDoesNotMatch", "Invalid\n argument.", "check region and endpoint_url under"),
        (
            403,
            "SignatureDoesNotMatch",
            "Invalid\n argument.",
            "(it answers 403 SignatureDoesNotMatch Invalid argument.)",
        ),
        (401, "Unauthorized", "Wrong token", "it answers 401 Unauthorized Wrong token"),
        (403, "AccessDenied", "x" * 5_000, "allow PutObject"),
        (400, "KMS.DisabledException", "arn is disabled", "the key that encrypts the object is disabled"),
    ],
)
def test_a_refusal_names_the_remedy_and_the_stores_own_words(
    certificate: Path, tmp_path: Path, status: int, code: str, message: str, shown: str
) -> None:
    path, sha256 = made_file(tmp_path, 10)
    with (
        PlainStore(lambda _: (status, code, message)).running(certificate) as url,
        pytest.raises(ArchiveError) as caught,
    ):
        opened(url).put("a", path, sha256)
    assert shown in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("name", ["GLACIER", "DEEP_ARCHIVE"])
def test_a_class_that_cannot_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="has to be restored first"):
        msgspec.convert({"target": "s3://archive", "storage_class": name}, ArchiveSettings)
