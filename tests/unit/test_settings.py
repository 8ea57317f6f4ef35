import re
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from kalshi_data.deduplicator.cli import main as deduplicator
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.cli import main as gatherer
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.settings import Settings, load_settings

GATHERER = """
[exchange]
rest_url = "https://exchange.example/trade-api/v2"
websocket_url = "wss://exchange.example/trade-api/ws/v2"
key_id = "key"
private_key_file = "/run/credentials/key.pem"
[databases.kalshi_ts]
conninfo = "host=/run/postgresql dbname=kalshi_ts"
[databases.kalshi_meta]
conninfo = "host=/run/postgresql dbname=kalshi_meta"
"""
DEDUPLICATOR = """
[production.runtime]
conninfo = "dbname=kalshi user=deduplicator"
[production.owner]
conninfo = "dbname=kalshi user=kalshi_owner"
[[gatherers]]
id = 1
kalshi_ts.conninfo = "host=gatherer-1 dbname=kalshi_ts passfile=/run/credentials/pgpass"
kalshi_meta.conninfo = "host=gatherer-1 dbname=kalshi_meta passfile=/run/credentials/pgpass"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"a = " + b"[" * 100_000, b"a = " + b"9" * 5_000, b"\0"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    path = write(tmp_path, "")
    path.write_bytes(GATHERER.encode() + damage)
    with pytest.raises(SettingsError, match=str(path)):
        load_settings(path, GathererSettings)


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GATHERER), GathererSettings)
    assert settings.exchange.private_key_file == Path("/run/credentials/key.pem")
    assert settings.writing.batch_rows_max == 5_000
    assert not settings.subscriptions.combos
    merging = load_settings(write(tmp_path, DEDUPLICATOR), DeduplicatorSettings).merging
    assert merging.poll_seconds == 0.1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('key_id = "key"', "key_id = 7", "exchange.key_id: Expected `str`, got `int`"),
        ('key_id = "key"', "", "exchange: Object missing required field `key_id`"),
        ('key_id = "key"', 'key_id = "key"\nkeyid = 1', "exchange.keyid: unknown key: is it exchange.key_id?"),
        (
            'private_key_file = "/run/credentials/key.pem"',
            "private_key_file = 1",
            "exchange.private_key_file: Expected a path",
        ),
        (
            "host=/run/postgresql dbname=kalshi_ts",
            "host=a password=x",
            "databases.kalshi_ts: conninfo holds a password",
        ),
        ("host=/run/postgresql dbname=kalshi_ts", "hots=a", "databases.kalshi_ts: conninfo is not a libpq"),
        ("[exchange]", "[exchange", "not TOML"),
        ("[exchange]", "[requests]\ntokens_max = 5\n[exchange]", "requests: tokens_per_second must be above 0"),
        (
            "[exchange]",
            "[requests]\ntokens_per_second = 0\n[exchange]",
            "requests.tokens_per_second: Expected `float` > 0",
        ),
        (
            "[exchange]",
            "[registry]\nreconcile_seconds = 0\n[exchange]",
            "registry.reconcile_seconds: Expected `float` > 0",
        ),
        (
            "[exchange]",
            "[registry]\noverlap_seconds = -1\n[exchange]",
            "registry.overlap_seconds: Expected `float` >= 0",
        ),
        (
            "https://exchange",
            "exchange",
            "exchange: rest_url 'exchange.example/trade-api/v2' has to begin with https:// or",
        ),
        (
            "wss://exchange",
            "https://exchange",
            "exchange: websocket_url 'https://exchange.example/trade-api/ws/v2' has",
        ),
        ("[exchange]", "[health]\nconnections_share_min = 7\n[exchange]", "health.connections_share_min: Expected"),
        ("[exchange]", "[subscriptions]\nconnections_max = 0\n[exchange]", "subscriptions.connections_max: Expected"),
        ("[exchange]", "[recovery]\nsettle_seconds = nan\n[exchange]", "recovery.settle_seconds: Expected a finite"),
        ("[exchange]", "[registry]\nreload_seconds = inf\n[exchange]", "registry.reload_seconds: Expected a finite"),
        ("[exchange]", "[registry]\nreload_seconds = 1e12\n[exchange]", "registry.reload_seconds: Expected `float` <="),
        ("[exchange]", "[requests]\ntokens_per_sec = 1\n[exchange]", "unknown key: is it requests.tokens_per_second?"),
        ("[exchange]", "[reqests]\n[exchange]", "reqests: unknown key: is it requests?"),
        ("[exchange]", "[recovery]\nqqqq = 1\n[exchange]", "unknown key: there are overlap_seconds, settle_seconds"),
        ("[exchange]", '[subscriptions]\nseries = [""]\n[exchange]', "subscriptions: series, categories and tickers"),
        ("[exchange]", '[subscriptions]\ntickers = "A"\n[exchange]', "subscriptions.tickers: Expected `array`"),
    ],
)
def test_errors_name_file_key_and_expected_value(tmp_path: Path, before: str, after: str, expected: str) -> None:
    path = write(tmp_path, GATHERER.replace(before, after))
    with pytest.raises(SettingsError) as caught:
        load_settings(path, GathererSettings)
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)


def test_two_gatherers_with_one_number_are_refused(tmp_path: Path) -> None:
    again = '[[gatherers]]\nid = 1\nkalshi_ts.conninfo = "host=b"\nkalshi_meta.conninfo = "host=b"'
    with pytest.raises(SettingsError, match="each gatherer needs an id of its own"):
        load_settings(write(tmp_path, DEDUPLICATOR + again), DeduplicatorSettings)


@pytest.mark.parametrize("program", [gatherer, deduplicator], ids=["gatherer", "deduplicator"])
def test_programs_exit_with_2_if_the_configuration_is_wrong(tmp_path: Path, program: Command) -> None:
    for text in ("", "[exchange]\nkey_id = 1\n"):
        result = CliRunner().invoke(program, ["migrate", "--config", str(write(tmp_path, text))])
        assert result.exit_code == 2
        assert "settings.toml: " in result.stderr
    result = CliRunner().invoke(program, ["migrate", "--config", str(tmp_path / "missing.toml")])
    assert (result.exit_code, "no such file; name the configuration with --config FILE" in result.stderr) == (2, True)


def test_a_shard_that_is_none_exits_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(gatherer, ["run", "--shard", "4/3", "--config", str(write(tmp_path, GATHERER))])
    assert (result.exit_code, "--shard 4/3: expected i/n" in result.stderr) == (2, True)


def test_an_unreachable_database_is_reported_without_a_traceback(tmp_path: Path) -> None:
    nowhere = GATHERER.replace("host=/run/postgresql", f"host={tmp_path}")
    result = CliRunner().invoke(gatherer, ["migrate", "--config", str(write(tmp_path, nowhere))])
    assert result.exit_code == 1
    assert result.stderr.startswith("gatherer: a database cannot be used: ")
    assert str(tmp_path) in result.stderr


@pytest.mark.parametrize("program", [gatherer, deduplicator], ids=["gatherer", "deduplicator"])
def test_help_shows_examples(program: Command) -> None:
    output = CliRunner().invoke(program, ["--help"]).output
    made = r"^  Examples:\n    \w+ run --example > \w+\.toml\n    \w+ migrate --config \w+\.toml\n"
    listed = made + r"(?:    \w+ .+\n)*    \w+ run --config "
    assert re.search(listed, output, re.MULTILINE)


def test_paths_begin_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may be started from any folder."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    text = GATHERER.replace("/run/credentials/key.pem", "keys/private.pem") + '[frame_log]\nfolder = "frames"\n'
    write(tmp_path, text.replace("dbname=kalshi_ts", "dbname=kalshi_ts passfile=pgpass sslrootcert=system"))
    settings = load_settings(Path("../settings.toml"), GathererSettings)
    here = tmp_path / "elsewhere" / ".."
    assert settings.exchange.private_key_file == here / "keys" / "private.pem"
    assert settings.frame_log.folder == here / "frames"
    assert conninfo_to_dict(settings.databases.kalshi_ts.conninfo) == {
        "host": "/run/postgresql", "dbname": "kalshi_ts", "passfile": str(here / "pgpass"), "sslrootcert": "system",
    }  # fmt: skip
    listed = DEDUPLICATOR.replace("passfile=/run/credentials/pgpass", "passfile=pgpass")
    source = load_settings(write(tmp_path, listed), DeduplicatorSettings).gatherers[0]
    assert conninfo_to_dict(source.kalshi_meta.conninfo)["passfile"] == str(tmp_path / "pgpass")


@pytest.mark.parametrize(("program", "kind"), [("gatherer", GathererSettings), ("deduplicator", DeduplicatorSettings)])
def test_the_printed_example_can_be_read(tmp_path: Path, program: str, kind: type[Settings]) -> None:
    shown = CliRunner().invoke({"gatherer": gatherer, "deduplicator": deduplicator}[program], ["run", "--example"])
    assert shown.exit_code == 0
    load_settings(write(tmp_path, shown.output), kind)
