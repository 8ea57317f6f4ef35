"""Settings of the registry of series, events and markets."""

from typing import Annotated

from msgspec import Meta

from kalshi_data.settings import SECONDS_MAX, Section


class RegistrySettings(Section):
    """How series, events and markets are kept up to date, and when an order book is subscribed."""

    reconcile_seconds: Annotated[
        float,
        Meta(gt=0, le=SECONDS_MAX, description="Interval at which changed series, events and markets are fetched."),
    ] = 60.0
    overlap_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=SECONDS_MAX,
            description="Each question reaches this far back beyond the newest change already known.",
        ),
    ] = 120.0
    reload_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which all series, events and markets are fetched.")
    ] = 86_400.0
    open_early_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Subscribe to a book this long before its market opens.")
    ] = 5.0
    close_late_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Keep a book subscribed this long after its market closes.")
    ] = 30.0
    status_seconds: Annotated[
        float,
        Meta(gt=0, le=SECONDS_MAX, description="Interval at which the exchange is asked whether it is active."),
    ] = 15.0
    schedule_seconds: Annotated[
        float,
        Meta(gt=0, le=SECONDS_MAX, description="Interval at which the exchange is asked for its maintenance windows."),
    ] = 600.0

    def __post_init__(self) -> None:
        """Reject times that would ask without a pause, or too late.

        Raises:
            ValueError: with the reason; msgspec adds the key.
        """
        if min(self.reconcile_seconds, self.reload_seconds, self.status_seconds, self.schedule_seconds) <= 0:
            raise ValueError("reconcile_seconds, reload_seconds, status_seconds and schedule_seconds must be above 0")
        if min(self.overlap_seconds, self.open_early_seconds, self.close_late_seconds) < 0:
            raise ValueError("overlap_seconds, open_early_seconds and close_late_seconds must not be negative")
