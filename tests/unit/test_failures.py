"""What a user can cause ends each program with one line that says what to do, before any work begins."""

import os
import shutil
import socket
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kalshi_data.deduplicator.catalog.cli import main as catalog
from kalshi_data.deduplicator.cli import main as deduplicator
from kalshi_data.demo import psql
from kalshi_data.demo.cli import main as demo
from kalshi_data.gatherer.cli import main as gatherer
from kalshi_data.release.cli import main as release
from kalshi_data.simulator.cli import main as simulator
from tests.unit.test_settings import DEDUPLICATOR, GATHERER

PROGRAMS = {
    "gatherer": gatherer,
    "deduplicator": deduplicator,
    "catalog": catalog,
    "simulator": simulator,
    "demo": demo,
    "zipapps": release,
}
UNPRIVILEGED_ID = 65_534
DAYS = "--from 2026-01-01 --to 2026-01-02"
BACKWARDS = "--from 2026-01-02 --to 2026-01-01"


class Cause(NamedTuple):
    """A command with its cause of failure, the exit status, and words of its only line."""

    command: str
    status: int
    words: str


# FILE is a file, DIR an empty folder, LOCKED one that only root may use, LOCKED/file a file there, NONE does not exist,
# KEY and PEM are a public and a private key, PORT is in use, BYTES is no text, FULL holds something.
CAUSES = (
    *(
        Cause(f"{program} {command} --config {config}", 2, words)
        for program in ("gatherer", "deduplicator")
        for command in ("run", "migrate", "status")
        for config, words in (
            ("NONE", "no such file; name the configuration with --config FILE"),
            ("DIR", "is a directory"),
            ("LOCKED/file", "cannot be read: Permission denied"),
            ("BYTES", "not TOML: "),
            ("FILE", "missing required"),
        )
    ),
    Cause("gatherer run --config GOOD --shard 4/3", 2, "--shard 4/3: expected i/n"),
    Cause("gatherer run --config GOOD", 2, "private key cannot be read: No such file"),
    Cause("gatherer run --config GOOD:key=DIR", 2, "private key cannot be read: Is a directory"),
    Cause("gatherer run --config GOOD:key=FILE", 2, "not an unencrypted private key in PEM form"),
    Cause("gatherer run --config GOOD:key=LOCKED/file", 2, "private key cannot be read: Permission denied"),
    Cause("gatherer run --config GOOD:key=PEM:folder=FILE", 2, "frame_log.folder"),
    Cause("gatherer run --config GOOD:key=PEM:folder=FILE/below", 2, "a part of the path is no folder"),
    Cause("gatherer run --config GOOD:key=PEM:folder=LOCKED", 2, "permission denied: give this user the right"),
    Cause("gatherer run --config GOOD:key=PEM:folder=LOCKED/below", 2, "permission denied: give this user the right"),
    Cause("gatherer status --config GOOD", 1, "a database cannot be used"),
    Cause(f"gatherer frames {BACKWARDS} --config GOOD", 2, "is not before"),
    Cause(f"gatherer reparse {BACKWARDS} --config GOOD", 2, "is not before"),
    Cause(f"gatherer frames {DAYS} --config GOOD:folder=NONE", 2, "holds no frames from"),
    Cause(f"gatherer frames {DAYS} --config GOOD:folder=FILE", 2, "holds no frames from"),
    Cause(f"gatherer frames {DAYS} --config GOOD --connection x", 2, "is not a valid integer"),
    Cause("deduplicator run --config GOOD --shard 0/0", 2, "--shard 0/0"),
    Cause("deduplicator status --config GOOD", 1, "a database cannot be used"),
    Cause("deduplicator completeness --config GOOD --cells 0", 2, "0 is not in the range"),
    Cause("deduplicator completeness --config GOOD --evidence", 2, "--evidence needs a --market"),
    Cause(f"deduplicator completeness --config GOOD {BACKWARDS}", 2, "is not before"),
    Cause("deduplicator export --config GOOD --once --again", 2, "--again needs --from and --to"),
    Cause("deduplicator archive verify --config GOOD --deep --offline", 2, "choose one"),
    Cause("deduplicator archive verify --config GOOD --offline", 1, "set target under [archive]"),
    Cause("deduplicator archive list --config GOOD --stream x", 2, "there is no stream x"),
    Cause("simulator run --key a=KEY --port PORT", 1, "another program uses this port: choose another port"),
    Cause("simulator run --key a=KEY --port 99999", 2, "99999 is not in the range"),
    Cause("simulator run --key a=KEY --port -1", 2, "-1 is not in the range"),
    Cause("simulator run --key a=KEY --journal NONE/journal", 1, "no such file or folder"),
    Cause("simulator run --key a=KEY --journal DIR", 1, "is a folder: name a file"),
    Cause("simulator run --key a=KEY --journal LOCKED/journal", 1, "permission denied"),
    Cause("simulator run --key a=KEY --scenario BYTES", 2, "BYTES"),
    *(
        Cause(f"simulator run --key a=KEY {option}={number}", 2, "is not")
        for option in ("--markets", "--rate", "--lifecycles", "--seconds", "--clients", "--connections-max")
        for number in ("-5", "nan", "inf", "x")
    ),
    Cause("simulator run --key a=KEY --markets 0", 2, "0 is not in the range"),
    Cause("simulator run --key a=NONE", 2, "is not ID=FILE with an existing file"),
    Cause("simulator run --key a=FILE", 2, "not a public key in PEM form"),
    Cause("simulator run --key a=LOCKED/file", 1, "permission denied"),
    Cause("simulator replay NONE --key a=KEY", 2, "does not exist"),
    Cause("simulator replay FILE --key a=KEY", 1, "holds no data frame"),
    Cause("simulator replay BYTES --key a=KEY", 1, "is not a frame of the feed"),
    Cause("simulator verify --journal FILE --production host=/nowhere", 1, "a database cannot be used"),
    Cause("simulator verify --journal FILE --production nonsense", 2, "not a connection string"),
    Cause("simulator verify --journal NONE --production host=/nowhere", 2, "does not exist"),
    *(Cause(f"demo --seconds {number}", 2, "is not") for number in ("0", "-1", "nan", "inf", "1e9", "x")),
    *(Cause(f"demo --markets {number}", 2, "is not") for number in ("0", "-5", "20001", "x")),
    Cause("demo --audit-seconds -1", 2, "-1 is not in the range"),
    Cause("demo --report NONE/x.json", 1, "make it first"),
    Cause("demo --report DIR", 1, "is a folder: name a file"),
    Cause("demo --report LOCKED/file", 1, "permission denied"),
    Cause("demo --report FILE/x.json", 1, "there is no folder"),
    Cause("demo --keep FULL", 1, "is not empty: choose a new folder"),
    Cause("demo --keep FILE", 1, "is a file: choose a new folder"),
    Cause("demo --keep FILE/below", 1, "is no folder: name another path"),
    Cause("demo --keep LOCKED/below", 1, "name another path"),
    Cause("demo --archive FULL", 1, "holds other files than an archive"),
    Cause("demo --archive LOCKED/below", 1, "name another path"),
    Cause("demo --archive FILE/below", 1, "is no folder: name another path"),
    Cause("demo --replay NONE", 2, "does not exist"),
    Cause("demo --replay FILE", 1, "holds no data frame"),
    Cause("demo --archive-window NONE 2026-11-02T15 2026-11-02T16", 2, "does not exist"),
    Cause("demo --archive-window DIR soon 2026-11-02T16", 2, "soon"),
    Cause("demo --archive-window DIR 2026-11-02T16 2026-11-02T15", 2, "is empty, or longer than a day"),
    Cause("demo --archive-window DIR 2026-11-02T15 2026-11-04T15", 2, "is empty, or longer than a day"),
    Cause("demo --replay FILE --archive-window DIR 2026-11-02T15 2026-11-02T16", 2, "leave out one of them"),
    Cause("demo --archive-window DIR 2026-11-02T15 2026-11-02T16", 1, "name the folder that holds trades"),
    Cause("zipapps --output FILE", 2, "is a file"),
    Cause("zipapps --output FILE/below", 1, "is no folder"),
    Cause("zipapps --target nothing", 2, "is not one of"),
    Cause("zipapps --program nothing", 2, "is not one of"),
    Cause("catalog register --iceberg glue --config NONE", 2, "no such file; name the configuration"),
)


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder that every user may enter; each run of pytest closes the folders of all runs to others."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture
def places(open_folder: Path) -> Generator[dict[str, str]]:
    """The paths and the port that the commands name."""
    key = Ed25519PrivateKey.generate()
    for name in ("DIR", "FULL", "LOCKED"):
        (open_folder / name).mkdir()
    for name in ("FULL/letter", "LOCKED/file"):
        (open_folder / name).touch()
    (open_folder / "FILE").write_text("\n")
    (open_folder / "BYTES").write_bytes(b'a = "\xff\xfe"\n')
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (open_folder / "PEM").write_bytes(pem)
    (open_folder / "KEY").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (open_folder / "LOCKED" / "file").chmod(0)
    (open_folder / "LOCKED").chmod(0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        names = ("DIR", "FULL", "LOCKED", "FILE", "BYTES", "PEM", "KEY", "NONE")
        yield {**{name: str(open_folder / name) for name in names}, "PORT": str(listener.getsockname()[1])}
    (open_folder / "LOCKED").chmod(0o700)


@pytest.fixture
def ordinary_user(places: dict[str, str]) -> Generator[None]:
    """Run as a user to whom permissions apply."""
    if os.geteuid() != 0:
        yield
        return
    for module in ("archive.verify", "gatherer.runner"):
        import_module(f"kalshi_data.{module}")  # the standard library may lie where only this user can read
    before = os.getresuid()
    os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, 0)
    try:
        yield
    finally:
        os.setresuid(*before)


