"""Reload the settings of a running gatherer on SIGHUP: apply those that can change without a restart."""

from pathlib import Path
from typing import Any

import msgspec
import structlog

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.settings import load_settings

log = structlog.get_logger()

# These settings are used at the start only, so a change needs a restart.
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
    """Read the file again and change `current` in place; an invalid file changes nothing."""
    try:
        wanted = load_settings(config, GathererSettings)
    except SettingsError as error:
        log.error("configuration not reloaded, the old one stays in use", error=str(error))
        return
    changed, waiting = apply_changes(current, wanted)
    log.info("configuration reloaded", changed=changed, after_a_restart=waiting)


def apply_changes(current: GathererSettings, wanted: GathererSettings) -> tuple[list[str], list[str]]:
    """Apply the differences; return the keys that were changed, and those that need a restart."""
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
    """Return key, section, name and wanted value of each setting that differs."""
    found: list[tuple[str, Any, str, Any]] = []
    for section_field in msgspec.structs.fields(GathererSettings):
        old, new = getattr(current, section_field.name), getattr(wanted, section_field.name)
        for field in msgspec.structs.fields(old):
            value = getattr(new, field.name)
            if value != getattr(old, field.name):
                found.append((f"{section_field.name}.{field.name}", old, field.name, value))
    return found
