"""What a killed program left in the workspace goes at the next start, and what another program uses stays."""

import subprocess
import sys
import threading
from pathlib import Path

from kalshi_data.archive.workspace import PREFIX, clear_workspace, open_workspace

USING = """
import sys
from pathlib import Path
from kalshi_data.archive.workspace import open_workspace

with open_workspace(Path(sys.argv[1])) as made:
    (made / "run-0.arrows").write_bytes(b"rows")
    print(made, flush=True)
    sys.stdin.read()
"""


def using(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a program that uses a workspace, and return it with its folder."""
    command = [sys.executable, "-c", USING, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_workspace_is_removed_with_its_block(tmp_path: Path) -> None:
    with open_workspace(tmp_path / "made" / "here") as made:
        (made / "file").write_bytes(b"")
    assert list((tmp_path / "made" / "here").iterdir()) == []


def test_what_a_killed_program_left_goes_at_once(tmp_path: Path) -> None:
    process, left = using(tmp_path)
    end(process)
    assert (left / "run-0.arrows").exists()
    with open_workspace(tmp_path) as made:
        assert list(tmp_path.iterdir()) == [made]


def test_it_also_goes_before_anything_is_due(tmp_path: Path) -> None:
    process, _ = using(tmp_path)
    end(process)
    clear_workspace(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_running_program_stays(tmp_path: Path) -> None:
    process, used = using(tmp_path)
    try:
        with open_workspace(tmp_path) as made:
            assert {made, used} == set(tmp_path.iterdir())
        clear_workspace(tmp_path)
        assert (used / "run-0.arrows").read_bytes() == b"rows"
    finally:
        end(process)


def test_threads_and_nested_blocks_keep_their_folders(tmp_path: Path) -> None:
    """Several at once neither wait for each other nor remove each other's folder."""
    lost: list[Path] = []

    def use() -> None:
        for _ in range(20):
            with open_workspace(tmp_path) as outer, open_workspace(tmp_path) as inner:
                lost.extend(folder for folder in (outer, inner) if not folder.is_dir())

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}file").write_bytes(b"")
    (tmp_path / "other").mkdir()
    clear_workspace(tmp_path)
    assert (tmp_path / "other").is_dir()