def named(word: str, places: dict[str, str], program: str) -> str:
    """Return a word of a command with the places that it names."""
    head, *settings = word.split(":")
    if head != "GOOD":
        for name, value in places.items():
            word = word.replace(name, value)
        return word
    text = GATHERER if program == "gatherer" else DEDUPLICATOR
    text = text.replace("host=/run/postgresql", "host=/nowhere").replace('"dbname=', '"host=/nowhere dbname=')
    for setting in settings:
        key, _, value = setting.partition("=")
        path = named(value, places, program)
        text = text.replace("/run/credentials/key.pem", path) if key == "key" else text
        text += f'\n[frame_log]\nfolder = "{path}"\n' if key == "folder" else ""
    config = Path(places["NONE"]).with_name("settings.toml")
    config.write_text(text)
    return str(config)


@pytest.mark.usefixtures("ordinary_user")
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.command)
def test_a_cause_ends_a_program_with_one_line(
    cause: Cause, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(places["FILE"]).parent)
    program, *words = cause.command.split()
    result = CliRunner().invoke(PROGRAMS[program], [named(word, places, program) for word in words])
    assert isinstance(result.exception, SystemExit), result.exception
    lines = [line for line in result.stderr.splitlines() if line and not line.startswith(("Usage: ", "Try '"))]
    assert (result.exit_code, len(lines)) == (cause.status, 1), result.output
    assert cause.words in lines[0]


