"""Make the roles and databases of the demo with the SQL files of a deployment."""

from collections.abc import Mapping

import psycopg

from kalshi_data.database.connection import sql_folder
from kalshi_data.demo.postgres import Server

# Databases of each kind of host, with the role that owns them.
GATHERER_DATABASES = {"kalshi_ts": "gatherer", "kalshi_meta": "gatherer"}
PRODUCTION_DATABASES = {"kalshi": "kalshi_owner"}


def make_databases(server: Server, roles: str, databases: Mapping[str, str]) -> None:
    """Run sql/roles/<roles>.sql and then sql/databases/<name>.sql for each database."""
    files = [
        sql_folder() / "roles" / f"{roles}.sql",
        *(sql_folder() / "databases" / f"{name}.sql" for name in databases),
    ]
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        for file in files:
            connection.execute(file.read_bytes())
    for name in databases:
        restrict(server.conninfo(name))


def restrict(conninfo: str) -> None:
    """Take from the roles of a database, as its superuser, what PostgreSQL allows every role."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute((sql_folder() / "restrictions" / "functions.sql").read_bytes())
