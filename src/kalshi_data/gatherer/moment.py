"""Times on the command line."""

from datetime import UTC, datetime

import click


class Moment(click.ParamType[datetime]):
    """A time in RFC 3339, or a date for its midnight in UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the aware time that a text names; click ends with status 2 where it names none."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-11-01 or 2026-11-01T09:30:00Z", param, ctx)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if len(str(value)) > len("2026-11-01"):
            self.fail(f"{value!r} says no offset: end it with Z for UTC, or with one such as -05:00", param, ctx)
        return moment.replace(tzinfo=UTC)