def test_a_demo_needs_space(places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def little(path: object) -> tuple[int, int, int]:
        del path
        return shutil._ntuple_diskusage(300_000_000, 200_000_000, 100_000_000)  # pyright: ignore

    monkeypatch.chdir(places["DIR"])
    monkeypatch.setattr(shutil, "disk_usage", little)
    result = CliRunner().invoke(demo, [])
    assert result.exit_code == 1
    assert "has 100 MB free, and a demo of 30 s needs 295 MB: free some space, set TMPDIR" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, ""),
        (["--help"], 0, ""),
        (["NONE", "kalshi"], 2, "holds no database: name KEPT/production"),
        (["kept", "kalshi"], 2, "holds several servers: name one of "),
        (["kept/production"], 2, "write kalshi, not nothing"),
        (["kept/production", "-c"], 2, "write kalshi, not -c"),
        (["kept/gatherer-1", "kalshi"], 2, "write kalshi_ts or kalshi_meta, not kalshi"),
    ],
)
def test_psql_says_what_to_name(
    arguments: list[str],
    status: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for each in ("production", "gatherer-1"):
        Path("kept", each, "data").mkdir(parents=True)
    try:
        found = psql.main(arguments)
    except SystemExit as end:
        found = end.code
    printed = capsys.readouterr()
    assert (found, words in printed.err) == (status, True)
    assert "usage: " in printed.out or printed.err.count("\n") == 1


def test_a_mistake_of_the_program_keeps_its_traceback() -> None:
    @click.command()
    def broken() -> None:
        raise ValueError("a mistake of this project")

    assert isinstance(CliRunner().invoke(broken, []).exception, ValueError)
