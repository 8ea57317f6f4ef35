"""The rules by which what production lacks, and certificates that end, make a deduplicator degraded."""

import time
from collections.abc import Iterator

from kalshi_data.deduplicator.monitoring.measurements import CompletenessCounts, Measurements
from kalshi_data.deduplicator.settings import DeduplicatorHealthSettings
from kalshi_data.service.health import Reason, Severity

DEGRADED = Severity.DEGRADED
DAY_SECONDS = 86_400
SCHEDULE_UNKNOWN = "none of them counts as maintenance, since the exchange's schedule is not known"


def completeness_rules(
    measurements: Measurements, settings: DeduplicatorHealthSettings
) -> tuple[Iterator[Reason], ...]:
    """Return the reasons of each rule. None is worse than degraded: the merge goes on, and is not to be restarted."""
    completeness = measurements.completeness
    return (
        _count(measurements),
        _lost(completeness),
        _wrong_books(completeness),
        _missing_books(completeness),
        _certificates(measurements, settings),
    )


def _count(measurements: Measurements) -> Iterator[Reason]:
    if failure := measurements.completeness_failure:
        text = f"completeness cannot be counted, trying again: {failure}"
        yield Reason(DEGRADED, "completeness", text)


def _lost(completeness: CompletenessCounts) -> Iterator[Reason]:
    for lost in completeness.lost:
        options, place = f" --from {lost.began_at:%Y-%m-%dT%H:%M}", ""
        if lost.market_ticker:
            place = f" of {lost.markets:,} markets, such as {lost.market_ticker},"
            options += f" --market {lost.market_ticker} --evidence"
        unknown = "" if lost.is_schedule_known else f" ({SCHEDULE_UNKNOWN})"
        text = (
            f"{lost.minutes:,} minutes of {lost.stream}{place} are lost between {lost.began_at:%Y-%m-%d %H:%M} and "
            f"{lost.ended_at:%Y-%m-%d %H:%M} UTC: deduplicator completeness{options} shows when and why{unknown}"
        )
        yield Reason(DEGRADED, "gaps", text)


def _wrong_books(completeness: CompletenessCounts) -> Iterator[Reason]:
    checks = completeness.book_checks
    if checks.wrong:
        text = (
            f"{checks.wrong:,} intervals of the last day end with another order book than the exchange published: "
            f"deduplicator completeness --market {checks.wrong_ticker} --evidence shows what differs"
        )
        yield Reason(DEGRADED, "books", text)


def _missing_books(completeness: CompletenessCounts) -> Iterator[Reason]:
    books = completeness.books
    if books.missing:
        text = (
            f"{books.missing:,} of {books.markets:,} open markets are followed by no gatherer, such as "
            f"{books.missing_ticker}: gatherer status on each gatherer shows which connections or markets are refused"
        )
        yield Reason(DEGRADED, "books", text)


def _certificates(measurements: Measurements, settings: DeduplicatorHealthSettings) -> Iterator[Reason]:
    for database, end in measurements.certificates.items():
        days = (end - time.time()) / DAY_SECONDS
        if days < settings.certificate_days_min:
            text = (
                f"the certificate of {database} ends in {days:.1f} days, then nothing can connect to it: play the "
                "playbooks again, which renew it, or replace the certificate that was given to them"
            )
            yield Reason(DEGRADED, "certificate", text)
