"""Settings taken over by a gatherer that runs."""

from pathlib import Path

from kalshi_data.gatherer.reload import apply_changes, reload_settings
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.settings import load_settings

LEAST = """
[exchange]
rest_url = "http://exchange"
websocket_url = "ws://exchange"
key_id = "key"
private_key_file = "key.pem"
[databases]
kalshi_ts.conninfo = "dbname=kalshi_ts"
kalshi_meta.conninfo = "dbname=kalshi_meta"
"""


def settings(folder: Path, more: str = "") -> GathererSettings:
    (folder / "gatherer.toml").write_text(LEAST + more)
    return load_settings(folder / "gatherer.toml", GathererSettings)


def test_what_can_change_changes_in_place_and_the_rest_is_named(tmp_path: Path) -> None:
    current = settings(tmp_path)
    subscriptions = current.subscriptions
    changes = "[subscriptions]\naudit_seconds = 60\ntickers = ['KXA*']\n"
    changes += "[frame_log]\nbytes_max = 5\nfolder = '/frames'\n"
    changed, waiting = apply_changes(current, settings(tmp_path, changes))
    assert (changed, waiting) == (
        ["frame_log.bytes_max", "subscriptions.audit_seconds"],
        ["frame_log.folder", "subscriptions.tickers"],
    )
    assert (subscriptions.audit_seconds, current.frame_log.bytes_max, subscriptions.tickers) == (60, 5, ())


def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    current = settings(tmp_path)
    (tmp_path / "gatherer.toml").write_text(LEAST + "[subscriptions]\naudit_seconds = 'often'\n")
    reload_settings(tmp_path / "gatherer.toml", current)
    assert current == settings(tmp_path)
