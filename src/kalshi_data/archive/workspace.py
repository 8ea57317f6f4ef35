"""Room on the local disk for files on their way; what a program that died left there goes away."""

import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kalshi_data.archive.storage.base import translate_errors

PREFIX = "kalshi-archive-"
# Longer than any hour takes: another program may be at work in the same folder.
LEFT_SECONDS = 24 * 3600


@contextmanager
def open_workspace(folder: Path) -> Generator[Path]:
    """Make a folder of one's own in the spool folder, gone afterwards.

    Raises:
        ArchiveError: there is no space, or no right to write.
    """
    with translate_errors(f"the spool folder {folder} cannot be used"):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{PREFIX}*"):
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
