"""The errors that this project raises for people to read; each message names the remedy.

KalshiDataError
SettingsError         a configuration file that cannot be used
MigrationError        a schema that cannot be brought up to date
BadFrame              a frame of the exchange that cannot be understood
RecordingError        a recording that cannot be replayed
ExchangeError         the exchange answered a request with an error
RangeUnknown          when something was missed cannot be known
ArchiveError          the archive cannot be written or read, or is not what it should be
  MisfitError         the archive cannot hold a row
  ListingMissing      the archive has no listing of a time
LockLost              another process has taken over a task
NotCommitted          rows could not be committed before a stop
LockHeld              another process holds what this one needs alone
ClockWrong            a clock by which rows would be rejected is wrong
RowsRefused           a database refuses more rows than can be at fault themselves
"""


class KalshiDataError(Exception):
    """The root of the errors above."""


class SettingsError(KalshiDataError):
    """A configuration file is missing, unreadable or holds a wrong value."""


class MigrationError(KalshiDataError):
    """A schema cannot be migrated, or another session is migrating it."""


class BadFrame(KalshiDataError):
    """A frame cannot be understood; the message is stored with it as the reason."""


class RecordingError(KalshiDataError):
    """A recording does not hold frames in a known form."""


class ExchangeError(KalshiDataError):
    """The exchange refused a request, and retries did not help; `status` is its HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        """Name the request and the answer."""
        super().__init__(message)
        self.status = status


class RangeUnknown(KalshiDataError):
    """What was missed cannot all be fetched, since the clock was wrong or the time is too long."""


class ArchiveError(KalshiDataError):
    """The archive cannot be written or read, or lacks what it should hold; a retry may succeed."""


class LockLost(KalshiDataError):
    """Another process has taken over a task, since this one seemed to have ended."""


class ListingMissing(ArchiveError):
    """The archive has neither a list nor a history of series, events or markets of a time."""


class MisfitError(ArchiveError):
    """A row of production holds a value that the archive cannot hold exactly."""


class NotCommitted(KalshiDataError):
    """Rows are not committed, and there is no time left to wait for the database."""


class LockHeld(KalshiDataError):
    """Another process holds a lock; the message names it."""


class ClockWrong(KalshiDataError):
    """A clock is wrong by which good rows would be rejected; the message names it."""


class RowsRefused(KalshiDataError):
    """A database refuses so large a part of the rows that the rows cannot be the cause."""


class NoRoom(KalshiDataError):
    """The database takes more space than it may, and nothing may be dropped."""
