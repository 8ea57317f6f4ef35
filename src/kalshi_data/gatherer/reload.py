"""New settings for a gatherer that runs: SIGHUP reads the file again and takes over what can change meanwhile."""

from pathlib import Path
from typing import Any

import msgspec
import structlog

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.settings import load_settings

log = structlog.get_logger()

# What was opened, placed or chosen by these keeps its form until the next start.
FIXED_SECTIONS = frozenset({"exchange", "databases", "requests"})
FIXED_KEYS = frozenset(
    {
        *("frame_log.folder", "frame_log.pending_blocks_max"),
        *("subscriptions.combos", "subscriptions.series", "subscriptions.categories", "subscriptions.tickers"),
        *("subscriptions.index_values", "subscriptions.connections_per_channel"),
        "subscriptions.commands_per_second_max",
        *("health.host", "health.port"),
    }
)


def reload_settings(config: Path, current: GathererSettings) -> None:
    """Read the file again and change `current` in place; a file that cannot be used changes nothing."""
    try:
        wanted = load_settings(config, GathererSettings)
    except SettingsError as error:
        log.error("configuration not reloaded, the old one stays", error=str(error))
        return
    changed, waiting = take_over(current, wanted)
    log.info("configuration reloaded", changed=changed, after_a_restart=waiting)


def take_over(current: GathererSettings, wanted: GathererSettings) -> tuple[list[str], list[str]]:
    """Return the keys that changed, and those that would have to be changed by a restart."""
    changed: list[str] = []
    waiting: list[str] = []
    for key, section, name, value in differences(current, wanted):
        if key in FIXED_KEYS or key.split(".")[0] in FIXED_SECTIONS:
            waiting.append(key)
        else:
            setattr(section, name, value)
            changed.append(key)
    return changed, waiting


def differences(current: GathererSettings, wanted: GathererSettings) -> list[tuple[str, Any, str, Any]]:
    """Return key, section, name and wanted value of everything that differs."""
    found: list[tuple[str, Any, str, Any]] = []
    for section_field in msgspec.structs.fields(GathererSettings):
        old, new = getattr(current, section_field.name), getattr(wanted, section_field.name)
        for field in msgspec.structs.fields(old):
            value = getattr(new, field.name)
            if value != getattr(old, field.name):
                found.append((f"{section_field.name}.{field.name}", old, field.name, value))
    return found
