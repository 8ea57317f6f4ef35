"""Times on the command line: one grammar for all programs."""

from datetime import UTC, datetime

import click


class UtcTime(click.ParamType[datetime]):
    """A time in RFC 3339, whose seconds and offset may be left out, or a date; without an offset it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time in UTC; click ends with status 2 if the text is not a time."""
        if isinstance(value, datetime):
            return value
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-11-01 or 2026-11-01T09:30:00Z", param, ctx)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
