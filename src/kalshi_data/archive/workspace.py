"""Temporary folders on the local disk for files on their way to or from the archive."""

import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kalshi_data.archive.storage.base import translate_errors

PREFIX = "kalshi-archive-"
# Longer than any export takes, since other programs may use the same folder.
ABANDONED_SECONDS = 24 * 3600


@contextmanager
def open_workspace(folder: Path) -> Generator[Path]:
    """Make a temporary folder below `folder` and remove it afterwards; also remove what a killed program left there.

    Raises:
        ArchiveError: there is no space, or no permission to write.
    """
    with translate_errors(f"the workspace folder {folder} cannot be used"):
        folder.mkdir(parents=True, exist_ok=True)
        for abandoned in folder.glob(f"{PREFIX}*"):
            if time.time() - abandoned.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(abandoned, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
