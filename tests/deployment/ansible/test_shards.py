"""A host's shards are instances of one unit, and divide what its only process would have; one shard is no instance."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from kalshi_data.shard import Shard, parse_shard
from tests.deployment.ansible.conftest import Run

RENDER = Path(__file__).with_name("render_units.yml")
RENDER_MONITORING = Path(__file__).with_name("render_monitoring.yml")
PROGRAMS = {"gatherer": 9101, "deduplicator": 9102}
NUMBERS = (1, 2, 3)
GIGABYTE = 1 << 30


@pytest.fixture(scope="module")
def rendered(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return, by the number of shards, a folder with the files that hosts receive."""
    folders = {number: tmp_path_factory.mktemp(f"shards-{number}") for number in NUMBERS}
    for number, folder in folders.items():
        shards = f"gatherer_shards={number} deduplicator_shards={number}"
        for playbook in (RENDER, RENDER_MONITORING):
            variables = ("--extra-vars", f"folder={folder} version=1.0.0 {shards}")
            done = run("ansible-playbook", "--inventory=inventories/example", str(playbook), *variables)
            assert done.returncode == 0, done.stdout + done.stderr
    return folders


def unit(folder: Path, program: str, number: int) -> dict[str, list[str]]:
    """Return the lines of a unit by their keys."""
    found: dict[str, list[str]] = {}
    file = folder / f"{program}{'@' if number > 1 else ''}.service"
    for key, value in re.findall(r"^(\w+)=(.*)$", file.read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def settings(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "gatherer.toml").read_text())


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_shard_is_an_instance_that_runs_its_part(rendered: dict[int, Path], program: str) -> None:
    one, *several = NUMBERS
    assert json.loads((rendered[one] / f"{program}.units.json").read_text()) == [f"{program}.service"]
    assert "%i" not in (rendered[one] / f"{program}.service").read_text()
    for number in several:
        names = json.loads((rendered[number] / f"{program}.units.json").read_text())
        instances = [re.fullmatch(rf"{program}@(.+)\.service", name) for name in names]
        assert [parse_shard(each[1]) for each in instances if each] == [
            Shard(part, number) for part in range(1, number + 1)
        ]
        (command,) = unit(rendered[number], program, number)["ExecStart"]
        assert command.endswith(f"/etc/kalshi/{program}.toml --shard %i")


@pytest.mark.parametrize("program", PROGRAMS)
def test_shards_divide_what_one_process_has(rendered: dict[int, Path], program: str) -> None:
    units = {number: unit(folder, program, number) for number, folder in rendered.items()}
    assert units[1]["MemoryMax"] == ["12G"]
    assert units[1]["CPUWeight"] == (["200"] if program == "gatherer" else ["100"])
    for number in NUMBERS[1:]:
        (memory,), (weight,) = units[number]["MemoryMax"], units[number]["CPUWeight"]
        assert 12 * GIGABYTE - number < int(memory) * number <= 12 * GIGABYTE
        assert int(units[1]["CPUWeight"][0]) - number < int(weight) * number <= int(units[1]["CPUWeight"][0])


def test_frame_logs_requests_and_memory_of_production_are_divided_too(rendered: dict[int, Path]) -> None:
    whole = settings(rendered[1])
    for number, folder in rendered.items():
        found = settings(folder)
        assert found["frame_log"]["bytes_max"] == whole["frame_log"]["bytes_max"] // number
        # One database, and three gatherers of one account.
        assert found["retention"] == whole["retention"]
        assert found["requests"]["account_gatherers"] == 3 * number
        shared = json.loads((folder / "deduplicator.shared.json").read_text())
        assert shared["merging"]["memory_mb_max"] == 60 // number


def test_shards_find_the_key_where_each_of_them_may_put_it(rendered: dict[int, Path]) -> None:
    """A shard that starts never leaves another one without the whole file."""
    assert settings(rendered[1])["exchange"]["private_key_file"].startswith("/run/credentials/gatherer.service/")
    assert "ExecStartPre" not in unit(rendered[1], "gatherer", 1)
    place = settings(rendered[2])["exchange"]["private_key_file"]
    copied, moved = unit(rendered[2], "gatherer", 2)["ExecStartPre"]
    own = f"{place.replace('/run/', '%t/')}.%i"
    assert copied.split()[1:] == ["--mode=0600", "${CREDENTIALS_DIRECTORY}/kalshi_private_key", own]
    assert moved.split()[1:] == ["--force", own, own.removesuffix(".%i")]


@pytest.mark.parametrize(("program", "first"), PROGRAMS.items())
def test_each_shard_is_watched(rendered: dict[int, Path], program: str, first: int) -> None:
    for number, folder in rendered.items():
        ports = [str(port) for port in range(first, first + number)]
        file = yaml.safe_load((folder / f"{program}-1.prometheus.yml").read_text())
        (own,) = (job for job in file["scrape_configs"] if job["job_name"] == program)
        assert own["static_configs"] == [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
        (command,) = re.findall(r"^ExecStart=(.*)$", (folder / f"health-{program}.service").read_text(), re.MULTILINE)
        assert command.split()[4] == ",".join(ports)


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_instance_is_confined_like_the_only_process(rendered: dict[int, Path], program: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("this machine has no systemd to rate the units; the tests on hosts use theirs")
    file = rendered[2] / f"{program}@.service"
    command = (analyze, "security", "--offline=true", "--threshold=20", "--no-pager", file)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
