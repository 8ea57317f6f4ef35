"""The roles and databases of the demo, made as a deployment makes them."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from kalshi_data.database import sql_folder
from kalshi_data.demo.postgres import Server

# Databases of each kind of host, with the role that owns them.
GATHERER_DATABASES = {"kalshi_ts": "gatherer", "kalshi_meta": "gatherer"}
PRODUCTION_DATABASES = {"kalshi": "kalshi_owner"}


def make_databases(server: Server, roles: str, databases: Mapping[str, str]) -> None:
    """Make the roles of sql/roles/<roles>.sql and the databases they own."""
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute((sql_folder() / "roles" / f"{roles}.sql").read_bytes())
        for name, owner in databases.items():
            statement = sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner))
            connection.execute(statement)
