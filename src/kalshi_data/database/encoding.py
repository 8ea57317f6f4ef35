"""The encoding of a database: texts of the exchange are Unicode, and only UTF8 stores all of them."""

from kalshi_data.database.connection import Connection
from kalshi_data.errors import MigrationError

NEEDED = "UTF8"


def require_utf8(connection: Connection) -> None:
    """Raise an error if a database was created with another encoding.

    Raises:
        MigrationError: with the encoding, and how to create the database.
    """
    found = connection.info.parameter_status("server_encoding")
    if found != NEEDED:
        name = connection.info.dbname
        raise MigrationError(
            f"the database {name} has the encoding {found}, but {NEEDED} is needed: drop it, create it again from "
            f"template0 with the encoding {NEEDED} and the locale C, as sql/databases does, and run migrate"
        )
