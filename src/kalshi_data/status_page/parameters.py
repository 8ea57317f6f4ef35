"""Parameters of a page: whatever a client sends, a page gets values within bounds, or the client a clear error."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

from kalshi_data.errors import KalshiDataError

QUERY_CHARS_MAX = 2_000
FIELDS_MAX = 12
TEXT_CHARS_MAX = 200
YEARS = range(2021, 2100)


class BadParameter(KalshiDataError):
    """A parameter that a page cannot use; the message says what to write instead."""


class Parameters:
    """The parameters of one request, by name."""

    def __init__(self, target: str) -> None:
        """Read the query of a path.

        Raises:
            BadParameter: it is too long, or is no UTF-8.
        """
        query = target.partition("?")[2]
        if len(query) > QUERY_CHARS_MAX:
            raise BadParameter(f"the address has more than {QUERY_CHARS_MAX:,} characters: shorten it")
        try:
            pairs = parse_qsl(query, errors="strict", max_num_fields=FIELDS_MAX)
        except ValueError as error:
            raise BadParameter(f"the address is not to be read: {error}") from error
        self._values: Mapping[str, str] = dict(pairs)

    def text(self, name: str, default: str = "") -> str:
        """Return a text without spaces around it.

        Raises:
            BadParameter: it is too long, or holds a NUL, which PostgreSQL has not.
        """
        value = self._values.get(name, default).strip()
        if len(value) > TEXT_CHARS_MAX or "\x00" in value:
            raise BadParameter(f"{name}: write at most {TEXT_CHARS_MAX} characters, and no NUL")
        return value

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return one of some words.

        Raises:
            BadParameter: it is another one.
        """
        value = self.text(name) or default
        if value not in choices:
            raise BadParameter(f"{name}: choose one of {', '.join(choices)}")
        return value

    def number(self, name: str, default: int, maximum: int) -> int:
        """Return a whole number from 0 to `maximum`.

        Raises:
            BadParameter: it is something else.
        """
        value = self.text(name) or str(default)
        if not (value.isascii() and value.isdecimal()) or int(value) > maximum:
            raise BadParameter(f"{name}: write a whole number from 0 to {maximum:,}")
        return int(value)

    def day(self, name: str, default: date) -> date:
        """Return a day.

        Raises:
            BadParameter: it is none.
        """
        value = self.text(name)
        try:
            found = date.fromisoformat(value) if value else default
        except ValueError:
            found = None
        if found is None or found.year not in YEARS:
            raise BadParameter(f"{name}: write a day such as 2026-11-02")
        return found

    def moment(self, name: str, default: datetime) -> datetime:
        """Return a time in UTC; one without an offset is in UTC.

        Raises:
            BadParameter: it is none.
        """
        value = self.text(name)
        try:
            found = datetime.fromisoformat(value) if value else default
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            found = None
        if found is None or found.year not in YEARS:
            raise BadParameter(f"{name}: write a time in UTC such as 2026-11-02T15:30:00")
        return found
