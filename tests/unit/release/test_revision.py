"""Versions from git's tags."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kalshi_data.release.revision import read_revision
from kalshi_data.release.target import HOST, ReleaseError, make_target

IDENTITY = {"NAME": "n", "EMAIL": "e@example.org", "DATE": "2026-11-22T10:00:00+02:00"}
ENVIRONMENT = {f"GIT_{who}_{name}": value for who in ("AUTHOR", "COMMITTER") for name, value in IDENTITY.items()}


def git(folder: Path, *arguments: str) -> None:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), **ENVIRONMENT}
    subprocess.run(["git", *arguments], check=True, cwd=folder, env=environment)


def commit(folder: Path) -> None:
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "a change")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def test_without_a_tag_it_comes_before_the_first_version(checkout: Path) -> None:
    revision = read_revision(checkout)
    assert revision.version == f"0.1.0.dev1+g{revision.commit}"
    assert revision.committed_at == datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_a_tag_is_its_version_and_later_commits_come_before_the_next(checkout: Path) -> None:
    git(checkout, "tag", "v1.4.9")
    git(checkout, "tag", "v2.0.0rc1")
    git(checkout, "tag", "nightly")
    assert read_revision(checkout).version == "1.4.9"
    commit(checkout)
    commit(checkout)
    revision = read_revision(checkout)
    assert revision.version == f"1.4.10.dev2+g{revision.commit}"


def test_what_is_not_committed_shows(checkout: Path) -> None:
    git(checkout, "tag", "v1.4.0")
    (checkout / "new.py").touch()
    revision = read_revision(checkout)
    assert revision.version == f"1.4.1.dev0+g{revision.commit}.changed"


def test_a_clone_without_history_is_refused_unless_it_has_the_tag(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "tag", "v1.4.0")
    commit(checkout)
    shallow = tmp_path / "shallow"
    git(checkout, "clone", "--quiet", "--depth=1", checkout.as_uri(), str(shallow))
    with pytest.raises(ReleaseError, match="git fetch --unshallow --tags"):
        read_revision(shallow)
    git(shallow, "fetch", "--quiet", "--unshallow", "--tags")
    assert read_revision(shallow).version.startswith("1.4.1.dev1+g")

    git(checkout, "tag", "v1.5.0")
    git(checkout, "clone", "--quiet", "--depth=1", checkout.as_uri(), str(tmp_path / "tagged"))
    assert read_revision(tmp_path / "tagged").version == "1.5.0"


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="a release needs a git checkout"):
        read_revision(tmp_path)


def test_targets_have_a_python() -> None:
    assert make_target("linux-aarch64", "3.13").options() == [
        *("--python-platform", "aarch64-manylinux_2_28"),
        *("--python-version", "3.13"),
    ]
    assert make_target(HOST, None).platform is None
    with pytest.raises(ReleaseError, match=r"write it like 3\.13"):
        make_target(HOST, "python3")
