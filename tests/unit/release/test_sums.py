"""The checksums of one call stand beside those of calls before."""

import hashlib
from pathlib import Path

from kalshi_data.release.zipapps import SUMS, write_sums


def make(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content)
    return path


def line(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def test_a_program_of_another_call_keeps_its_checksum(tmp_path: Path) -> None:
    first, other = make(tmp_path, "deduplicator", "1"), make(tmp_path, "catalog", "1")
    write_sums(tmp_path, [first])
    write_sums(tmp_path, [other])
    assert (tmp_path / SUMS).read_text() == line(first) + line(other)
    make(tmp_path, "deduplicator", "2")
    write_sums(tmp_path, [first])
    assert (tmp_path / SUMS).read_text() == line(first) + line(other)


def test_a_file_that_is_gone_has_none(tmp_path: Path) -> None:
    first, other = make(tmp_path, "deduplicator", "1"), make(tmp_path, "catalog", "1")
    write_sums(tmp_path, [first, other])
    other.unlink()
    write_sums(tmp_path, [first])
    assert (tmp_path / SUMS).read_text() == line(first)
