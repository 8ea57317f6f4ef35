"""The small archive that the library's tests read."""

from pathlib import Path

import pytest

from kalshi_data.reader import Archive, open_archive
from tests.support.sample_archive import write_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the streams of an archive of one hour."""
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def archive(sample: Path) -> Archive:
    """The archive of one hour, open for reading."""
    return open_archive(sample)
