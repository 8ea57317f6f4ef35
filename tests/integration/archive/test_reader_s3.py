"""The library reads a bucket as it reads a folder, with few requests, and reports a store that does not answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader import Absent, Archive, ArchiveError, open_archive
from tests.support.s3 import KEY, SECRET, Moto, client
from tests.support.sample_archive import HEAT, HOUR, after, write_sample


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moto]:
    """A server whose bucket holds the sample."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    root = write_sample(tmp_path)
    with Moto().running() as moto:
        made = client(moto.url)
        made.create_bucket(Bucket="lake")
        for path in root.rglob("*"):
            if path.is_file():
                made.put_object(Bucket="lake", Key=f"parquet/{path.relative_to(root)}", Body=path.read_bytes())
        moto.requests.clear()
        yield moto


def opened(url: str) -> Archive:
    return open_archive("s3://lake/parquet", endpoint_override=url, region="us-east-1")


def test_a_bucket_answers_as_a_folder_does(store: Moto, tmp_path: Path) -> None:
    bucket, folder = opened(store.url), open_archive(tmp_path)
    assert store.requests == []
    assert bucket.book(HEAT, after(1800)) == folder.book(HEAT, after(1800))
    asked: Any = (HEAT, HOUR, after(3600))
    assert bucket.candles(*asked).equals(folder.candles(*asked))
    assert bucket.streams() == folder.streams()


def test_a_book_takes_few_requests_and_lists_nothing(store: Moto) -> None:
    assert opened(store.url).book(HEAT, after(1800))
    # The hour before the snapshot's may hold its changes, so its file is looked for, and a missing name is listed once.
    listed = [each for each in store.requests if "list-type" in each and "hour=15" in each]
    assert listed == []
    assert len(store.requests) <= 12


def test_an_hour_that_is_not_there_is_no_error(store: Moto) -> None:
    found = opened(store.url).book(HEAT, after(4000))
    assert isinstance(found, Absent)
    assert found.reason == "hour not in the archive"


def test_a_store_that_refuses_is_reported(store: Moto) -> None:
    refusal = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    store.fault = lambda _: ("403 Forbidden", refusal)
    with pytest.raises(ArchiveError, match=r"cannot be read: check the address, the network and the right to it"):
        opened(store.url).trades(HOUR, after(3600))
