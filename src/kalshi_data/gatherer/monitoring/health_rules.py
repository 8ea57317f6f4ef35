"""The rules by which a gatherer is healthy, degraded or unhealthy."""

from collections.abc import Iterator
from datetime import UTC, datetime

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.settings import CaptureRetentionSettings, GathererHealthSettings, GathererSettings
from kalshi_data.service.growth import full_reasons
from kalshi_data.service.health import HealthReport, Reason, Severity

# Reconnecting after maintenance takes a few minutes.
RECONNECT_SECONDS = 300.0
# The checks that fail during maintenance, or while the exchange is halted.
EXPECTED = frozenset({"connections", "feed", "markets", "registry"})
# What the exchange said of itself is believed for this long.
STATUS_SECONDS_MAX = 120.0
SCHEDULE_UNKNOWN = "no maintenance is known, since the exchange's schedule is not"

# Part of the room for order books that may be used; markets are listed faster than people change settings.
ROOM_SHARE_MAX = 0.9
# How many names of unknown fields a reason shows.
NAMES_SHOWN = 5

DEGRADED, UNHEALTHY = Severity.DEGRADED, Severity.UNHEALTHY


def evaluate(
    counters: Counters, gatherer: GathererSettings, now_seconds: float, monotonic_seconds: float
) -> HealthReport:
    """Return a gatherer's health; reasons that maintenance explains are reported, but do not count."""
    settings = gatherer.health
    loop_age = monotonic_seconds - counters.loop_at_seconds
    rules = (
        _event_loop(loop_age, settings),
        _lock(counters),
        _tasks(counters),
        _clock(counters, settings),
        _database(counters, settings, now_seconds),
        _markets(counters, settings, now_seconds),
        _rest(counters, now_seconds),
        _key(counters),
        _connections(counters, settings),
        _feed(counters, settings, now_seconds),
        _unknown(counters, settings, monotonic_seconds),
        _frame_log(counters, settings),
        _lag(counters, settings),
        _retention(counters, gatherer.retention, now_seconds),
        _growth(counters, settings),
    )
    reasons = [reason for rule in rules for reason in rule]
    why = why_expected(counters, now_seconds)
    return HealthReport(tuple(_explained(reason, why, counters) for reason in reasons))


def why_expected(counters: Counters, now_seconds: float) -> str:
    """Return why the exchange may be away now by its own words, empty if it may not."""
    ends = [end for begin, end in counters.maintenance_windows if begin <= now_seconds < end + RECONNECT_SECONDS]
    if ends:
        return f"the exchange's maintenance until {datetime.fromtimestamp(max(ends), UTC):%Y-%m-%d %H:%M} UTC"
    is_fresh = now_seconds - counters.exchange_status_at_seconds < STATUS_SECONDS_MAX
    return counters.exchange_halted if is_fresh and counters.every_shard_halted else ""


def _explained(reason: Reason, why: str, counters: Counters) -> Reason:
    if reason.check not in EXPECTED:
        return reason
    if why:
        return Reason(Severity.HEALTHY, reason.check, f"{reason.text} (expected: {why})")
    if not counters.exchange_schedule_at_seconds:
        return reason._replace(text=f"{reason.text} ({SCHEDULE_UNKNOWN})")
    return reason


def _event_loop(age_seconds: float, settings: GathererHealthSettings) -> Iterator[Reason]:
    if age_seconds > settings.heartbeat_seconds_max:
        yield Reason(UNHEALTHY, "loop", f"the event loop has had no turn for {age_seconds:.0f} s")


def _lock(counters: Counters) -> Iterator[Reason]:
    if counters.held_by:
        yield Reason(UNHEALTHY, "lock", f"waiting for another gatherer's end: {counters.held_by}")


def _tasks(counters: Counters) -> Iterator[Reason]:
    for name, reason in sorted(counters.failed_tasks.copy().items()):
        yield Reason(DEGRADED, "task", f"{name} failed and was started again: {reason}")
    if counters.writer_failure:
        yield Reason(DEGRADED, "task", f"the writer failed and starts over: {counters.writer_failure}")


def _clock(counters: Counters, settings: GathererHealthSettings) -> Iterator[Reason]:
    seconds = counters.clock_difference_seconds
    if abs(seconds) > settings.clock_seconds_max:
        side = "ahead of" if seconds > 0 else "behind"
        text = f"this host's clock is {abs(seconds):,.1f} s {side} the exchange's: check its time synchronisation"
        yield Reason(DEGRADED, "clock", text)


def _database(counters: Counters, settings: GathererHealthSettings, now_seconds: float) -> Iterator[Reason]:
    age = now_seconds - (counters.heartbeat_at_seconds or counters.started_at_seconds)
    failure = counters.heartbeat_failure or counters.database_failure
    if age > settings.database_seconds_max:
        yield Reason(UNHEALTHY, "database", f"no heartbeat written for {age:.0f} s: {failure or 'no answer'}")
    elif failure or age > settings.heartbeat_seconds_max:
        yield Reason(DEGRADED, "database", failure or f"no heartbeat written for {age:.0f} s")


