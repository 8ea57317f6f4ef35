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


def parse_moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read a moment of the command line, in UTC where it names no zone.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise click.BadParameter("write a moment such as 2026-11-02 or 2026-11-02T15:30Z") from error
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
