"""The rules by which a gatherer is healthy, degraded or unhealthy."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kalshi_data.gatherer.counters import Figures
from kalshi_data.gatherer.settings import GathererSettings, Health, Retention
from kalshi_data.service.health import Reason, Severity, Verdict

# The exchange is maintained each Thursday, by its own clocks; reconnecting takes a few minutes more.
EXCHANGE_ZONE = ZoneInfo("America/New_York")
THURSDAY = 3
MAINTENANCE_FROM = time(3)
MAINTENANCE = timedelta(hours=2, minutes=5)
# What maintenance explains.
EXPECTED = frozenset({"connections", "feed", "markets"})

DEGRADED, UNHEALTHY = Severity.DEGRADED, Severity.UNHEALTHY


def judge(figures: Figures, everything: GathererSettings, now_seconds: float, monotonic_seconds: float) -> Verdict:
    """Return how a gatherer is; what maintenance explains is told, but nothing to be alarmed about."""
    settings = everything.health
    loop_age = monotonic_seconds - figures.loop_at_seconds
    rules = (
        _event_loop(loop_age, settings),
        _database(figures, settings, now_seconds),
        _markets(figures, settings, now_seconds),
        _connections(figures, settings),
        _feed(figures, settings, now_seconds),
        _frame_log(figures, settings),
        _lag(figures, settings),
        _retention(figures, everything.retention, now_seconds),
    )
    reasons = [reason for rule in rules for reason in rule]
    if in_maintenance(datetime.fromtimestamp(now_seconds, UTC)):
        reasons = [_expected(reason) for reason in reasons]
    return Verdict(tuple(reasons))


def in_maintenance(now: datetime) -> bool:
    """Tell whether the exchange may be in its weekly maintenance, or just after it."""
    local = now.astimezone(EXCHANGE_ZONE)
    # By the wall clock: maintenance is never in a night when clocks change, which are Sundays.
    began = datetime.combine(local.date(), MAINTENANCE_FROM, EXCHANGE_ZONE)
    return local.weekday() == THURSDAY and began <= local < began + MAINTENANCE


def _expected(reason: Reason) -> Reason:
    if reason.check not in EXPECTED:
        return reason
    return Reason(Severity.HEALTHY, reason.check, f"{reason.text} (expected: the exchange's Thursday maintenance)")


def _event_loop(age_seconds: float, settings: Health) -> Iterator[Reason]:
    if age_seconds > settings.heartbeat_seconds_max:
        yield Reason(UNHEALTHY, "loop", f"the event loop has had no turn for {age_seconds:.0f} s")


def _database(figures: Figures, settings: Health, now_seconds: float) -> Iterator[Reason]:
    age = now_seconds - (figures.heartbeat_at_seconds or figures.started_at_seconds)
    failure = figures.heartbeat_failure or figures.database_failure
    if age > settings.database_seconds_max:
        yield Reason(UNHEALTHY, "database", f"no heartbeat written for {age:.0f} s: {failure or 'no answer'}")
    elif failure or age > settings.heartbeat_seconds_max:
        yield Reason(DEGRADED, "database", failure or f"no heartbeat written for {age:.0f} s")


def _markets(figures: Figures, settings: Health, now_seconds: float) -> Iterator[Reason]:
    if not figures.markets_known:
        age = now_seconds - figures.started_at_seconds
        severity = UNHEALTHY if age > settings.start_seconds_max else DEGRADED
        yield Reason(severity, "markets", f"no market is loaded, {age:.0f} s after the start")
    if figures.markets_homeless:
        yield Reason(DEGRADED, "room", f"{figures.markets_homeless:,} markets find no room: allow more connections")


def _connections(figures: Figures, settings: Health) -> Iterator[Reason]:
    for name, reason in sorted(figures.refused.copy().items()):
        yield Reason(DEGRADED, "refused", f"the exchange refuses connection {name}: {reason}")
    up, wanted = figures.connections_up, figures.connections_wanted
    if up < wanted:
        severity = DEGRADED if up >= wanted * settings.connections_share_min and up else UNHEALTHY
        yield Reason(severity, "connections", f"{up} of {wanted} connections are up")


def _feed(figures: Figures, settings: Health, now_seconds: float) -> Iterator[Reason]:
    age = now_seconds - (figures.last_frame_at_seconds or figures.started_at_seconds)
    if figures.connections_wanted and age > settings.feed_seconds_max:
        severity = UNHEALTHY if age > settings.feed_seconds_unhealthy else DEGRADED
        yield Reason(severity, "feed", f"no frame received for {age:.0f} s")


def _frame_log(figures: Figures, settings: Health) -> Iterator[Reason]:
    if figures.log_failure:
        yield Reason(UNHEALTHY, "frame log", f"frames cannot be logged: {figures.log_failure}")
    elif figures.log_bytes and figures.log_free_bytes < settings.log_free_bytes_min:
        yield Reason(DEGRADED, "frame log", f"{figures.log_free_bytes:,} bytes are left for the frame log")


def _lag(figures: Figures, settings: Health) -> Iterator[Reason]:
    if figures.behind_frames > settings.behind_frames_max:
        yield Reason(DEGRADED, "lag", f"{figures.behind_frames:,} logged frames are not committed yet")


def _retention(figures: Figures, settings: Retention, now_seconds: float) -> Iterator[Reason]:
    if figures.retention_failure:
        yield Reason(DEGRADED, "retention", figures.retention_failure)
    age = now_seconds - figures.unread_dropped_at_seconds
    if age < settings.alarm_seconds:
        yield Reason(DEGRADED, "retention", f"rows that nobody had merged were dropped for room {age:.0f} s ago")
