"""An engine that is not installed is named, with what to install; what no engine can follow is refused before that."""

from pathlib import Path

import pytest

from kalshi_data.errors import ArchiveError
from kalshi_data.reader import Archive, open_archive
from tests.support.sample_archive import HEAT, write_sample

WINDOW = ("2026-11-02T15:00", "2026-11-02T16:00")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return open_archive(write_sample(tmp_path))


def test_without_hftbacktest_the_error_names_the_package(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match=r"hftbacktest cannot be loaded .*pip install 'kalshi-data\[hftbacktest\]'"):
        archive.hftbacktest_engine(HEAT, *WINDOW)


def test_without_nautilus_trader_the_error_names_the_package(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match=r"NautilusTrader cannot be loaded .*pip install 'kalshi-data\[nautilus\]'"):
        archive.nautilus_engine(HEAT, *WINDOW)


def test_hftbacktest_follows_one_market(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="give a ticker without wildcards"):
        archive.hftbacktest_engine("KX*", *WINDOW)


def test_an_order_cannot_arrive_before_it_is_sent(archive: Archive) -> None:
    with pytest.raises(ValueError, match="order_latency_seconds is -1: give 0 or more"):
        archive.hftbacktest_engine(HEAT, *WINDOW, order_latency_seconds=-1)