def _markets(counters: Counters, settings: GathererHealthSettings, now_seconds: float) -> Iterator[Reason]:
    if not counters.markets_known:
        age = now_seconds - counters.started_at_seconds
        severity = UNHEALTHY if age > settings.start_seconds_max else DEGRADED
        yield Reason(severity, "markets", f"no market is loaded, {age:.0f} s after the start")
    if counters.markets_unassigned:
        yield Reason(
            DEGRADED, "room", f"{counters.markets_unassigned:,} markets have no connection: raise connections_max"
        )
    elif counters.markets_wanted > ROOM_SHARE_MAX * counters.books_room > 0:
        wanted, room = counters.markets_wanted, counters.books_room
        text = f"{wanted:,} order books are wanted, and connections have room for {room:,}: raise connections_max"
        yield Reason(DEGRADED, "room", text)


def _rest(counters: Counters, now_seconds: float) -> Iterator[Reason]:
    if (seconds := counters.rest_waits_until_seconds - now_seconds) > 0:
        text = f"requests wait {seconds:.0f} s more, since the exchange asks for it: {counters.rest_refusal}"
        yield Reason(DEGRADED, "rest", text)
    for step, reason in sorted(counters.registry_failing.copy().items()):
        yield Reason(DEGRADED, "registry", f"cannot {step}: {reason}")
    if counters.trade_gaps_unrepaired:
        gaps, reason = counters.trade_gaps_unrepaired, counters.trade_gap_failure
        yield Reason(DEGRADED, "trades", f"{gaps} gaps in trades are not repaired: {reason}")


def _key(counters: Counters) -> Iterator[Reason]:
    if counters.key_excess:
        yield Reason(DEGRADED, "key", counters.key_excess)


def _connections(counters: Counters, settings: GathererHealthSettings) -> Iterator[Reason]:
    for name, reason in sorted(counters.refused.copy().items()):
        yield Reason(DEGRADED, "refused", f"the exchange refuses {name}: {reason}")
    if refused := list(counters.refused_markets.copy().items()):
        ticker, reason = refused[0]
        text = (
            f"the exchange refuses {len(refused):,} order books, which are asked for again, such as {ticker}: {reason}"
        )
        yield Reason(DEGRADED, "refused", text)
    for name, reason in sorted(counters.failing.copy().items()):
        yield Reason(DEGRADED, "connections", f"connection {name} ends soon each time: {reason}")
    up, wanted = counters.connections_up, counters.connections_wanted
    if up < wanted:
        severity = DEGRADED if up >= wanted * settings.connections_share_min and up else UNHEALTHY
        yield Reason(severity, "connections", f"{up} of {wanted} connections are up")


def _feed(counters: Counters, settings: GathererHealthSettings, now_seconds: float) -> Iterator[Reason]:
    age = now_seconds - (counters.last_frame_at_seconds or counters.started_at_seconds)
    if counters.connections_wanted and age > settings.feed_seconds_max:
        severity = UNHEALTHY if age > settings.feed_seconds_unhealthy else DEGRADED
        yield Reason(severity, "feed", f"no frame received for {age:.0f} s")


def _unknown(counters: Counters, settings: GathererHealthSettings, monotonic_seconds: float) -> Iterator[Reason]:
    oldest = monotonic_seconds - settings.unknown_seconds
    if names := sorted(name for name, at in counters.unknown_at.copy().items() if at > oldest):
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        text = (
            f"the exchange sends what this version does not store: {', '.join(names[:NAMES_SHOWN])}{more}; only the "
            "frame log has it, for some days: save it by gatherer frames, and install a version that stores it"
        )
        yield Reason(DEGRADED, "unknown", text)


def _frame_log(counters: Counters, settings: GathererHealthSettings) -> Iterator[Reason]:
    if counters.log_failure:
        yield Reason(UNHEALTHY, "frame log", f"frames cannot be logged: {counters.log_failure}")
    elif counters.log_free_bytes < counters.log_reserve_bytes:
        text = f"{counters.log_free_bytes:,} bytes are left for the frame log, less than {counters.log_reserve_bytes:,}"
        yield Reason(DEGRADED, "frame log", text)


def _lag(counters: Counters, settings: GathererHealthSettings) -> Iterator[Reason]:
    if counters.behind_frames > settings.behind_frames_max:
        yield Reason(DEGRADED, "lag", f"{counters.behind_frames:,} logged frames are not committed yet")


def _retention(counters: Counters, settings: CaptureRetentionSettings, now_seconds: float) -> Iterator[Reason]:
    if counters.retention_failure:
        yield Reason(DEGRADED, "retention", counters.retention_failure)
    age = now_seconds - counters.unread_dropped_at_seconds
    if age < settings.alarm_seconds:
        yield Reason(DEGRADED, "retention", f"rows were dropped for space before they were merged, {age:.0f} s ago")


def _growth(counters: Counters, settings: GathererHealthSettings) -> Iterator[Reason]:
    remedy = "see why the deduplicator does not merge it; after that, rows that are not merged are dropped"
    yield from full_reasons(
        counters.full_in_days, counters.growth_bytes_per_day, settings, "the space for rows", remedy
    )
